//===- PlanSearch.cpp - The best selection within a budget ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/PlanSearch.h"

#include "dialects/cim/grammar/ErrorOptions.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

using namespace cim;

std::vector<PlanCandidate>
cim::candidatePlans(std::span<const SelectableLayer> layers, uint64_t budget) {
  std::vector<PlanCandidate> candidates;
  std::set<std::vector<bool>> known;
  for (const std::string family : {"last:", "c2:", "c1:", "tolerant:"})
    for (size_t count = 1; count <= layers.size(); ++count) {
      std::string plan = family + std::to_string(count);
      if (family == "tolerant:")
        plan += ":" + std::to_string(budget);
      try {
        Selection selection = resolveSelection(parseSelection(plan), layers);
        if (selection.parameters <= budget &&
            known.insert(selection.selected).second)
          candidates.push_back({std::move(plan), std::move(selection)});
      } catch (const GrammarError &) {
        // It selects nothing in this network.
      }
    }
  return candidates;
}

std::vector<RankedPlan> cim::rankPlans(
    std::span<const PlanCandidate> candidates, int rounds, double share,
    const std::function<std::optional<double>(const PlanCandidate &, int round)>
        &accuracyOf) {
  std::vector<RankedPlan> ranking(candidates.size());
  for (size_t i = 0; i < ranking.size(); ++i)
    ranking[i].candidate = i;
  auto sort = [&] {
    std::ranges::sort(ranking, {}, [](const RankedPlan &plan) {
      return std::tuple(-plan.round, -plan.accuracy, plan.candidate);
    });
  };
  size_t running = ranking.size();
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < running; ++i) {
      const auto accuracy = accuracyOf(candidates[ranking[i].candidate], round);
      if (!accuracy) {
        if (round == 0)
          ranking.resize(i); // of the others nothing is known
        sort();
        return ranking;
      }
      ranking[i].round = round;
      ranking[i].accuracy = *accuracy;
    }
    sort();
    running = std::ceil(running * share);
  }
  return ranking;
}
