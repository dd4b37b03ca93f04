//===- Tiles.h - How a layer is cut into tiles ---------------- -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// semantics.md section 3. A group's matrix is cut greedily, row tile t holding
// rows t * array_rows and on; every slice and sign of a tile has an array of
// its own, which several whole groups may share along its diagonal.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_MAPPING_TILES_H
#define CIM_RUNTIME_MAPPING_TILES_H

#include "runtime/plan/plan.pb.h"

#include <cstdint>
#include <functional>

namespace cim {

/// Cells that hold one slice of every weight next to each other: 1, or the
/// number of slices into which the code of a weight is cut. \p layer has a
/// crossbar.
uint32_t slicesOf(const plan::Layer &layer);

/// Whether every group has a column of reference cells in each of its arrays:
/// analogue offset cells. What slices of them have in common is subtracted
/// digitally. \p layer has a crossbar.
bool hasReferences(const plan::Layer &layer);

/// What one layer takes.
struct TileCounts {
  uint32_t rowTiles = 0, columnTiles = 0; ///< of one group
  uint32_t cellsPerWeight = 0;            ///< signs x slices
  uint64_t crossbars = 0;
  /// Cells that hold weights, and those of reference columns.
  uint64_t cells = 0, referenceCells = 0;
  /// Fraction of the arrays' cells that hold weights.
  double utilization = 0;
};

/// Counts what \p layer, which has a crossbar, takes.
TileCounts countTiles(const plan::Layer &layer);

/// A block of one group's matrix in one array.
struct Tile {
  uint64_t array = 0; ///< among the layer's
  uint32_t group = 0;
  uint32_t row = 0, column = 0;   ///< the first in the group's matrix
  uint32_t rows = 0, columns = 0; ///< how many
  uint32_t arrayRow = 0, arrayColumn = 0;
  uint32_t slice = 0;
  int sign = 1;
};

/// Calls \p visit with every tile of \p layer, which has a crossbar, in the
/// order of their arrays.
void forEachTile(const plan::Layer &layer,
                 const std::function<void(const Tile &)> &visit);

} // namespace cim

#endif // CIM_RUNTIME_MAPPING_TILES_H
