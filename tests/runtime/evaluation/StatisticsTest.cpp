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

/// Writes of a chip tell nothing about other chips.
TEST(Statistics, SeveralWritesOfAChip) {
  int64_t correct[] = {49, 50, 51, 59, 60, 61};
  Measure two = measureWrites(correct, 3, 100);
  EXPECT_EQ(two.trials.size(), 6u);
  EXPECT_NEAR(two.mean, 0.55, 1e-15);
  EXPECT_NEAR(two.standardDeviation.value(),
              measure(correct, 100).standardDeviation.value(), 1e-15);
  // As TwoChips.
  expectInterval(two.interval, 0.55 - 0.635310236808735,
                 0.55 + 0.635310236808735);
  Measure one = measureWrites(correct, 6, 100), plain = measure(correct, 100);
  expectInterval(one.interval, plain.interval.lowest, plain.interval.highest);
  Measure once = measureWrites(correct, 1, 100);
  expectInterval(once.interval, plain.interval.lowest, plain.interval.highest);
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

/// numpy.quantile of the same numbers.
TEST(Statistics, Quantiles) {
  double trials[] = {0.9, 0.5, 0.8, 0.85};
  EXPECT_DOUBLE_EQ(quantile(trials, 0), 0.5);
  EXPECT_DOUBLE_EQ(quantile(trials, 0.05), 0.545);
  EXPECT_DOUBLE_EQ(quantile(trials, 0.5), 0.825);
  EXPECT_DOUBLE_EQ(quantile(trials, 1), 0.9);
  EXPECT_DOUBLE_EQ(quantile(std::span(trials).first(1), 0.3), 0.9);
}

TEST(Statistics, Yield) {
  double trials[] = {0.9, 0.5, 0.8, 0.85};
  Share share = yieldAbove(trials, 0.8); // the threshold is enough
  EXPECT_DOUBLE_EQ(share.share, 0.75);
  expectInterval(share.interval, 0.300641842582402, 0.9544127391903);
  EXPECT_DOUBLE_EQ(yieldAbove(trials, 0.95).share, 0);
}

TEST(Statistics, PairedDifference) {
  // The chips differ by 40 points, the two settings by one.
  double a[] = {0.5, 0.7, 0.9}, b[] = {0.49, 0.688, 0.892, 0.1};
  Difference difference = pairedDifference(a, b);
  EXPECT_THAT(difference.trials, testing::Pointwise(testing::DoubleNear(1e-12),
                                                    {0.01, 0.012, 0.008}));
  EXPECT_NEAR(difference.mean, 0.01, 1e-12);
  EXPECT_NEAR(difference.standardDeviation.value(), 0.002, 1e-12);
  // t(0.975, 2) = 4.302652729911275
  expectInterval(difference.interval.value(), 0.01 - 0.00496827541,
                 0.01 + 0.00496827541);
  // A point without random errors has one chip, which stands for all.
  Difference alone = pairedDifference(a, std::span(b).first(1));
  EXPECT_NEAR(alone.mean, 0.7 - 0.49, 1e-12);
  EXPECT_EQ(alone.trials.size(), 3u);
  EXPECT_FALSE(
      pairedDifference(std::span(a).first(1), std::span(b).first(1)).interval);
}

TEST(Statistics, ComparesOrders) {
  const std::vector<double> a = {1, 2, 3, 4, 5};
  EXPECT_DOUBLE_EQ(*rankCorrelation(a, std::vector<double>{2, 4, 8, 16, 32}),
                   1);
  EXPECT_DOUBLE_EQ(*rankCorrelation(a, std::vector<double>{5, 4, 3, 2, 1}), -1);
  // scipy.stats.spearmanr
  EXPECT_NEAR(*rankCorrelation(a, std::vector<double>{2, 1, 4, 3, 5}), 0.8,
              1e-12);
  EXPECT_NEAR(*rankCorrelation(a, std::vector<double>{1, 1, 2, 2, 0}),
              -0.10540925533894598, 1e-12);
  EXPECT_EQ(rankCorrelation(a, std::vector<double>{1, 1, 1, 1, 1}),
            std::nullopt);
  EXPECT_EQ(rankCorrelation({}, {}), std::nullopt);
}

} // namespace
