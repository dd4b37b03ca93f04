//===- CostTest.cpp - What a mapped network takes -------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/cost/Cost.h"
#include "runtime/converters/Dac.h"
#include "runtime/tensor/Errors.h"
#include "tests/runtime/mapping/MappedLayer.h"

#include <gmock/gmock.h>
#include <set>

using namespace cim;
using namespace cim::test;
using testing::HasSubstr;

namespace {

/// A network of \p layers, each of which sees \p vectors input vectors.
plan::Plan planOf(std::vector<plan::Layer> layers, uint64_t vectors) {
  plan::Plan plan;
  for (plan::Layer &layer : layers) {
    const plan::Crossbar &crossbar = layer.crossbar();
    layer.set_macs(vectors * crossbar.matrix_rows() *
                   crossbar.matrix_columns() * crossbar.groups());
    *plan.add_layers() = layer;
  }
  return plan;
}

Technology isaac() { return findTechnology("isaac2016"); }

TEST(Cost, countsByHand) {
  // 33 = 16 + 16 + 1 rows, 9 = 8 + 1 columns: 3 x 2 tiles, two signs.
  const Cost cost = costOf(planOf({mappedLayer(33, 9)}, 10));
  ASSERT_EQ(cost.layers.size(), 1u);
  const LayerCost &layer = cost.layers[0];
  EXPECT_EQ(layer.vectors, 10u);
  EXPECT_EQ(layer.macs, 10u * 33 * 9);
  EXPECT_EQ(layer.tiles.crossbars, 12u);
  EXPECT_EQ(layer.arrayReads, 10u * 12);
  EXPECT_EQ(layer.dacs, 12u * 16);
  EXPECT_EQ(layer.adcs, 6u);
  EXPECT_EQ(layer.cellWrites, 2u * 33 * 9);
  EXPECT_EQ(layer.dacConversions, 10u * 33 * 2 * 2);
  EXPECT_EQ(layer.adcConversions, 10u * 9 * 3);
  EXPECT_EQ(layer.inputs, 10u * 33);
  EXPECT_EQ(layer.outputs, 10u * 9);
  EXPECT_EQ(layer.energy + layer.latency + layer.area, 0);
}

/// The counts are sums over the tiles that the manifest lists.
TEST(Cost, countsAreSumsOverTiles) {
  plan::Layer sliced = mappedLayer(20, 9);
  slice(sliced, 5, 2, plan::Crossbar::DIFFERENTIAL);
  plan::Layer offset = mappedLayer(20, 9);
  slice(offset, 5, 2, plan::Crossbar::OFFSET);
  for (const plan::Layer &layer : {mappedLayer(33, 9), mappedLayer(5, 2, 7, 3),
                                   mappedLayer(40, 20, 2), sliced, offset}) {
    const LayerCost cost = costOf(planOf({layer}, 3)).layers.at(0);
    uint64_t rows = 0, columns = 0;
    std::set<uint64_t> arrays;
    forEachTile(layer, [&](const Tile &tile) {
      arrays.insert(tile.array);
      rows += tile.rows;
      columns += tile.sign > 0 ? tile.columns : 0; // a pair has one ADC
    });
    EXPECT_EQ(cost.arrayReads, 3 * arrays.size());
    EXPECT_EQ(cost.dacConversions, 3 * rows);
    EXPECT_EQ(cost.adcConversions, 3 * columns);
  }
}

TEST(Cost, offsetCellsHaveReferences) {
  plan::Layer layer = mappedLayer(20, 9);
  layer.mutable_crossbar()->set_cells(plan::Crossbar::OFFSET);
  const LayerCost cost = costOf(planOf({layer}, 1)).layers.at(0);
  EXPECT_EQ(cost.cellWrites, 20u * 9 + 20 * 2);
  EXPECT_EQ(cost.arrayCells, 4u * 16 * 9); // one column more
  EXPECT_EQ(cost.adcs, 4u);
  EXPECT_EQ(cost.dacConversions, 20u * 2);
  EXPECT_EQ(cost.adcConversions, 9u * 2);
}

/// What slices have in common is subtracted digitally.
TEST(Cost, slicedOffsetCellsHaveNoReferences) {
  plan::Layer layer = mappedLayer(20, 9);
  slice(layer, 4, 2, plan::Crossbar::OFFSET);
  const LayerCost cost = costOf(planOf({layer}, 1)).layers.at(0);
  EXPECT_EQ(cost.cellWrites, 2u * 20 * 9);
  EXPECT_EQ(cost.arrayCells, 2u * 4 * 16 * 8);
}

/// Groups on one diagonal have different inputs, so each has a reference.
TEST(Cost, groupsInOneArrayHaveReferencesOfTheirOwn) {
  plan::Layer layer = mappedLayer(5, 2, 7, 3);
  layer.mutable_crossbar()->set_cells(plan::Crossbar::OFFSET);
  const LayerCost cost = costOf(planOf({layer}, 1)).layers.at(0);
  EXPECT_EQ(cost.cellWrites, 7u * 5 * (2 + 1));
  EXPECT_EQ(cost.arrayCells, 3u * 16 * (8 + 3));
}

TEST(Cost, verifiedWritesTakeSeveralPulses) {
  Technology technology = isaac();
  technology.writeEnergy = PhysicalQuantity{2e-12, "2 pJ"};
  technology.writeTime = PhysicalQuantity{1e-6, "1 us"};
  const plan::Plan plan = planOf({mappedLayer(33, 9)}, 10);
  const Cost once = costOf(plan, &technology);
  const Cost verified = costOf(plan, &technology, 1.5);
  const double writes = 2 * 33 * 9;
  EXPECT_EQ(once.programming.at(0).count, writes);
  EXPECT_EQ(verified.pulsesPerWrite, 1.5);
  EXPECT_EQ(verified.programming.at(0).count, 1.5 * writes);
  EXPECT_DOUBLE_EQ(verified.programming.at(0).total, 1.5 * writes * 2e-12);
  EXPECT_DOUBLE_EQ(verified.programmingTime, 1.5 * writes * 1e-6);
  EXPECT_EQ(verified.total.cellWrites, once.total.cellWrites);
}

TEST(Cost, layersWithoutCrossbarsCostNothing) {
  plan::Plan plan = planOf({mappedLayer(33, 9), mappedLayer(16, 8)}, 10);
  plan.mutable_layers(0)->clear_crossbar();
  const Cost cost = costOf(plan);
  ASSERT_EQ(cost.layers.size(), 1u);
  EXPECT_EQ(cost.total.macs, 10u * 16 * 8);
  EXPECT_EQ(cost.total.tiles.utilization, 1);
  EXPECT_EQ(costOf(plan::Plan()).total.tiles.utilization, 0);
}

/// ISAAC's figures by hand, for one full array of its own size.
TEST(Cost, pricesOfIsaac) {
  plan::Layer layer = mappedLayer(128, 128);
  layer.mutable_crossbar()->set_array_rows(128);
  layer.mutable_crossbar()->set_array_columns(128);
  const Technology technology = isaac();
  const Cost cost = costOf(planOf({layer}, 1), &technology);
  const LayerCost &one = cost.layers[0];
  EXPECT_EQ(one.reads, 16u); // bits, one after the other
  EXPECT_EQ(one.adcBits, 8u);
  EXPECT_EQ(one.dacConversions, 16u * 128 * 2);
  EXPECT_EQ(one.adcConversions, 16u * 128);
  const double picojoules = 16 * 128 * 2 * (3.9e-6 * 100e-9 * 1e12) +
                            16 * 2 * (0.3e-3 * 100e-9 * 1e12) +
                            16 * 128 * (1.67 + 0.021);
  EXPECT_NEAR(one.energy, picojoules * 1e-12, 1e-18);
  // The ADC needs longer for 128 columns than a read takes.
  EXPECT_NEAR(one.latency, 16 * 128 / 1.2e9, 1e-15);
  EXPECT_NEAR(one.area * 1e12, 2 * 128 * 0.17 + 2 * 25 + 1200 + 60, 1e-9);
  EXPECT_EQ(cost.slowestLayer, one.latency);
}

/// The term \p name, which must be there.
CostTerm find(const std::vector<CostTerm> &terms, const char *name) {
  for (const CostTerm &term : terms)
    if (term.name == name)
      return term;
  ADD_FAILURE() << name;
  return {};
}

TEST(Cost, termsAddUpToTheTotals) {
  Technology technology = isaac();
  technology.others = {{"buffer", OtherCost::Per::input, {2e-12, "2 pJ"}},
                       {"radio", OtherCost::Per::image, {1e-6, "1 uJ"}},
                       {"router", OtherCost::Per::layer, {1e-9, "1000 um2"}},
                       {"pads", OtherCost::Per::chip, {1e-6, "1 mm2"}}};
  technology.writeEnergy = {1e-9, "1 nJ"};
  technology.writeTime = {1e-7, "100 ns"};
  const Cost cost =
      costOf(planOf({mappedLayer(33, 9), mappedLayer(16, 8)}, 10), &technology);
  double energy = 0, area = 0;
  for (const CostTerm &term : cost.energy)
    energy += term.total;
  for (const CostTerm &term : cost.area)
    area += term.total;
  EXPECT_NEAR(energy, cost.total.energy, 1e-12 * energy);
  EXPECT_NEAR(area, cost.total.area, 1e-12 * area);
  EXPECT_EQ(find(cost.energy, "buffer").count, 10 * (33 + 16));
  EXPECT_EQ(find(cost.energy, "radio").total, 1e-6);
  EXPECT_EQ(find(cost.area, "router").count, 2);
  EXPECT_EQ(find(cost.area, "pads").total, 1e-6);
  EXPECT_EQ(find(cost.programming, "cells").count, 2 * (33 * 9 + 16 * 8));
  EXPECT_NEAR(cost.programmingTime, 2 * (33 * 9 + 16 * 8) * 1e-7, 1e-12);
  EXPECT_NEAR(cost.total.latency,
              cost.layers[0].latency + cost.layers[1].latency, 1e-15);
}

/// The sign of an input is no bit that is applied.
TEST(Cost, serialInputsAreReadOnceForEveryBitOfTheirMagnitude) {
  plan::Layer layer = mappedLayer(33, 9);
  layer.mutable_dac()->set_bits(8);
  auto reads = [&] { return costOf(planOf({layer}, 10)).layers.at(0).reads; };
  EXPECT_EQ(reads(), 1u);
  layer.mutable_dac()->set_serial(true);
  EXPECT_EQ(reads(), 8u); // not calibrated: as many as it can be
  layer.mutable_dac()->set_range(1);
  for (bool isSigned : {false, true}) {
    layer.mutable_dac()->set_is_signed(isSigned);
    EXPECT_EQ(reads(), Dac(layer.dac()).applications());
  }
  EXPECT_EQ(costOf(planOf({layer}, 10)).total.adcConversions, 7u * 10 * 9 * 3);
}

/// A technology's array stands for its cells.
TEST(Cost, arraysOfOtherSizesAreScaled) {
  const Technology technology = isaac();
  const Cost cost = costOf(planOf({mappedLayer(16, 8)}, 1), &technology);
  EXPECT_NEAR(find(cost.area, "arrays").total * 1e12,
              2 * 25. * 16 * 8 / (128 * 128), 1e-9);
}

TEST(Cost, unknownConvertersAreErrors) {
  Technology technology = isaac();
  technology.adcBits = 3;
  try {
    costOf(planOf({mappedLayer(16, 8)}, 1), &technology);
    FAIL();
  } catch (const InputError &error) {
    EXPECT_THAT(error.what(),
                HasSubstr("does not say the energy of an ADC of 3 bits, only "
                          "of 4, 5, 6, 7, 8, 9, 10"));
  }
}

} // namespace
