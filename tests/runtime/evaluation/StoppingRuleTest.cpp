//===- StoppingRuleTest.cpp - How well the intervals keep their word ------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/Statistics.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

using namespace cim;

namespace {

constexpr int sweeps = 2000;
constexpr double truth = 0.85, spread = 0.02;
constexpr int64_t images = 2000;

using Draw = std::function<double(std::mt19937_64 &)>;

/// Accuracies of chips: from known distributions of mean \p truth and standard
/// deviation \p spread.
double normal(std::mt19937_64 &random) {
  return std::normal_distribution(truth, spread)(random);
}
double uniform(std::mt19937_64 &random) {
  const double half = spread * std::sqrt(3.0);
  return std::uniform_real_distribution(truth - half, truth + half)(random);
}

/// The share of simulated sweeps whose interval holds the truth.
double
coverage(const Draw &draw,
         const std::function<bool(const std::vector<double> &)> &isEnough,
         Sampling sampling) {
  std::mt19937_64 random(7);
  int covered = 0;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    std::vector<double> trials;
    while (trials.empty() || !isEnough(trials))
      trials.push_back(draw(random));
    const Interval interval = measure(trials, images, sampling).interval;
    covered += interval.lowest <= truth && truth <= interval.highest;
  }
  return covered / double(sweeps);
}

TEST(Coverage, OfAFixedNumberOfChips) {
  for (const Draw &draw : {Draw(normal), Draw(uniform)})
    for (size_t chips : {5, 10, 40}) {
      const double share = coverage(
          draw, [&](const auto &trials) { return trials.size() == chips; },
          Sampling::fixed);
      EXPECT_GE(share, 0.93) << chips;
      EXPECT_LE(share, 0.97) << chips;
    }
}

TEST(Coverage, OfSequentialStopping) {
  // From "stops at once" to "needs about 150 chips".
  for (const Draw &draw : {Draw(normal), Draw(uniform)})
    for (double width : {0.04, 0.03, 0.024, 0.02, 0.017, 0.014, 0.01, 0.007}) {
      std::optional<StoppingRule> rule;
      const double share = coverage(
          draw,
          [&](const std::vector<double> &trials) {
            if (trials.size() == 1)
              rule.emplace(width, 10);
            rule->add(trials.back());
            return rule->isSatisfied();
          },
          Sampling::sequential);
      EXPECT_GE(share, 0.93) << width;
      EXPECT_LE(share, 0.97) << width;
    }
}

TEST(StoppingRule, StopsWhereTheIntervalIsNarrow) {
  std::mt19937_64 random(3);
  StoppingRule rule(0.01, 20);
  std::vector<double> trials;
  while (!rule.isSatisfied()) {
    trials.push_back(normal(random));
    rule.add(trials.back());
  }
  auto width = [&] {
    const Interval interval =
        measure(trials, images, Sampling::sequential).interval;
    return interval.highest - interval.lowest;
  };
  EXPECT_GT(trials.size(), 20u);
  EXPECT_LE(width(), 0.01 + 1e-12);
  trials.pop_back();
  EXPECT_GT(width(), 0.01 - 1e-12);
}

TEST(StoppingRule, WantsTenChipsEvenIfTheyAreEqual) {
  StoppingRule rule(0.01, 2);
  for (int chip = 1; chip <= 10; ++chip) {
    EXPECT_FALSE(rule.isSatisfied()) << chip;
    rule.add(0.9);
  }
  EXPECT_TRUE(rule.isSatisfied());
}

} // namespace
