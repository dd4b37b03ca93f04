//===- AssignLayoutsTest.cpp - Which values are channels-last -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/transforms/AssignLayouts.h"
#include "tests/runtime/plan/transforms/Network.h"

using namespace cim;
using namespace testing;
using cim::test::isAbout;
using cim::test::Network;

namespace {

void assign(Network &network) {
  std::vector<double> expected = network.result();
  assignLayouts(network.plan);
  EXPECT_THAT(network.result(), isAbout(expected));
}

plan::Layout layoutOf(const Network &network, uint32_t value) {
  return network.plan.values(value).layout();
}

TEST(AssignLayouts, keepsAConvolutionalNetworkChannelsLast) {
  Network network;
  uint32_t x = network.input({1, 3, 8, 8});
  uint32_t y = network.relu(network.conv(x, 16));
  uint32_t z =
      network.add(network.pool("max_pool", y), network.pool("average_pool", y));
  uint32_t mean =
      network.step("global_average_pool", {z}, {1, 16, 1, 1}, plan::ROW_MAJOR);
  network.output(network.gemm(network.flatten(mean), 10));
  assign(network);
  for (uint32_t value : {x, y, z, mean})
    EXPECT_EQ(layoutOf(network, value), plan::CHANNELS_LAST);
  // One conversion, of one pixel.
  EXPECT_EQ(network.only("relayout").inputs(0), mean);
  EXPECT_EQ(layoutOf(network, network.plan.outputs(0)), plan::ROW_MAJOR);
}

TEST(AssignLayouts, keepsTheShortcutOfResNetChannelsLast) {
  Network network;
  uint32_t x = network.conv(network.input({1, 3, 8, 8}), 16);
  uint32_t half = network.step("slice", {x}, {1, 16, 4, 4}, plan::ROW_MAJOR);
  network.with("starts", {0, 0, 0, 0}).with("sizes", {1, 16, 4, 4});
  network.with("steps", {1, 1, 2, 2});
  uint32_t wide = network.step("pad", {half}, {1, 32, 4, 4}, plan::ROW_MAJOR);
  network.with("pads", {0, 8, 0, 0, 0, 8, 0, 0}).with("mode", "constant");
  network.with("value", 0.0);
  uint32_t y = network.add(network.conv(x, 32, 3, 2), wide);
  network.output(network.flatten(y));
  assign(network);
  for (uint32_t value : {half, wide, y})
    EXPECT_EQ(layoutOf(network, value), plan::CHANNELS_LAST);
  EXPECT_EQ(network.only("relayout").inputs(0), y);
}

TEST(AssignLayouts, convertsAValueOnceForAllItsReaders) {
  Network network;
  uint32_t x = network.conv(network.input({1, 3, 8, 8}), 16);
  uint32_t a = network.same("softmax", {x});
  network.with("axis", 1);
  uint32_t b = network.same("softmax", {x});
  network.with("axis", 2);
  network.output(network.add(a, b));
  assign(network);
  EXPECT_EQ(network.only("relayout").inputs(0), x);
  EXPECT_EQ(layoutOf(network, network.plan.outputs(0)), plan::ROW_MAJOR);
}

TEST(AssignLayouts, takesTheCheaperSideOfAFlexibleGroup) {
  // The group reads two row-major values and one channels-last.
  Network network;
  uint32_t x = network.input({1, 16, 8, 8});
  uint32_t a = network.same("softmax", {x});
  network.with("axis", 1);
  uint32_t b = network.same("softmax", {x});
  network.with("axis", 2);
  uint32_t c = network.conv(x, 16);
  uint32_t sum = network.add(network.add(a, b), c);
  network.output(sum);
  assign(network);
  EXPECT_EQ(layoutOf(network, sum), plan::ROW_MAJOR);
  EXPECT_THAT(network.operations(), Contains("relayout").Times(2));
}

TEST(AssignLayouts, normalisesChannelsLast) {
  Network network;
  uint32_t x = network.input({1, 3, 8, 8});
  uint32_t y = network.batchNorm(x);
  network.output(network.gemm(network.flatten(y), 10));
  assign(network);
  for (uint32_t value : {x, y})
    EXPECT_EQ(layoutOf(network, value), plan::CHANNELS_LAST);
  EXPECT_EQ(network.only("relayout").inputs(0), y);
}

TEST(AssignLayouts, leavesOtherRanksAndTypesAlone) {
  Network network;
  uint32_t x = network.input({1, 3, 16});
  uint32_t y = network.step("conv", {x, network.weights({8, 3, 3})}, {1, 8, 14},
                            plan::ROW_MAJOR);
  network.with("strides", test::Integers{1}).with("pads", {0, 0});
  network.with("dilations", test::Integers{1}).with("groups", 1);
  network.output(network.relu(y));
  assign(network);
  EXPECT_THAT(network.operations(), ElementsAre("conv", "relu"));
}

TEST(AssignLayouts, makesOutputsRowMajor) {
  Network network;
  uint32_t y = network.conv(network.input({1, 3, 8, 8}), 16);
  network.output(y);
  network.output(y);
  assign(network);
  EXPECT_EQ(network.only("relayout").inputs(0), y);
  for (uint32_t output : network.plan.outputs())
    EXPECT_EQ(layoutOf(network, output), plan::ROW_MAJOR);
}

} // namespace
