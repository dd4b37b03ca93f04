//===- LayerChips.cpp - Chips with errors in some layers ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/LayerChips.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Output.h"

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
  const ChipRange missing{int64_t(correct.size()),
                          trials - int64_t(correct.size())};
  progress.total -= missing.first * images;
  if (missing.count > 0) {
    Stopwatch stopwatch;
    const RightCounts counts = count(changes, missing);
    const double seconds = stopwatch.seconds() / double(missing.count);
    for (int64_t i = 0; i < missing.count; ++i) {
      store->put(id, seed, missing.first + i,
                 {counts.correct[i], counts.correctTop5[i], 0, seconds});
      correct.push_back(counts.correct[i]);
    }
    newChips += missing.count;
  }
  return accuraciesOf(correct);
}
