//===- WireEffects.h - What wires change of a layer's weights ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PROGRAMMING_WIREEFFECTS_H
#define CIM_RUNTIME_PROGRAMMING_WIREEFFECTS_H

#include "runtime/mapping/Tiles.h"
#include "runtime/mapping/WeightMatrix.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Cells.h"
#include "runtime/wires/ArrayNetwork.h"

#include <cstdint>
#include <span>
#include <vector>

namespace cim {

/// The wires of one layer's arrays. Every tile is solved once per chip, with
/// the conductances that its cells have on it; what this changes of each weight
/// is added to the weight as cells alone read it back. docs/wires.md.
class WireEffects {
public:
  /// \p layer has a crossbar with wires and one group per array. \p cells must
  /// outlive it. \p levels are all weights as the cells are meant to hold them.
  WireEffects(const plan::Layer &layer, const Cells &cells,
              std::vector<float> levels);

  /// Tiles, each with all its slices and signs; they are independent.
  size_t tiles() const { return places.size(); }

  /// Solves one tile of \p chip. Different tiles may be solved at once, each
  /// with a \p network of its own thread.
  void solve(const Chip &chip, size_t tile, ArrayNetwork &network);

  /// Adds what wires change of weights [first, first + count), once all tiles
  /// are solved, to \p written: of slice \p slice, or of all.
  void addSlice(unsigned slice, uint64_t first, size_t count,
                float *written) const;
  void addAll(uint64_t first, size_t count, float *written) const;

private:
  /// Weights of a tile that are neighbours in ONNX order and in one row or
  /// column: they begin at \p row, \p column of the tile.
  template <typename Visit>
  void forEachStretch(const Tile &tile, const Visit &visit) const;
  uint64_t indexOf(const Tile &tile, size_t row, size_t column) const;
  void solveArray(const Chip &chip, const Tile &tile, Cells::Which which,
                  ArrayNetwork &network, std::vector<double> &change) const;

  const Cells &cells;
  Wires wires;
  bool isFirstOrder;
  WeightMatrix matrix;
  std::vector<float> levels;
  std::vector<Tile> places;
  std::vector<float> changes; ///< slice by slice, in ONNX order
};

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_WIREEFFECTS_H
