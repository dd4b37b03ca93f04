//===- RemoveDeadTest.cpp - Drops what no output depends on ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/transforms/RemoveDead.h"
#include "tests/runtime/plan/transforms/Network.h"

using namespace cim;
using namespace testing;
using cim::test::isAbout;
using cim::test::Network;

namespace {

TEST(RemoveDead, dropsStepsValuesAndTensors) {
  Network network;
  uint32_t unused = network.input({1, 4});
  uint32_t x = network.input({1, 16, 6, 6});
  uint32_t y = network.conv(x, 16);
  uint32_t dead = network.batchNorm(network.batchNorm(y));
  network.relu(dead);
  network.output(network.relu(y));
  ASSERT_NE(unused, x);
  std::vector<double> expected = network.result();

  removeDead(network.plan, network.tensors);
  EXPECT_THAT(network.operations(), ElementsAre("conv", "relu"));
  EXPECT_EQ(network.plan.inputs_size(), 2); // an interface stays what it is
  EXPECT_EQ(network.plan.values_size(), 5); // inputs, weights, conv, relu
  EXPECT_EQ(network.tensors.size(), 1u);
  EXPECT_THAT(network.result(), isAbout(expected));
}

TEST(RemoveDead, keepsWhatAnEpilogueReads) {
  Network network;
  uint32_t x = network.input({1, 16, 6, 6});
  uint32_t shortcut = network.relu(x);
  uint32_t y = network.conv(x, 16);
  network.PlanBuilder::batchNorm(16);
  network.epilogue().set_residual(shortcut);
  network.output(y);
  std::vector<double> expected = network.result();
  removeDead(network.plan, network.tensors);
  EXPECT_THAT(network.operations(), ElementsAre("relu", "conv"));
  EXPECT_THAT(network.result(), isAbout(expected));
}

TEST(RemoveDead, keepsTheWeightsOfAllLayers) {
  Network network;
  uint32_t x = network.input({1, 16, 6, 6});
  network.conv(x, 16);
  network.output(network.relu(x));
  removeDead(network.plan, network.tensors);
  EXPECT_THAT(network.operations(), ElementsAre("relu"));
  EXPECT_TRUE(network.tensors.contains(network.plan.layers(0).weights()));
}

} // namespace
