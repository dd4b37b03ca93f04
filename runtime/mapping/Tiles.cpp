//===- Tiles.cpp - How a layer is cut into tiles --------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/mapping/Tiles.h"

#include <algorithm>
#include <cassert>

using namespace cim;

static uint64_t divideUp(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

static bool isDifferential(const plan::Layer &layer) {
  return layer.crossbar().cells() == plan::Crossbar::DIFFERENTIAL;
}

bool cim::hasReferences(const plan::Layer &layer) {
  return !isDifferential(layer) && layer.crossbar().cell_bits() == 0;
}

uint32_t cim::slicesOf(const plan::Layer &layer) {
  assert(layer.has_crossbar());
  if (!layer.crossbar().cell_bits())
    return 1;
  // The sign of a differential weight is the pair's.
  uint32_t bits = layer.quantize().bits() - (isDifferential(layer) ? 1 : 0);
  return divideUp(bits, layer.crossbar().cell_bits());
}

TileCounts cim::countTiles(const plan::Layer &layer) {
  const plan::Crossbar &crossbar = layer.crossbar();
  const uint64_t rows = crossbar.matrix_rows();
  const uint64_t columns = crossbar.matrix_columns();
  const uint32_t slices = slicesOf(layer);
  TileCounts counts;
  counts.rowTiles = divideUp(rows, crossbar.array_rows());
  counts.columnTiles = divideUp(columns, crossbar.array_columns());
  counts.cellsPerWeight = slices * (isDifferential(layer) ? 2 : 1);
  counts.crossbars = divideUp(crossbar.groups(), crossbar.groups_per_array()) *
                     counts.rowTiles * counts.columnTiles *
                     counts.cellsPerWeight;
  counts.cells = rows * columns * crossbar.groups() * counts.cellsPerWeight;
  if (hasReferences(layer)) // one on every row of every array
    counts.referenceCells = rows * crossbar.groups() * counts.columnTiles;
  counts.utilization =
      double(counts.cells) / (double(counts.crossbars) * crossbar.array_rows() *
                              crossbar.array_columns());
  return counts;
}

void cim::forEachTile(const plan::Layer &layer,
                      const std::function<void(const Tile &)> &visit) {
  const plan::Crossbar &crossbar = layer.crossbar();
  const uint32_t rows = crossbar.matrix_rows();
  const uint32_t columns = crossbar.matrix_columns();
  const uint32_t sharing = crossbar.groups_per_array();
  const uint32_t slices = slicesOf(layer);
  Tile tile;
  uint64_t arrays = 0;
  for (uint64_t first = 0; first < crossbar.groups(); first += sharing) {
    const uint32_t groups =
        std::min<uint64_t>(sharing, crossbar.groups() - first);
    for (uint64_t row = 0; row < rows; row += crossbar.array_rows()) {
      tile.row = row;
      tile.rows = std::min<uint64_t>(crossbar.array_rows(), rows - row);
      for (uint64_t column = 0; column < columns;
           column += crossbar.array_columns()) {
        tile.column = column;
        tile.columns =
            std::min<uint64_t>(crossbar.array_columns(), columns - column);
        for (tile.slice = 0; tile.slice < slices; ++tile.slice)
          for (int sign : {1, -1}) {
            if (sign < 0 && !isDifferential(layer))
              continue;
            tile.sign = sign;
            tile.array = arrays++;
            for (uint32_t group = 0; group < groups; ++group) {
              tile.group = first + group;
              tile.arrayRow = group * rows;
              tile.arrayColumn = group * columns;
              visit(tile);
            }
          }
      }
    }
  }
}
