//===- BindStepTest.cpp - Fast algorithms within their memory -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/BindStep.h"

#include "tests/runtime/PlanBuilder.h"

#include <gmock/gmock.h>

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

} // namespace
