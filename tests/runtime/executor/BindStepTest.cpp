//===- BindStepTest.cpp - Fast algorithms within their memory -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/BindStep.h"

#include "tests/runtime/PlanBuilder.h"

#include <gmock/gmock.h>

#include <utility>

using namespace cim;
using namespace cim::test;

namespace {

size_t weightBytes(const PlanBuilder &b, bool strict) {
  size_t total = 0;
  for (const auto &step : bindSteps({b.plan, b.tensors}, strict))
    total += step->weightBytes();
  return total;
}

TEST(BindSteps, spendsLittleMemoryOnFastAlgorithms) {
  PlanBuilder b;
  uint32_t x = b.input({1, 256, 8, 8});
  for (int i = 0; i < 10; ++i)
    x = b.conv(x, 256, 3, 1, 1);
  b.output(x);
  const size_t direct = weightBytes(b, true), fast = weightBytes(b, false);
  EXPECT_EQ(direct, 10u * 256 * 256 * 9 * sizeof(float));
  EXPECT_GT(fast, direct);
  EXPECT_LE(fast, direct + (32u << 20));
  // Ten times F(4×4) would not fit, but F(2×2) does.
  for (const auto &step : bindSteps({b.plan, b.tensors}, false))
    EXPECT_THAT(step->kernel(), testing::StartsWith("winograd"));
}

/// Alone on small maps, where tiles of F(4×4) do not fill the kernel's block.
TEST(BindSteps, takesSmallTilesForLargeImages) {
  PlanBuilder b;
  uint32_t x = b.input({1, 3, 224, 224});
  x = b.conv(x, 64, 32, 32, 0);
  x = b.conv(x, 64, 3, 1, 1);
  b.output(x);
  const BoundSteps steps = bindSteps({b.plan, b.tensors}, false);
  EXPECT_THAT(steps[0]->kernel(), testing::StartsWith("direct"));
  EXPECT_THAT(steps[1]->kernel(), testing::StartsWith("winograd 2x2"));
}

using kernels::ConvolutionAlgorithm;

/// \p count layers of one shape, which has a choice.
PlanBuilder layersOfOneShape(int count, int64_t channels) {
  PlanBuilder b;
  uint32_t x = b.input({1, channels, 8, 8});
  for (int i = 0; i < count; ++i)
    x = b.conv(x, channels, 3, 1, 1);
  b.output(x);
  return b;
}

/// Of the layers of \p b, which are of one shape.
kernels::MeasuredTimes timesOf(const PlanBuilder &b, double direct, double two,
                               double four) {
  const auto shapes = convolutionsWithChoice({b.plan, b.tensors});
  EXPECT_EQ(shapes.size(), 1u);
  return {{{shapes[0], ConvolutionAlgorithm::direct}, direct},
          {{shapes[0], ConvolutionAlgorithm::winograd2}, two},
          {{shapes[0], ConvolutionAlgorithm::winograd4}, four}};
}

kernels::AlgorithmChoice choiceOf(const PlanBuilder &b,
                                  const kernels::MeasuredTimes &times) {
  return chooseAlgorithms({b.plan, b.tensors}, times);
}

TEST(BindSteps, takesWhatIsChosen) {
  PlanBuilder b = layersOfOneShape(2, 64);
  for (auto [times, name] : {std::pair(timesOf(b, 1, 2, 3), "direct"),
                             {timesOf(b, 3, 1, 2), "winograd 2x2"},
                             {timesOf(b, 3, 2, 1), "winograd 4x4"}}) {
    const kernels::AlgorithmChoice choice = choiceOf(b, times);
    for (const auto &step : bindSteps({b.plan, b.tensors}, false, &choice))
      EXPECT_THAT(step->kernel(), testing::StartsWith(name));
    for (const auto &step : bindSteps({b.plan, b.tensors}, true, &choice))
      EXPECT_THAT(step->kernel(), testing::StartsWith("direct"));
    EXPECT_THAT(bindStep({b.plan, b.tensors}, b.plan.steps(1), false, &choice)
                    ->kernel(),
                testing::StartsWith(name));
  }
}

/// Products of bfloat16 are no choice for other numbers.
TEST(BindSteps, leavesOutWhatCannotBeDone) {
  PlanBuilder b = layersOfOneShape(1, 64);
  kernels::AlgorithmChoice choice;
  for (const auto &shape : convolutionsWithChoice({b.plan, b.tensors}))
    choice[shape] = ConvolutionAlgorithm::bfloat16;
  EXPECT_EQ(bindSteps({b.plan, b.tensors}, false, &choice)[0]->kernel(),
            bindSteps({b.plan, b.tensors}, false)[0]->kernel());
}

/// Ten layers, whose weights for F(4×4) do not fit.
TEST(BindSteps, choosesWithinTheSameMemory) {
  PlanBuilder b = layersOfOneShape(10, 256);
  for (const auto &[shape, algorithm] : choiceOf(b, timesOf(b, 9, 2, 1)))
    EXPECT_EQ(algorithm, ConvolutionAlgorithm::winograd2);
}

/// So that all points of a sweep have the same choice.
TEST(BindSteps, choosesWhateverTheErrorsAre) {
  PlanBuilder b = layersOfOneShape(3, 64);
  const kernels::MeasuredTimes times = timesOf(b, 3, 1, 2);
  const kernels::AlgorithmChoice choice = choiceOf(b, times);
  b.plan.mutable_layers(1)->mutable_adc()->set_bits(6);
  EXPECT_EQ(choiceOf(b, times), choice);
  EXPECT_EQ(choice.size(), 1u);
}

} // namespace
