//===- LimitSearchTest.cpp - The largest error that a network bears -------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/LimitSearch.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace cim;

namespace {

/// Accuracy falls from 0.95 to 0.1 around size 1; every chip has its own place
/// where it does.
double meanAt(double size, double place) {
  return 0.1 + 0.85 / (1 + std::exp(6 * (size - place)));
}

/// Where the mean over all chips is \p threshold: shifts are symmetric, small.
double truthOf(double threshold, double spread) {
  double low = 0, high = 3;
  for (int step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    double mean = 0; // Gauss-Hermite is not worth it: a fine sum
    double weights = 0;
    for (double z = -5; z <= 5; z += 0.01) {
      const double weight = std::exp(-z * z / 2);
      mean += weight * meanAt(middle, 1 + spread * z);
      weights += weight;
    }
    (mean / weights >= threshold ? low : high) = middle;
  }
  return low;
}

AccuraciesOf chipsWith(uint64_t seed, double spread,
                       int64_t *computed = nullptr) {
  auto places = std::make_shared<std::vector<double>>();
  std::mt19937_64 random(seed);
  for (int chip = 0; chip < 100; ++chip)
    places->push_back(std::normal_distribution(1.0, spread)(random));
  return [=](double size, int64_t trials) {
    std::vector<double> accuracies;
    for (int64_t chip = 0; chip < trials; ++chip)
      accuracies.push_back(meanAt(size, places->at(chip)));
    if (computed)
      *computed += trials;
    return accuracies;
  };
}

TEST(LimitSearch, IntervalCoversTheLimit) {
  const double spread = 0.1, truth = truthOf(0.8, spread);
  int covered = 0;
  const int searches = 2000;
  double error = 0;
  for (int search = 0; search < searches; ++search) {
    const Limit limit =
        findLimit({.threshold = 0.8, .least = 0, .most = 2, .trials = 10},
                  chipsWith(search, spread));
    ASSERT_TRUE(limit.largest);
    covered +=
        limit.interval.lowest <= truth && truth <= limit.interval.highest;
    error += (*limit.largest - truth) * (*limit.largest - truth);
    EXPECT_LE(limit.interval.lowest, *limit.largest);
    EXPECT_GE(limit.interval.highest, *limit.largest);
  }
  EXPECT_GE(covered / double(searches), 0.93);
  EXPECT_LE(covered / double(searches), 0.98);
  // The mean of ten places is known to 0.1 / sqrt(10).
  EXPECT_NEAR(std::sqrt(error / searches), spread / std::sqrt(10), 0.01);
}

TEST(LimitSearch, NeedsFewChipsFarFromTheLimit) {
  int64_t computed = 0;
  const Limit limit =
      findLimit({.threshold = 0.8, .least = 0, .most = 2, .trials = 64},
                chipsWith(1, 0.05, &computed));
  EXPECT_LT(limit.visited.at(0).size(), 64u);
  EXPECT_LT(limit.visited.at(2).size(), 64u);
  EXPECT_LT(limit.visited.size(), 25u);
  EXPECT_LT(computed, 25 * 64); // with what was asked for again
}

TEST(LimitSearch, EitherSign) {
  const auto accuraciesOf = [](double size, int64_t) {
    return std::vector<double>{meanAt(-size, 0.5)};
  };
  const Limit limit =
      findLimit({.threshold = 0.9, .least = 0, .most = -2, .images = 10000},
                accuraciesOf);
  const double truth = -(0.5 + std::log(0.85 / 0.8 - 1) / 6);
  ASSERT_TRUE(limit.largest);
  EXPECT_NEAR(*limit.largest, truth, 0.01 * std::abs(truth));
  // Nothing is random: the interval is that of the images.
  const double at = meanAt(-truth, 0.5);
  EXPECT_NEAR(at, 0.9, 1e-6);
  EXPECT_LT(limit.interval.lowest, truth);
  EXPECT_GT(limit.interval.highest, truth);
  EXPECT_NEAR(
      measure(std::vector<double>{meanAt(-limit.interval.lowest, 0.5)}, 10000)
          .interval.highest,
      0.9, 0.002);
}

TEST(LimitSearch, WholeNumbersOfBits) {
  const auto accuraciesOf = [](double bits, int64_t) {
    EXPECT_EQ(bits, std::round(bits));
    return std::vector<double>{1 - std::pow(2, -bits)};
  };
  Limit limit = findLimit({.threshold = 0.95,
                           .least = 8,
                           .most = 1,
                           .isWhole = true,
                           .images = 1'000'000},
                          accuraciesOf);
  EXPECT_EQ(limit.largest, 5); // 0.96875
  EXPECT_EQ(limit.interval.lowest, 5);
  EXPECT_EQ(limit.interval.highest, 5);
  limit = findLimit({.threshold = 0.968, // with 30 images 4 to 8 may do
                     .least = 8,
                     .most = 1,
                     .isWhole = true,
                     .images = 30},
                    accuraciesOf);
  EXPECT_EQ(limit.largest, 5);
  EXPECT_LE(limit.interval.lowest, 4);
  EXPECT_EQ(limit.interval.highest, 8);
}

TEST(LimitSearch, SaysWhenTheLimitIsOutside) {
  const auto at = [](double place) {
    return [=](double size, int64_t) {
      return std::vector<double>{meanAt(size, place)};
    };
  };
  Limit limit = findLimit(
      {.threshold = 0.9, .least = 0, .most = 1, .images = 10000}, at(10));
  EXPECT_TRUE(limit.reachesMost);
  EXPECT_EQ(limit.largest, 1);
  limit = findLimit({.threshold = 0.9, .least = 0, .most = 1, .images = 10000},
                    at(-10));
  EXPECT_FALSE(limit.largest);
  EXPECT_FALSE(limit.reachesMost);
}

} // namespace
