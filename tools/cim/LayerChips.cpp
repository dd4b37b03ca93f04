//===- LayerChips.cpp - Chips with errors in some layers ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/LayerChips.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Output.h"

#include <algorithm>

using namespace cim;

void LayerChips::keepIn(const std::string &path, Identities identities,
                        const std::string &model, const std::string &data) {
  store.emplace(Store::openOrCreate(path));
  this->identities.emplace(std::move(identities));
  this->model = model;
  this->data = data;
}

RightCounts LayerChips::count(std::span<const LayerChange> changes,
                              ChipRange chips) {
  auto counts = evaluator.countRight(changes, chips);
  if (!counts)
    throw Interrupted();
  return *std::move(counts);
}

std::vector<double>
LayerChips::accuraciesOf(const std::vector<int64_t> &correct) const {
  std::vector<double> accuracies;
  for (int64_t right : correct)
    accuracies.push_back(double(right) / double(images));
  return accuracies;
}

std::vector<double> LayerChips::run(std::span<const LayerChange> changes,
                                    ChipRange chips) {
  return accuraciesOf(count(changes, chips).correct);
}

std::vector<double> LayerChips::kept(const ErrorFlags &errors,
                                     std::span<const LayerChange> changes,
                                     int64_t trials, bool isRandom) {
  if (!store) {
    newChips += trials;
    return run(changes, {0, trials});
  }
  const PointIdentity identity = identities->of(errors);
  const auto found = store->find(identity);
  const int64_t id =
      found ? found->id : store->add(identity, model, data, isRandom);
  // What others left there may have gaps; the first ends what is taken.
  std::vector<int64_t> correct;
  for (const auto &[trial, known] : store->trials(id, seed, trials))
    if (trial == int64_t(correct.size()))
      correct.push_back(known.correct);
  progress.spared += int64_t(correct.size()) * images;
  // Chips are kept as they are finished. Where they share the work in front of
  // their changes only within a run, a few are run together.
  const int64_t together = evaluator.keepsPrefix(changes) ? 1 : 10;
  while (int64_t(correct.size()) < trials) {
    const int64_t first = correct.size();
    const ChipRange chips{first, std::min(together, trials - first)};
    Stopwatch stopwatch;
    const RightCounts counts = count(changes, chips);
    const double seconds = stopwatch.seconds() / double(chips.count);
    for (int64_t i = 0; i < chips.count; ++i) {
      store->put(id, seed, first + i,
                 {counts.correct[i], counts.correctTop5[i], 0, seconds});
      correct.push_back(counts.correct[i]);
    }
    newChips += chips.count;
  }
  return accuraciesOf(correct);
}
