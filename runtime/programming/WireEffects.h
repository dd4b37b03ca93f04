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

/// The wires of one layer's arrays. Every array is solved once per chip, with
/// the conductances that its cells have on it; what this changes of each weight
/// is added to the weight as cells alone read it back. docs/wires.md.
class WireEffects {
public:
  /// \p layer has a crossbar with wires. \p cells and \p levels, all weights as
  /// the cells are meant to hold them, must outlive it.
  WireEffects(const plan::Layer &layer, const Cells &cells,
              std::span<const float> levels);

  /// Arrays, each with those of its other slices and signs; they are
  /// independent.
  size_t arrays() const { return places.size(); }

  /// Solves one array of \p chip. Different ones may be solved at once, each
  /// with a \p network of its own thread.
  void solve(const Chip &chip, size_t array, ArrayNetwork &network);

  /// Adds what wires change of weights [first, first + count), once all arrays
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
  /// What stands in one array: blocks on its diagonal, and behind them, where
  /// cells have references, one column of these for each.
  struct Place {
    std::vector<Tile> blocks;
    size_t rows = 0, columns = 0;
    size_t firstReference = 0; ///< column
  };
  void solveArray(const Chip &chip, const Place &place, Cells::Which which,
                  ArrayNetwork &network, std::vector<double> &change) const;

  const Cells &cells;
  Wires wires;
  bool isFirstOrder;
  WeightMatrix matrix;
  std::span<const float> levels;
  std::vector<Place> places;
  std::vector<float> changes; ///< slice by slice, in ONNX order
};

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_WIREEFFECTS_H
