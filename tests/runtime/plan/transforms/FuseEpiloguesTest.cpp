//===- FuseEpiloguesTest.cpp - Cheap operations join their producer -------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every test builds a network, fuses it, looks at the steps that remain and
// checks that the network still computes the same.
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/transforms/FuseEpilogues.h"
#include "runtime/plan/transforms/RemoveDead.h"
#include "tests/runtime/plan/transforms/Network.h"

using namespace cim;
using namespace testing;
using cim::test::isAbout;
using cim::test::Network;

namespace {

/// Fuses \p network, and checks that its result stays.
void fuse(Network &network) {
  std::vector<double> expected = network.result();
  fuseEpilogues(network.plan, network.tensors);
  removeDead(network.plan, network.tensors);
  EXPECT_THAT(network.result(), isAbout(expected));
}

TEST(FuseEpilogues, putsAWholeResidualBranchIntoOneConvolution) {
  Network network;
  uint32_t x = network.input({1, 16, 6, 6});
  uint32_t branch = network.relu(network.batchNorm(network.conv(x, 16)));
  branch = network.batchNorm(network.conv(branch, 16));
  network.output(network.relu(network.add(branch, x)));
  fuse(network);
  EXPECT_THAT(network.operations(), ElementsAre("conv", "conv"));
  const plan::Epilogue &second = network.plan.steps(1).epilogue();
  EXPECT_TRUE(second.has_scale());
  EXPECT_TRUE(second.has_offset());
  EXPECT_EQ(second.residual(), network.plan.inputs(0));
  EXPECT_EQ(second.activation(), plan::RELU);
  // The parameters of batch normalisation are gone: per convolution weights,
  // scale and offset remain.
  EXPECT_EQ(network.tensors.size(), 6u);
}

TEST(FuseEpilogues, leavesParametersThatAreTrainedAlone) {
  Network network;
  uint32_t x = network.input({1, 16, 6, 6});
  uint32_t branch = network.relu(network.batchNorm(network.conv(x, 16)));
  branch = network.batchNorm(network.convWithBias(branch, 16));
  network.output(network.relu(network.add(branch, x)));
  std::vector<double> expected = network.result();
  const plan::Step &trained = network.plan.steps(3);
  const uint32_t weights = trained.inputs(1),
                 scale = network.plan.steps(4).inputs(1);
  fuseEpilogues(network.plan, network.tensors, [&](const plan::Step &step) {
    return step.inputs_size() > 1 &&
           (step.inputs(1) == weights || step.inputs(1) == scale);
  });
  removeDead(network.plan, network.tensors);
  EXPECT_THAT(network.result(), isAbout(expected));
  EXPECT_THAT(network.operations(), ElementsAre("conv", "conv", "batch_norm"));
  EXPECT_EQ(network.plan.steps(1).inputs_size(), 3);
  EXPECT_FALSE(network.plan.steps(1).has_epilogue());
  EXPECT_EQ(network.plan.steps(2).epilogue().activation(), plan::RELU);
  EXPECT_EQ(network.plan.steps(2).epilogue().residual(),
            network.plan.inputs(0));
}

TEST(FuseEpilogues, takesTheLaterOfTwoBranches) {
  Network network;
  uint32_t x = network.input({1, 16, 6, 6});
  uint32_t first = network.batchNorm(network.conv(x, 16));
  uint32_t second = network.batchNorm(network.conv(x, 16, 1));
  network.output(network.relu(network.add(first, second)));
  fuse(network);
  EXPECT_THAT(network.operations(), ElementsAre("conv", "conv"));
  EXPECT_FALSE(network.plan.steps(0).epilogue().has_residual());
  EXPECT_EQ(network.plan.steps(1).epilogue().residual(),
            network.plan.steps(0).outputs(0));
}

TEST(FuseEpilogues, foldsTheBiasIntoBatchNormalisation) {
  Network network;
  uint32_t x = network.input({1, 3, 6, 6});
  network.output(network.batchNorm(network.convWithBias(x, 16)));
  fuse(network);
  EXPECT_THAT(network.operations(), ElementsAre("conv"));
  EXPECT_EQ(network.plan.steps(0).inputs_size(), 2);
}

TEST(FuseEpilogues, keepsTheOrderOfAnEpilogue) {
  // relu before batch_norm and add before batch_norm do not commute.
  Network network;
  uint32_t x = network.input({1, 16, 6, 6});
  uint32_t y = network.batchNorm(network.relu(network.conv(x, 16)));
  y = network.batchNorm(network.add(network.conv(y, 16), x));
  network.output(y);
  fuse(network);
  EXPECT_THAT(network.operations(),
              ElementsAre("conv", "scale_offset", "conv", "scale_offset"));
}

TEST(FuseEpilogues, leavesValuesThatOthersReadOrThatAreOutputs) {
  Network network;
  uint32_t x = network.input({1, 16, 6, 6});
  uint32_t y = network.conv(x, 16);
  uint32_t z = network.relu(y);
  network.output(network.add(network.conv(z, 16), y));
  network.output(y);
  fuse(network);
  EXPECT_THAT(network.operations(), ElementsAre("conv", "relu", "conv"));
}

TEST(FuseEpilogues, giveAStandaloneBatchNormalisationItsActivation) {
  Network network;
  uint32_t x = network.input({1, 16, 6, 6});
  network.output(network.clip(network.batchNorm(x), 0, 6));
  fuse(network);
  EXPECT_THAT(network.operations(), ElementsAre("scale_offset"));
  const plan::Epilogue &epilogue = network.plan.steps(0).epilogue();
  EXPECT_EQ(epilogue.activation(), plan::CLIP);
  EXPECT_EQ(epilogue.lowest(), 0);
  EXPECT_EQ(epilogue.highest(), 6);
}

TEST(FuseEpilogues, giveAStandaloneAdditionItsActivation) {
  Network network;
  uint32_t x = network.input({1, 16, 6, 6});
  uint32_t y =
      network.add(network.pool("max_pool", x), network.pool("average_pool", x));
  network.output(network.relu(y));
  fuse(network);
  EXPECT_THAT(network.operations(),
              ElementsAre("max_pool", "average_pool", "add"));
  EXPECT_EQ(network.plan.steps(2).epilogue().activation(), plan::RELU);
}

TEST(FuseEpilogues, movesAlphaAndBetaOfGemmOutOfTheWay) {
  Network network;
  uint32_t x = network.input({1, 20});
  network.output(network.relu(network.gemm(x, 10, 0.5, 2.0)));
  fuse(network);
  EXPECT_THAT(network.operations(), ElementsAre("gemm"));
  const plan::Step &gemm = network.plan.steps(0);
  EXPECT_EQ(gemm.inputs_size(), 2);
  EXPECT_EQ(gemm.attributes().at("alpha").number(), 1);
}

TEST(FuseEpilogues, takesArithmeticWithOneConstantPerChannel) {
  Network network;
  uint32_t x = network.input({1, 3, 6, 6});
  uint32_t y = network.conv(x, 16);
  y = network.same("mul", {y, network.constant({16, 1, 1})});
  y = network.same("sub", {network.constant({1, 16, 1, 1}), y}, 1);
  y = network.same("div", {y, network.constant({}, 0, 3)});
  y = network.same("leaky_relu", {y});
  network.with("alpha", 0.1);
  network.output(y);
  fuse(network);
  EXPECT_THAT(network.operations(), ElementsAre("conv"));
}

TEST(FuseEpilogues, leavesOtherArithmeticAlone) {
  Network network;
  uint32_t x = network.input({1, 16, 6, 6});
  uint32_t y = network.conv(x, 16);
  y = network.same("mul", {y, network.constant({6})}); // along the width
  y = network.same("add", {y, network.constant({1, 16, 6, 6})});
  y = network.same("div", {y, network.constant({}, std::vector<float>{0.0f})});
  network.output(network.clip(y, 2, 1)); // everything becomes 1
  EXPECT_EQ(network.plan.steps_size(), 5);
  fuseEpilogues(network.plan, network.tensors);
  EXPECT_EQ(network.plan.steps_size(), 5);
}

TEST(FuseEpilogues, doesNotScaleRowsOfAStackOfProducts) {
  Network network;
  uint32_t x = network.input({1, 5, 8});
  uint32_t y = network.step("matmul", {x, network.weights({8, 10})}, {1, 5, 10},
                            plan::ROW_MAJOR);
  y = network.same("add", {y, network.constant({5, 1})}); // one per row
  network.output(network.relu(y));
  fuse(network);
  EXPECT_THAT(network.operations(), ElementsAre("matmul", "scale_offset"));
}

TEST(FuseEpilogues, addsAValueToItselfOnce) {
  Network network;
  uint32_t x = network.input({1, 16, 6, 6});
  uint32_t y = network.conv(x, 16);
  network.output(network.add(y, y));
  fuse(network);
  EXPECT_THAT(network.operations(), ElementsAre("conv", "add"));
}

} // namespace
