//===- LargestErrorTest.cpp - The largest error that is tolerated ---------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/LargestError.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace cim;

namespace {

/// Accuracy that falls from 1 and crosses 1/2 where the error is \p half.
auto fallingTo(double half, int &calls) {
  return [half, &calls](double multiple) -> std::optional<double> {
    ++calls;
    return 1 / (1 + multiple / half);
  };
}

TEST(LargestError, FindsTheCrossingFromBothSides) {
  for (double half : {0.002, 0.03, 0.9, 1.0, 1.1, 7.0, 500.0}) {
    int calls = 0;
    const auto found = largestTolerated({0.5, fallingTo(half, calls)});
    ASSERT_TRUE(found);
    EXPECT_LE(*found, half);
    EXPECT_GT(*found * 1.05, half * (1 - 1e-12)) << half;
    EXPECT_LE(calls, 17) << half;
  }
}

TEST(LargestError, KnowsItsBounds) {
  int calls = 0;
  EXPECT_EQ(largestTolerated({0.5, fallingTo(1e9, calls)}), 1024);
  EXPECT_EQ(largestTolerated({0.5, fallingTo(1e-9, calls)}), 0);
  EXPECT_EQ(largestTolerated({1.0, fallingTo(1, calls)}), 0);
}

// Fluctuations give a size that was measured to keep the threshold.
TEST(LargestError, StandsFluctuations) {
  std::optional<double> largestKept;
  auto accuracy = [&](double multiple) -> std::optional<double> {
    const double value =
        1 / (1 + multiple / 3) + 0.02 * std::sin(50 * multiple);
    if (value >= 0.5)
      largestKept = std::max(largestKept.value_or(0), multiple);
    return value;
  };
  EXPECT_EQ(largestTolerated({0.5, accuracy}), largestKept);
  EXPECT_NEAR(*largestKept, 3, 0.6);
}

TEST(LargestError, StopsWhenTheUserDoes) {
  for (int last : {0, 1, 5}) {
    int calls = 0;
    auto accuracy = [&](double multiple) -> std::optional<double> {
      return calls++ == last ? std::nullopt : std::optional(1 / (1 + multiple));
    };
    EXPECT_EQ(largestTolerated({0.3, accuracy}), std::nullopt);
    EXPECT_EQ(calls, last + 1);
  }
}

} // namespace
