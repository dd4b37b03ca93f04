//===- WireEffects.cpp - What wires change of a layer's weights -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/programming/WireEffects.h"

#include <algorithm>
#include <cassert>

using namespace cim;

WireEffects::WireEffects(const plan::Layer &layer, const Cells &cells,
                         std::vector<float> levels)
    : cells(cells), matrix(layer), levels(std::move(levels)) {
  const plan::Crossbar &crossbar = layer.crossbar();
  const plan::Crossbar::Wires &asked = crossbar.wires();
  wires = {asked.row(), asked.column(), asked.drive_both_ends()};
  isFirstOrder = asked.first_order();
  assert(crossbar.groups_per_array() <= 1);
  forEachTile(layer, [&](const Tile &tile) {
    if (tile.slice == 0 && tile.sign > 0)
      places.push_back(tile);
  });
  changes.resize(this->levels.size() * cells.sliceCount());
}

uint64_t WireEffects::indexOf(const Tile &tile, size_t row,
                              size_t column) const {
  return matrix.indexOf(tile.row + row, tile.group * matrix.channelsPerGroup +
                                            tile.column + column);
}

template <typename Visit>
void WireEffects::forEachStretch(const Tile &tile, const Visit &visit) const {
  constexpr size_t longest = Cells::MaximumWeights;
  if (matrix.neighboursShareRow()) {
    for (size_t row = 0; row < tile.rows; ++row)
      for (size_t column = 0; column < tile.columns; column += longest)
        visit(row, column, std::min<size_t>(longest, tile.columns - column));
    return;
  }
  for (size_t column = 0; column < tile.columns; ++column)
    for (size_t row = 0, count; row < tile.rows; row += count) {
      count =
          std::min<uint64_t>({longest, tile.rows - row,
                              matrix.inner - (tile.row + row) % matrix.inner});
      visit(row, column, count);
    }
}

/// What the wires of one array change of its cells' conductances, into
/// \p change, and of those of a reference column behind them.
void WireEffects::solveArray(const Chip &chip, const Tile &tile,
                             Cells::Which which, ArrayNetwork &network,
                             std::vector<double> &change) const {
  const bool hasReference = cells.hasReferenceColumn();
  const size_t columns = tile.columns + (hasReference ? 1 : 0);
  std::vector<double> own(tile.rows * columns);
  const size_t step =
      matrix.neighboursShareRow() ? 1 : columns; // to the next of a stretch
  float conductance[Cells::MaximumWeights];
  forEachStretch(tile, [&](size_t row, size_t column, size_t count) {
    const uint64_t first = indexOf(tile, row, column);
    cells.writeConductances(chip, which, first, {levels.data() + first, count},
                            conductance);
    double *to = own.data() + row * columns + column;
    for (size_t i = 0; i < count; ++i)
      to[i * step] = conductance[i];
  });
  if (hasReference)
    for (size_t row = 0; row < tile.rows; ++row) {
      Tile first = tile;
      first.column = 0;
      cells.writeReferences(chip, indexOf(first, row, 0), {conductance, 1});
      own[row * columns + tile.columns] = conductance[0];
    }
  change = own;
  if (isFirstOrder)
    network.solveFirstOrder(wires, tile.rows, columns, change);
  else
    network.solve(wires, tile.rows, columns, change);
  for (size_t cell = 0; cell < own.size(); ++cell)
    change[cell] -= own[cell];
}

void WireEffects::solve(const Chip &chip, size_t number,
                        ArrayNetwork &network) {
  const Tile &tile = places[number];
  const size_t columns = tile.columns + (cells.hasReferenceColumn() ? 1 : 0);
  std::vector<double> positive, negative;
  for (unsigned slice = 0; slice < cells.sliceCount(); ++slice) {
    solveArray(chip, tile, {slice, false}, network, positive);
    if (cells.hasPairs())
      solveArray(chip, tile, {slice, true}, network, negative);
    const double worth = cells.worthOf(slice);
    float *result = changes.data() + slice * levels.size();
    forEachStretch(tile, [&](size_t row, size_t column, size_t count) {
      const uint64_t first = indexOf(tile, row, column);
      for (size_t i = 0; i < count; ++i) {
        const size_t r = matrix.neighboursShareRow() ? row : row + i;
        const size_t cell =
            r * columns + (matrix.neighboursShareRow() ? column + i : column);
        double other = 0;
        if (cells.hasPairs())
          other = negative[cell];
        else if (cells.hasReferenceColumn())
          other = positive[r * columns + tile.columns];
        result[first + i] = float(worth * (positive[cell] - other));
      }
    });
  }
}

void WireEffects::addSlice(unsigned slice, uint64_t first, size_t count,
                           float *written) const {
  const float *change = changes.data() + slice * levels.size() + first;
  for (size_t i = 0; i < count; ++i)
    written[i] += change[i];
}

void WireEffects::addAll(uint64_t first, size_t count, float *written) const {
  for (unsigned slice = 0; slice < cells.sliceCount(); ++slice)
    addSlice(slice, first, count, written);
}
