//===- SweepWork.cpp - The chips of a sweep, computed or remembered -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/SweepWork.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Output.h"
#include "tools/cim/Text.h"

#include <algorithm>
#include <limits>
#include <unistd.h>

using namespace cim;

SweepWork::SweepWork(Plan plan, std::vector<PointIdentity> identities,
                     Network first, Store &store, bool read)
    : plan(std::move(plan)), store(store), network(std::move(first)) {
  compileSeconds = network.compileSeconds;
  for (PointIdentity &identity : identities) {
    states.push_back({std::move(identity), {}, {}});
    refresh(states.back());
  }
  if (!read)
    claims.emplace(store.path());
}

void SweepWork::refresh(State &state) const {
  if (!state.known)
    state.known = store.find(state.identity);
  if (state.known)
    state.trials =
        store.trials(state.known->id, plan.evaluation.seed,
                     !state.known->isRandom ? 1
                     : plan.untilWidth ? std::numeric_limits<int64_t>::max()
                                       : plan.trials);
}

std::pair<int64_t, bool> SweepWork::sequence(const State &state) const {
  StoppingRule rule(*plan.untilWidth, plan.trials);
  int64_t count = 0;
  for (const auto &[trial, result] : state.trials) {
    if (trial != count || rule.isSatisfied())
      break;
    rule.add(double(result.correct) / double(state.identity.images));
    ++count;
  }
  return {count, rule.isSatisfied()};
}

std::vector<int64_t> SweepWork::missing(size_t point) const {
  const State &state = states[point];
  const bool isRandom = !state.known || state.known->isRandom;
  std::vector<int64_t> list;
  if (isRandom && plan.untilWidth) {
    const auto [count, enough] = sequence(state);
    if (!enough && plan.shard.has(point, 0))
      list.push_back(count);
    return list;
  }
  const int64_t end = isRandom ? plan.trials : 1;
  for (int64_t trial = 0; trial < end; ++trial)
    if (plan.shard.has(point, trial) && !state.trials.contains(trial))
      list.push_back(trial);
  return list;
}

int64_t SweepWork::missingAtLeast(size_t point) const {
  const auto list = missing(point);
  return list.empty() || !plan.untilWidth
             ? int64_t(list.size())
             : std::max<int64_t>(1, plan.trials - list[0]);
}

PointResult SweepWork::result(size_t point) const {
  const State &state = states[point];
  PointResult result;
  int64_t count = std::numeric_limits<int64_t>::max();
  if (plan.untilWidth && state.known && state.known->isRandom) {
    count = sequence(state).first;
    result.sampling = Sampling::sequential;
  }
  for (const auto &[trial, stored] : state.trials)
    if (trial < count)
      result.trials.push_back(double(stored.correct) /
                              double(state.identity.images));
  return result;
}

/// With untilWidth chips come one after another, so a point is one piece.
uint64_t SweepWork::pieceOf(size_t point, int64_t trial) const {
  Sha256 hash;
  hash.update(states[point].identity.hash() + ":" +
              std::to_string(plan.evaluation.seed) + ":" +
              (plan.untilWidth ? "" : std::to_string(trial)));
  return std::stoull(hash.finish().substr(0, 15), nullptr, 16);
}

void SweepWork::warnOnce(const std::string &message) {
  if (warnings.insert(message).second)
    warn(message);
}

void SweepWork::prepare(size_t point, std::unique_ptr<Evaluator> &evaluator) {
  auto warning = [this](const std::string &message) { warnOnce(message); };
  if (networkOf != point) {
    network = Network(); // one at a time
    network = Network::load(plan.model, plan.requests[point], warning);
    networkOf = point;
    compileSeconds += network.compileSeconds;
  }
  plan.calibrate(network, warning);
  State &state = states[point];
  if (!state.known) {
    const int64_t expected = missingAtLeast(point);
    const bool random = isRandom(network.plan);
    state.known = {
        store.add(state.identity, plan.model.path, plan.dataSpec, random),
        random};
    if (progress)
      progress->total -=
          (expected - missingAtLeast(point)) * plan.images.images();
  }
  Stopwatch stopwatch;
  evaluator = std::make_unique<Evaluator>(network.plan, network.tensors,
                                          plan.images, plan.evaluation);
  programSeconds += stopwatch.seconds();
  Evaluation made;
  evaluator->describe(made);
  for (const std::string &line : made.warnings)
    warnOnce(line);
}

bool SweepWork::runTrial(size_t point, int64_t trial,
                         std::unique_ptr<Evaluator> &evaluator) {
  if (!evaluator)
    try {
      prepare(point, evaluator);
    } catch (const InputError &error) {
      throw InputError("at " + plan.names[point] + ": " + error.what());
    }
  State &state = states[point];
  if (!state.known->isRandom && trial > 0)
    return true;
  const auto chip = evaluator->run(trial);
  if (!chip)
    return false;
  const StoredTrial result{chip->correct, chip->correctTop5,
                           chip->programSeconds, chip->forwardSeconds};
  store.put(state.known->id, plan.evaluation.seed, trial, result);
  state.trials[trial] = result;
  programSeconds += chip->programSeconds;
  forwardSeconds += chip->forwardSeconds;
  ++computedTrials;
  computedNow = true;
  return true;
}

bool SweepWork::runPoint(size_t point) {
  const std::vector<int64_t> todo = missing(point);
  if (todo.empty())
    return true;
  State &state = states[point];
  std::unique_ptr<Evaluator> evaluator;
  for (int64_t trial : todo) {
    if (interrupted())
      return false;
    const Claim claim(*claims, pieceOf(point, trial));
    if (!claim.isOurs())
      continue;
    if (plan.untilWidth)
      return runUntilNarrow(point, evaluator);
    // It may have been finished between the last look and the claim.
    if (!state.known)
      refresh(state);
    if (state.known &&
        store.contains(state.known->id, plan.evaluation.seed, trial))
      continue;
    if (!runTrial(point, trial, evaluator))
      return false;
  }
  return true;
}

bool SweepWork::runUntilNarrow(size_t point,
                               std::unique_ptr<Evaluator> &evaluator) {
  refresh(states[point]);
  for (;;) {
    const std::vector<int64_t> next = missing(point);
    if (next.empty())
      return true;
    if (progress && next[0] >= plan.trials)
      progress->total += plan.images.images();
    if (interrupted() || !runTrial(point, next[0], evaluator))
      return false;
  }
}

bool SweepWork::run() {
  int64_t images = 0, left = 0;
  for (size_t point = 0; point < states.size(); ++point)
    images += missingAtLeast(point) * plan.images.images();
  if (images == 0)
    return true;
  if (!claims)
    throw InputError("the store '" + store.path() +
                     "' cannot be written, and results are missing in it; make "
                     "it writable, or copy it");
  progress = std::make_unique<Progress>(
      "sweeping " + grouped(states.size()) + " points", images, "images");
  plan.evaluation.imagesDone = &progress->done;
  do {
    computedNow = false;
    left = 0;
    for (size_t point = 0; point < states.size(); ++point) {
      if (!runPoint(point)) {
        progress.reset();
        return false;
      }
    }
    for (size_t point = 0; point < states.size(); ++point) {
      if (!missing(point).empty())
        refresh(states[point]); // another process may have finished it
      left += missing(point).size();
    }
    if (left > 0 && !computedNow)
      ::usleep(200'000); // others are at it
  } while (left > 0);
  progress.reset();
  return true;
}
