//===- BindStepTest.cpp - Fast algorithms within their memory -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/BindStep.h"

#include "tests/runtime/PlanBuilder.h"

#include <gtest/gtest.h>

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
}

} // namespace
