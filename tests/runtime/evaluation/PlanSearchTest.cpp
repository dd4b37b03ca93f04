//===- PlanSearchTest.cpp - The best selection within a budget ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/PlanSearch.h"

#include <gmock/gmock.h>

using namespace cim;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

const std::vector<SelectableLayer> network = {
    {"conv1", "", 10, 0.9},     {"a.conv1", "C1", 100, 0.80},
    {"a.conv2", "C2", 100, .9}, {"b.conv1", "C1", 400, 0.85},
    {"b.conv2", "C2", 400, .7}, {"fc", "", 50, 0.6}};

std::vector<std::string> plansOf(const std::vector<PlanCandidate> &candidates) {
  std::vector<std::string> plans;
  for (const PlanCandidate &candidate : candidates)
    plans.push_back(candidate.plan);
  return plans;
}

TEST(PlanSearch, CandidatesFitTheBudgetAndDiffer) {
  const auto candidates = candidatePlans(network, 500);
  for (const PlanCandidate &candidate : candidates) {
    EXPECT_LE(candidate.selection.parameters, 500u) << candidate.plan;
    EXPECT_EQ(
        resolveSelection(parseSelection(candidate.plan), network).selected,
        candidate.selection.selected);
  }
  EXPECT_THAT(plansOf(candidates),
              ElementsAre("last:1", "last:2", "c2:2", "c2:4", "c1:3", "c1:5",
                          "tolerant:3:500", "tolerant:4:500",
                          "tolerant:6:500"));
  EXPECT_THAT(candidatePlans(network, 5), IsEmpty());
}

TEST(PlanSearch, KnowsNoToleranceThatWasNotMeasured) {
  std::vector<SelectableLayer> unmeasured = network;
  for (SelectableLayer &layer : unmeasured)
    layer.tolerance.reset();
  EXPECT_THAT(plansOf(candidatePlans(unmeasured, 100)), ElementsAre("last:1"));
}

/// Accuracy that more effort tells more exactly: plan i is worth i, but looks
/// better or worse by up to 2 at first.
double noisy(size_t index, int round) {
  static constexpr double fluctuation[] = {2, -1.5, 1, -2, 0.5, 1.9, -1.8, 0};
  return double(index) + fluctuation[index] / (1 << (3 * round));
}

TEST(PlanSearch, HalvesUntilTheBestIsLeft) {
  std::vector<PlanCandidate> candidates(8);
  for (size_t i = 0; i < candidates.size(); ++i)
    candidates[i].plan = std::to_string(i);
  std::vector<int> tried(3);
  const auto ranking = rankPlans(
      candidates, 3, 0.5,
      [&](const PlanCandidate &candidate, int round) -> std::optional<double> {
        ++tried[round];
        return noisy(std::stoi(candidate.plan), round);
      });
  ASSERT_EQ(ranking.size(), 8u);
  EXPECT_THAT(tried, ElementsAre(8, 4, 2));
  EXPECT_EQ(ranking.front().candidate, 7u);
  EXPECT_EQ(ranking.front().round, 2);
  EXPECT_EQ(ranking[1].round, 2);
  EXPECT_EQ(ranking.back().round, 0);
}

TEST(PlanSearch, KeepsWhatIsKnownWhenItIsEnded) {
  std::vector<PlanCandidate> candidates(4);
  auto endedAfter = [&](int measured) {
    int calls = 0;
    return rankPlans(candidates, 2, 0.5,
                     [&](const PlanCandidate &, int) -> std::optional<double> {
                       if (calls == measured)
                         return std::nullopt;
                       return ++calls;
                     });
  };
  EXPECT_THAT(endedAfter(0), IsEmpty());
  const auto first = endedAfter(2); // of four in the first round
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first.front().candidate, 1u);
  const auto second = endedAfter(5);
  ASSERT_EQ(second.size(), 4u);
  EXPECT_EQ(second.front().candidate, 3u);
  EXPECT_EQ(second.front().round, 1);
  EXPECT_THAT(rankPlans({}, 3, 0.5, {}), IsEmpty());
}

} // namespace
