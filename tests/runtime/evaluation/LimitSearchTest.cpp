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

struct Kind {
  const char *name;
  double threshold, spread, resolution;
  int64_t trials;
  std::optional<double> start;
};

TEST(LimitSearch, IntervalCoversTheLimit) {
  // As `cim limits` and as `cim tolerance` search; the spread over chips is
  // that of the place where accuracy falls.
  for (const Kind &kind : {Kind{"limits", 0.8, 0.1, 0.01, 10, {}},
                           Kind{"few chips", 0.8, 0.1, 0.01, 5, {}},
                           Kind{"many chips", 0.8, 0.1, 0.01, 40, {}},
                           Kind{"steep", 0.5, 0.05, 0.01, 10, {}},
                           Kind{"tolerance", 0.8, 0.1, 0.05, 10, 0.3},
                           Kind{"from above", 0.8, 0.1, 0.05, 10, 1.7}}) {
    const double truth = truthOf(kind.threshold, kind.spread);
    int covered = 0;
    const int searches = 2000;
    double error = 0;
    for (int search = 0; search < searches; ++search) {
      const Limit limit = findLimit({.threshold = kind.threshold,
                                     .least = 0,
                                     .most = 2,
                                     .start = kind.start,
                                     .resolution = kind.resolution,
                                     .trials = kind.trials},
                                    chipsWith(search, kind.spread));
      ASSERT_TRUE(limit.largest);
      covered +=
          limit.interval.lowest <= truth && truth <= limit.interval.highest;
      error += (*limit.largest - truth) * (*limit.largest - truth);
      EXPECT_LE(limit.interval.lowest, *limit.largest);
      EXPECT_GE(limit.interval.highest, *limit.largest);
    }
    RecordProperty(kind.name, std::to_string(covered / double(searches)));
    EXPECT_GE(covered / double(searches), 0.93) << kind.name;
    EXPECT_LE(covered / double(searches), 0.97) << kind.name;
    // The mean of the places is known to spread / sqrt(chips), and the last
    // size that was kept lies below it by at most the resolution.
    EXPECT_NEAR(std::sqrt(error / searches),
                kind.spread / std::sqrt(kind.trials), kind.resolution * truth)
        << kind.name;
  }
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
  EXPECT_LE(std::abs(*limit.largest),
            std::abs(truth)); // it keeps the threshold
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

/// Accuracy that falls from 1 and crosses 1/2 where the size is \p half.
AccuraciesOf fallingTo(double half, int &calls) {
  return [half, &calls](double size, int64_t) {
    ++calls;
    return std::vector<double>{1 / (1 + size / half)};
  };
}

LimitQuestion wideQuestion(double threshold) {
  return {.threshold = threshold,
          .least = 0,
          .most = 1024,
          .start = 1,
          .resolution = 0.05,
          .images = 1'000'000};
}

TEST(LimitSearch, DoublesOrHalvesFromTheStart) {
  for (double half : {0.002, 0.03, 0.9, 1.0, 1.1, 7.0, 500.0}) {
    int calls = 0;
    const Limit limit = findLimit(wideQuestion(0.5), fallingTo(half, calls));
    ASSERT_TRUE(limit.largest);
    EXPECT_LE(*limit.largest, half);
    EXPECT_GT(*limit.largest * 1.05, half * (1 - 1e-12)) << half;
    EXPECT_FALSE(limit.reachesMost);
    EXPECT_LE(calls, 30) << half;           // with the interval's ends
    EXPECT_TRUE(limit.visited.contains(1)); // exactly there
  }
}

TEST(LimitSearch, KnowsItsBounds) {
  int calls = 0;
  Limit limit = findLimit(wideQuestion(0.5), fallingTo(1e9, calls));
  EXPECT_TRUE(limit.reachesMost);
  EXPECT_EQ(limit.largest, 1024);
  limit = findLimit(wideQuestion(0.5), fallingTo(1e-9, calls));
  EXPECT_EQ(limit.largest, 0);
  limit = findLimit(wideQuestion(1.0), fallingTo(1, calls));
  EXPECT_EQ(limit.largest, 0); // kept without any error
}

// Fluctuations give a size that was measured to keep the threshold.
TEST(LimitSearch, StandsFluctuations) {
  const auto accuracyAt = [](double size) {
    return 1 / (1 + size / 3) + 0.02 * std::sin(50 * size);
  };
  const Limit limit = findLimit(wideQuestion(0.5), [&](double size, int64_t) {
    return std::vector<double>{accuracyAt(size)};
  });
  ASSERT_TRUE(limit.largest);
  EXPECT_GE(accuracyAt(*limit.largest), 0.5);
  EXPECT_NEAR(*limit.largest, 3, 0.6);
}

TEST(LimitSearch, StopsWhenTheUserDoes) {
  struct Stopped {};
  for (int last : {0, 1, 5}) {
    int calls = 0;
    EXPECT_THROW(findLimit(wideQuestion(0.3),
                           [&](double size, int64_t) {
                             if (calls++ == last)
                               throw Stopped();
                             return std::vector<double>{1 / (1 + size)};
                           }),
                 Stopped);
    EXPECT_EQ(calls, last + 1);
  }
}

} // namespace
