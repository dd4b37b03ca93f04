//===- StatisticsTest.cpp - An accuracy, and how well it is known ---------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/Statistics.h"

#include <gmock/gmock.h>

using namespace cim;
using testing::ElementsAre;

namespace {

void expectInterval(Interval interval, double lowest, double highest) {
  EXPECT_NEAR(interval.lowest, lowest, 1e-9);
  EXPECT_NEAR(interval.highest, highest, 1e-9);
}

TEST(Statistics, SeveralChips) {
  double trials[] = {0.91, 0.885, 0.897, 0.9055, 0.8935};
  Measure result = measure(trials, 2000);
  EXPECT_NEAR(result.mean, 0.8982, 1e-15);
  EXPECT_NEAR(result.standardDeviation.value(), 0.009878005871632194, 1e-15);
  // t(0.975, 4) = 2.776445105197799
  expectInterval(result.interval, 0.8982 - 0.0122651642645,
                 0.8982 + 0.0122651642645);
  expectInterval(result.imageInterval, 0.8841749831867, 0.9106982803585);
  EXPECT_THAT(result.trials, ElementsAre(0.91, 0.885, 0.897, 0.9055, 0.8935));
}

/// Two chips: t(0.975, 1) = 12.706204736174698 (any table).
TEST(Statistics, TwoChips) {
  double trials[] = {0.5, 0.6};
  Measure result = measure(trials, 100);
  EXPECT_NEAR(result.standardDeviation.value(), 0.0707106781186548, 1e-15);
  expectInterval(result.interval, 0.55 - 0.635310236808735,
                 0.55 + 0.635310236808735);
}

/// One chip says nothing about other chips.
TEST(Statistics, OneChip) {
  int64_t correct[] = {15};
  Measure result = measure(correct, 148);
  EXPECT_FALSE(result.standardDeviation);
  // R. Newcombe, Statistics in Medicine 17 (1998), table I: 0.0624 to 0.1605.
  expectInterval(result.imageInterval, 0.0623863995307, 0.1604872417233);
  expectInterval(result.interval, result.imageInterval.lowest,
                 result.imageInterval.highest);
}

TEST(Statistics, AllOrNothing) {
  int64_t none[] = {0}, all[] = {10};
  // R. Newcombe's formula for 0 of n: z^2/(n + z^2).
  Measure result = measure(none, 10);
  EXPECT_EQ(result.imageInterval.lowest, 0);
  EXPECT_NEAR(result.imageInterval.highest, 0.2775327998628892, 1e-12);
  result = measure(all, 10);
  EXPECT_NEAR(result.imageInterval.lowest, 0.7224672001371107, 1e-12);
  EXPECT_EQ(result.imageInterval.highest, 1);
}

TEST(Statistics, EqualChips) {
  int64_t correct[] = {9263, 9263, 9263};
  Measure result = measure(correct, 10000);
  EXPECT_NEAR(result.standardDeviation.value(), 0, 1e-15);
  expectInterval(result.interval, 0.9263, 0.9263);
  expectInterval(result.imageInterval, 0.9210136345125, 0.9312589684767);
}

} // namespace
