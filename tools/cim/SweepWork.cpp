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
#include "tools/cim/Text.h"

#include <algorithm>
#include <limits>
#include <unistd.h>

using namespace cim;

static constexpr int64_t allTrials = std::numeric_limits<int64_t>::max();

SweepWork::SweepWork(Plan plan, std::vector<Point> sweepPoints, PointWork &work,
                     Store &store, bool isReadOnly)
    : plan(std::move(plan)), points(std::move(sweepPoints)), work(work),
      storePath(store.path()) {
  for (Point &point : points)
    refresh(point);
  if (!isReadOnly)
    claims.emplace(storePath);
}

void SweepWork::refresh(Point &point) const {
  work.refresh(point, plan.untilWidth ? allTrials : plan.trials);
}

std::pair<int64_t, bool> SweepWork::sequence(const Point &point) const {
  StoppingRule rule(*plan.untilWidth, plan.trials);
  int64_t count = 0;
  for (const auto &[trial, result] : point.trials) {
    if (trial != count || rule.isSatisfied())
      break;
    rule.add(point.accuracy(trial));
    ++count;
  }
  return {count, rule.isSatisfied()};
}

std::vector<int64_t> SweepWork::missing(size_t index) const {
  const Point &point = points[index];
  std::vector<int64_t> list;
  if (point.isRandom() && plan.untilWidth) {
    const auto [count, enough] = sequence(point);
    if (!enough && plan.shard.has(index, 0))
      list.push_back(count);
    return list;
  }
  const int64_t end = point.isRandom() ? plan.trials : 1;
  for (int64_t trial = 0; trial < end; ++trial)
    if (plan.shard.has(index, trial) && !point.trials.contains(trial))
      list.push_back(trial);
  return list;
}

int64_t SweepWork::missingAtLeast(size_t point) const {
  const auto list = missing(point);
  return list.empty() || !plan.untilWidth
             ? int64_t(list.size())
             : std::max<int64_t>(1, plan.trials - list[0]);
}

std::vector<Result> SweepWork::results() const {
  std::vector<Result> results;
  for (const Point &point : points)
    results.push_back(
        plan.untilWidth && point.known && point.known->isRandom
            ? point.result(sequence(point).first, Sampling::sequential)
            : point.result(allTrials, Sampling::fixed));
  return results;
}

/// With untilWidth chips come one after another, so a point is one piece.
uint64_t SweepWork::pieceOf(size_t point, int64_t trial) const {
  Sha256 hash;
  hash.update(points[point].identity.hash() + ":" +
              std::to_string(work.seed()) + ":" +
              (plan.untilWidth ? "" : std::to_string(trial)));
  return std::stoull(hash.finish().substr(0, 15), nullptr, 16);
}

bool SweepWork::runTrial(size_t index, int64_t trial) {
  Point &point = points[index];
  const int64_t before = work.computed, expected = missingAtLeast(index);
  const bool wasKnown = point.known.has_value();
  if (!work.run(point, trial))
    return false;
  if (!wasKnown && !point.isRandom()) // one chip was all
    progress->total -= (expected - 1) * work.images();
  if (work.computed > before) {
    computedNow = true;
    if (plan.watch)
      plan.watch(*progress);
  }
  return true;
}

bool SweepWork::runPoint(size_t point) {
  for (int64_t trial : missing(point)) {
    if (interrupted())
      return false;
    const Claim claim(*claims, pieceOf(point, trial));
    if (!claim.isOurs())
      continue;
    if (plan.untilWidth)
      return runUntilNarrow(point);
    if (!runTrial(point, trial))
      return false;
  }
  return true;
}

bool SweepWork::runUntilNarrow(size_t point) {
  refresh(points[point]);
  for (;;) {
    const std::vector<int64_t> next = missing(point);
    if (next.empty())
      return true;
    if (next[0] >= plan.trials)
      progress->total += work.images();
    if (interrupted() || !runTrial(point, next[0]))
      return false;
  }
}

bool SweepWork::run() {
  int64_t images = 0, left = 0;
  for (size_t point = 0; point < points.size(); ++point)
    images += missingAtLeast(point) * work.images();
  if (images == 0)
    return true;
  if (!claims)
    throw InputError("the store '" + storePath +
                     "' cannot be written, and results are missing in it; make "
                     "it writable, or copy it");
  progress = std::make_unique<Progress>(
      "sweeping " + grouped(points.size()) + " points", images, "images");
  work.countInto(&progress->done);
  bool complete = true;
  do {
    computedNow = false;
    left = 0;
    for (size_t point = 0; complete && point < points.size(); ++point)
      complete = runPoint(point);
    for (size_t point = 0; complete && point < points.size(); ++point) {
      if (!missing(point).empty())
        refresh(points[point]); // another process may have finished it
      left += missing(point).size();
    }
    if (left > 0 && !computedNow && complete)
      ::usleep(200'000); // others are at it
  } while (left > 0 && complete);
  work.countInto(nullptr);
  progress.reset();
  return complete;
}
