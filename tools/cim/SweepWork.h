//===- SweepWork.h - The chips of a sweep, computed or remembered -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_SWEEPWORK_H
#define CIM_TOOLS_CIM_SWEEPWORK_H

#include "runtime/evaluation/Evaluation.h"
#include "runtime/store/Claims.h"
#include "runtime/store/Store.h"
#include "tools/cim/Network.h"
#include "tools/cim/Progress.h"
#include "tools/cim/SweepReport.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cim {

/// Which part of the work is this process's.
struct Shard {
  int64_t index = 1, count = 1;

  /// The diagonal, so that neither the chips of a point nor the points of a
  /// sweep without random errors all fall to one shard.
  bool has(int64_t point, int64_t trial) const {
    return (point + trial) % count == index - 1;
  }
};

/// The results of a sweep: what its store remembers, and what is computed on
/// top. Each chip is kept as soon as it is finished.
class SweepWork {
public:
  struct Plan {
    const ModelFlags &model;
    const std::vector<std::vector<ErrorRequest>> &requests; ///< by point
    std::vector<std::string> names;                         ///< by point
    std::string dataSpec;
    const DataSet &images;
    /// Finds the ranges of a point's converters; a line for each doubt.
    std::function<void(Network &,
                       const std::function<void(const std::string &)> &)>
        calibrate;
    EvaluationOptions evaluation;
    int64_t trials;                   ///< at least
    std::optional<double> untilWidth; ///< stop there instead
    Shard shard;
  };

  /// \p first is the network of point 0. \p read: the store cannot be written.
  SweepWork(Plan plan, std::vector<PointIdentity> identities, Network first,
            Store &store, bool read);

  /// Computes what is missing; false when it was interrupted.
  bool run();

  PointResult result(size_t point) const;
  int64_t computed() const { return computedTrials; }
  double compileSeconds = 0, programSeconds = 0, forwardSeconds = 0;

private:
  /// What is known of a point.
  struct State {
    PointIdentity identity;
    std::optional<Store::KnownPoint> known;
    std::map<int64_t, StoredTrial> trials;
  };

  void refresh(State &state) const;
  /// The chips that the point needs and has not got; with untilWidth the next.
  std::vector<int64_t> missing(size_t point) const;
  /// Chips 0 to n - 1 of \p state that decide when to stop, and whether they
  /// are enough.
  std::pair<int64_t, bool> sequence(const State &state) const;
  /// An upper bound for progress.
  int64_t missingAtLeast(size_t point) const;
  uint64_t pieceOf(size_t point, int64_t trial) const;
  bool runPoint(size_t point);
  bool runUntilNarrow(size_t point, std::unique_ptr<Evaluator> &evaluator);
  bool runTrial(size_t point, int64_t trial,
                std::unique_ptr<Evaluator> &evaluator);
  void prepare(size_t point, std::unique_ptr<Evaluator> &evaluator);
  void warnOnce(const std::string &message);

  Plan plan;
  std::vector<State> states;
  Store &store;
  std::optional<Claims> claims;
  /// Of the point that is being evaluated.
  Network network;
  size_t networkOf = 0;
  std::set<std::string> warnings;
  std::unique_ptr<Progress> progress;
  int64_t computedTrials = 0;
  bool computedNow = false; ///< in this pass
};

} // namespace cim

#endif // CIM_TOOLS_CIM_SWEEPWORK_H
