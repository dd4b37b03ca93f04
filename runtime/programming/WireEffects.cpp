//===- WireEffects.cpp - What wires change of a layer's weights -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/programming/WireEffects.h"

#include <algorithm>

using namespace cim;

WireEffects::WireEffects(const plan::Layer &layer, const Cells &cells,
                         std::span<const float> levels)
    : cells(cells), matrix(layer), levels(levels) {
  const plan::Crossbar::Wires &asked = layer.crossbar().wires();
  wires = {asked.row(), asked.column(), asked.drive_both_ends()};
  isFirstOrder = asked.first_order();
  forEachTile(layer, [&](const Tile &tile) {
    if (tile.slice != 0 || tile.sign < 0)
      return;
    if (tile.arrayRow == 0 && tile.arrayColumn == 0)
      places.emplace_back();
    places.back().blocks.push_back(tile);
  });
  for (Place &place : places) {
    const Tile &last = place.blocks.back();
    place.rows = last.arrayRow + last.rows;
    place.firstReference = last.arrayColumn + last.columns;
    place.columns = place.firstReference +
                    (cells.hasReferenceColumn() ? place.blocks.size() : 0);
  }
  changes.resize(levels.size() * cells.sliceCount());
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
/// \p change. Cells beside the diagonal hold nothing and conduct nothing:
/// there, lines only pass by.
void WireEffects::solveArray(const Chip &chip, const Place &place,
                             Cells::Which which, ArrayNetwork &network,
                             std::vector<double> &change) const {
  const size_t columns = place.columns;
  std::vector<double> own(place.rows * columns, 0);
  const size_t step =
      matrix.neighboursShareRow() ? 1 : columns; // to the next of a stretch
  float conductance[Cells::MaximumWeights];
  size_t reference = place.firstReference;
  for (const Tile &tile : place.blocks) {
    double *block = own.data() + tile.arrayRow * columns + tile.arrayColumn;
    forEachStretch(tile, [&](size_t row, size_t column, size_t count) {
      const uint64_t first = indexOf(tile, row, column);
      cells.writeConductances(chip, which, first, levels.subspan(first, count),
                              conductance);
      double *to = block + row * columns + column;
      for (size_t i = 0; i < count; ++i)
        to[i * step] = conductance[i];
    });
    if (!cells.hasReferenceColumn())
      continue;
    Tile first = tile;
    first.column = 0;
    for (size_t row = 0; row < tile.rows; ++row) {
      cells.writeReferences(chip, indexOf(first, row, 0), {conductance, 1});
      own[(tile.arrayRow + row) * columns + reference] = conductance[0];
    }
    ++reference;
  }
  change = own;
  if (isFirstOrder)
    network.solveFirstOrder(wires, place.rows, columns, change);
  else
    network.solve(wires, place.rows, columns, change);
  for (size_t cell = 0; cell < own.size(); ++cell)
    change[cell] -= own[cell];
}

void WireEffects::solve(const Chip &chip, size_t array, ArrayNetwork &network) {
  const Place &place = places[array];
  const size_t columns = place.columns;
  std::vector<double> positive, negative;
  for (unsigned slice = 0; slice < cells.sliceCount(); ++slice) {
    solveArray(chip, place, {slice, false}, network, positive);
    if (cells.hasPairs())
      solveArray(chip, place, {slice, true}, network, negative);
    const double worth = cells.worthOf(slice);
    float *result = changes.data() + slice * levels.size();
    size_t reference = place.firstReference;
    for (const Tile &tile : place.blocks) {
      forEachStretch(tile, [&](size_t row, size_t column, size_t count) {
        const uint64_t first = indexOf(tile, row, column);
        for (size_t i = 0; i < count; ++i) {
          const bool isAlongRow = matrix.neighboursShareRow();
          const size_t line =
              (tile.arrayRow + row + (isAlongRow ? 0 : i)) * columns;
          const size_t cell =
              line + tile.arrayColumn + column + (isAlongRow ? i : 0);
          double other = 0;
          if (cells.hasPairs())
            other = negative[cell];
          else if (cells.hasReferenceColumn())
            other = positive[line + reference];
          result[first + i] = float(worth * (positive[cell] - other));
        }
      });
      ++reference;
    }
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
