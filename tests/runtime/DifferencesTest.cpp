//===- DifferencesTest.cpp - Tests see what is no number ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/runtime/Differences.h"

#include <gtest/gtest.h>

#include <vector>

using namespace cim::test;

namespace {

TEST(Differences, AreTheLargest) {
  const std::vector<double> exact = {1, -2, 3};
  EXPECT_EQ(largestDifference(std::vector<float>{1, -2.5f, 3.25f}, exact), 0.5);
  EXPECT_EQ(largestDifference(exact, exact), 0);
  EXPECT_EQ(largestDifference(std::vector<float>(), std::vector<double>()), 0);
}

TEST(Differences, AreInfiniteWhereOneIsNoNumber) {
  const std::vector<double> exact = {1, -2, 3};
  for (double number : {double(NAN), double(INFINITY)})
    for (size_t i = 0; i < exact.size(); ++i) {
      std::vector<double> computed = exact;
      computed[i] = number;
      EXPECT_EQ(largestDifference(computed, exact), INFINITY);
      EXPECT_EQ(largestDifference(exact, computed), INFINITY);
      EXPECT_EQ(largestDifference(computed, computed), INFINITY);
    }
  EXPECT_EQ(largestDifference(exact, std::vector<double>{1, -2}), INFINITY);
}

} // namespace
