//===- TileMapTest.cpp - Drawing arrays -----------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/pictures/TileMap.h"
#include "runtime/tensor/Errors.h"
#include "tests/runtime/mapping/MappedLayer.h"

#include <gmock/gmock.h>

using namespace cim;
using namespace cim::test;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

TEST(TileMap, namesLayersAndTheirUse) {
  plan::Plan plan;
  *plan.add_layers() = mappedLayer(33, 9);
  *plan.add_layers() = mappedLayer(5, 2, 7, 3);
  plan.mutable_layers(1)->set_name(
      "a/very/long/name/of/a/layer/with'quotes'/conv7");
  plan.add_layers(); // on no crossbar
  EXPECT_THAT(drawTileMap(plan, "two layers", PictureFormat::svg),
              AllOf(HasSubstr("two layers"), HasSubstr("layer: 12 of 16x8"),
                    HasSubstr("conv7: 6 of 16x8"), HasSubstr("lighter")));
  EXPECT_THAT(drawTileMap(plan, "", PictureFormat::png),
              testing::StartsWith("\x89PNG"));
  for (plan::Layer &layer : *plan.mutable_layers())
    layer.mutable_crossbar()->set_cells(plan::Crossbar::OFFSET);
  plan.mutable_layers(2)->clear_crossbar();
  EXPECT_THAT(drawTileMap(plan, "", PictureFormat::svg),
              Not(HasSubstr("lighter")));
}

/// A tile covers as much of its array as it has cells.
TEST(TileMap, drawsEveryTile) {
  plan::Plan plan;
  plan::Layer layer = mappedLayer(16, 8);
  layer.mutable_crossbar()->set_cells(plan::Crossbar::OFFSET);
  *plan.add_layers() = layer;
  auto polygons = [&] {
    const std::string svg = drawTileMap(plan, "", PictureFormat::svg);
    size_t count = 0;
    for (size_t at = 0; (at = svg.find("<polygon", at)) != svg.npos; ++at)
      ++count;
    return count;
  };
  const size_t one = polygons();
  *plan.add_layers() = layer;
  plan.mutable_layers(1)->mutable_crossbar()->set_matrix_rows(17);
  // Two more arrays, two more tiles, one more line of the legend.
  EXPECT_EQ(polygons(), one + 5);
}

TEST(TileMap, refusesWhatDoesNotFit) {
  EXPECT_THROW(drawTileMap({}, "", PictureFormat::svg), InputError);
  plan::Plan plan;
  *plan.add_layers() = mappedLayer(16 * 1000, 8 * 1000);
  EXPECT_THROW(drawTileMap(plan, "", PictureFormat::svg), InputError);
}

} // namespace
