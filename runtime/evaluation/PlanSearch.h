//===- PlanSearch.h - The best selection within a budget --------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EVALUATION_PLANSEARCH_H
#define CIM_RUNTIME_EVALUATION_PLANSEARCH_H

#include "dialects/cim/grammar/LayerSelection.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cim {

/// A selection of layers to retrain, as a plan spells it.
struct PlanCandidate {
  std::string plan;
  Selection selection;
};

/// The plans of at most \p budget parameters that one of the families last:K,
/// c2:K, c1:K and, where tolerance was measured, tolerant:K:BUDGET holds, each
/// selection once, in this order. Empty when nothing fits.
std::vector<PlanCandidate>
candidatePlans(std::span<const SelectableLayer> layers, uint64_t budget);

/// A candidate, and how accurate it was found to be.
struct RankedPlan {
  size_t candidate = 0;
  int round = 0; ///< the last one that it reached, from 0
  double accuracy = 0;
};

/// Ranks \p candidates by successive halving (K. Jamieson and A. Talwalkar,
/// Non-stochastic best arm identification and hyperparameter optimization,
/// AISTATS 2016): all are tried with little effort, the better \p share of them
/// with more, and so on for \p rounds rounds. \p accuracyOf measures a
/// candidate with the effort of a round, from 0; nothing ends the search. Those
/// that came furthest come first, the most accurate of a round before the
/// others. A search that was ended in its first round ranks those that it had
/// measured.
std::vector<RankedPlan> rankPlans(
    std::span<const PlanCandidate> candidates, int rounds, double share,
    const std::function<std::optional<double>(const PlanCandidate &, int round)>
        &accuracyOf);

} // namespace cim

#endif // CIM_RUNTIME_EVALUATION_PLANSEARCH_H
