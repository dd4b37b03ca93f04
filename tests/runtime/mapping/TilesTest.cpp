//===- TilesTest.cpp - How a layer is cut into tiles ----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/mapping/Tiles.h"
#include "tests/runtime/mapping/MappedLayer.h"

#include <gmock/gmock.h>

#include <map>
#include <tuple>

using namespace cim;
using namespace cim::test;
using namespace testing;

namespace {

TEST(Tiles, countFollowsTheDefinition) {
  // 33 = 16 + 16 + 1 rows, 9 = 8 + 1 columns.
  TileCounts counts = countTiles(mappedLayer(33, 9));
  EXPECT_EQ(counts.rowTiles, 3u);
  EXPECT_EQ(counts.columnTiles, 2u);
  EXPECT_EQ(counts.cellsPerWeight, 2u);
  EXPECT_EQ(counts.crossbars, 3u * 2 * 2);
  EXPECT_EQ(counts.cells, 33u * 9 * 2);
  EXPECT_EQ(counts.referenceCells, 0u);
  EXPECT_DOUBLE_EQ(counts.utilization, 33. * 9 / (6 * 16 * 8));
}

TEST(Tiles, slicesHoldMagnitudesOrCodes) {
  plan::Layer layer = mappedLayer(16, 8);
  EXPECT_EQ(slicesOf(layer), 1u);
  for (auto [bits, cellBits, differential, offset] : {std::tuple(5, 1, 4, 5),
                                                      {5, 2, 2, 3},
                                                      {5, 4, 1, 2},
                                                      {5, 5, 1, 1},
                                                      {8, 3, 3, 3},
                                                      {2, 16, 1, 1}}) {
    slice(layer, bits, cellBits, plan::Crossbar::DIFFERENTIAL);
    EXPECT_EQ(int(slicesOf(layer)), differential) << bits << "/" << cellBits;
    EXPECT_EQ(int(countTiles(layer).crossbars), 2 * differential);
    slice(layer, bits, cellBits, plan::Crossbar::OFFSET);
    EXPECT_EQ(int(slicesOf(layer)), offset) << bits << "/" << cellBits;
    EXPECT_EQ(int(countTiles(layer).crossbars), offset);
  }
}

TEST(Tiles, offsetCellsHaveAReferenceOnEveryRow) {
  plan::Layer layer = mappedLayer(33, 9);
  layer.mutable_crossbar()->set_cells(plan::Crossbar::OFFSET);
  EXPECT_EQ(countTiles(layer).cells, 33u * 9);
  EXPECT_EQ(countTiles(layer).referenceCells, 33u * 2);
  // Slices have digital ones.
  slice(layer, 4, 2, plan::Crossbar::OFFSET);
  EXPECT_EQ(countTiles(layer).referenceCells, 0u);
}

/// Every weight's every cell lies in exactly one tile, every cell of an array
/// holds at most one weight, and the arrays are those that were counted.
void checkTiles(const plan::Layer &layer) {
  const plan::Crossbar &crossbar = layer.crossbar();
  const TileCounts counts = countTiles(layer);
  std::map<std::tuple<uint32_t, uint32_t, uint32_t, uint32_t, int>, int> cells;
  std::map<std::tuple<uint64_t, uint32_t, uint32_t>, int> places;
  uint64_t last = 0;
  std::map<uint64_t, std::pair<uint32_t, int>> kind; // of an array
  forEachTile(layer, [&](const Tile &tile) {
    EXPECT_TRUE(tile.array == last || tile.array == last + 1);
    last = tile.array;
    auto [entry, isNew] = kind.try_emplace(tile.array, tile.slice, tile.sign);
    EXPECT_EQ(entry->second, std::pair(tile.slice, tile.sign));
    for (uint32_t r = 0; r < tile.rows; ++r)
      for (uint32_t c = 0; c < tile.columns; ++c) {
        EXPECT_LT(tile.arrayRow + r, crossbar.array_rows());
        EXPECT_LT(tile.arrayColumn + c, crossbar.array_columns());
        ++places[{tile.array, tile.arrayRow + r, tile.arrayColumn + c}];
        ++cells[{tile.group, tile.row + r, tile.column + c, tile.slice,
                 tile.sign}];
      }
  });
  EXPECT_EQ(last + 1, counts.crossbars);
  EXPECT_EQ(cells.size(), counts.cells);
  for (const auto &[cell, times] : cells)
    ASSERT_EQ(times, 1);
  for (const auto &[place, times] : places)
    ASSERT_EQ(times, 1);
  const auto &[group, row, column, slice, sign] = cells.rbegin()->first;
  EXPECT_EQ(group + 1, crossbar.groups());
  EXPECT_EQ(row + 1, crossbar.matrix_rows());
}

TEST(Tiles, everyCellHasOnePlace) {
  checkTiles(mappedLayer(1, 1));
  checkTiles(mappedLayer(16, 8));
  checkTiles(mappedLayer(33, 9));
  checkTiles(mappedLayer(17, 9, 3));    // groups apart
  checkTiles(mappedLayer(5, 2, 7, 3));  // three on a diagonal, the last alone
  checkTiles(mappedLayer(16, 1, 4, 1)); // no place for two
  for (auto cells : {plan::Crossbar::DIFFERENTIAL, plan::Crossbar::OFFSET}) {
    plan::Layer layer = mappedLayer(17, 9, 2);
    slice(layer, 7, 2, cells);
    checkTiles(layer);
  }
}

TEST(Tiles, sharingSavesArrays) {
  EXPECT_EQ(countTiles(mappedLayer(5, 2, 7)).crossbars, 14u);
  EXPECT_EQ(countTiles(mappedLayer(5, 2, 7, 3)).crossbars, 6u);
}

} // namespace
