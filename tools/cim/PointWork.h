//===- PointWork.h - Chips with given errors, computed and kept -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_POINTWORK_H
#define CIM_TOOLS_CIM_POINTWORK_H

#include "runtime/evaluation/Evaluation.h"
#include "runtime/report/Results.h"
#include "runtime/store/Store.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cim {

/// One set of errors, and what is known of its chips.
struct Point {
  std::string name; ///< for messages
  std::vector<ErrorRequest> requests;
  Options options; ///< as results show them
  PointIdentity identity;
  std::optional<Store::KnownPoint> known; ///< when it is in the store
  std::map<int64_t, StoredTrial> trials;

  /// Whether chips differ; true as long as nobody knows.
  bool isRandom() const { return !known || known->isRandom; }
  /// Of chip \p trial, which must be known.
  double accuracy(int64_t trial) const;
  /// The accuracies of all chips, or of those before \p end. Empty without any.
  Result result(int64_t end, Sampling sampling) const;
};

/// Computes chips of one point after another; each is kept in a store as soon
/// as it is finished. The network is compiled once as far as it is the same for
/// all points, and everything that no chip of a point changes is prepared once.
class PointWork {
public:
  /// Finds the ranges of a network's converters; a line for each doubt.
  using Calibrate = std::function<void(Network &, const Network::Warning &)>;
  /// \p model, \p images and \p store must outlive it.
  PointWork(const ModelFlags &model, std::string dataSpec,
            const DataSet &images, EvaluationOptions evaluation, Store &store,
            Calibrate calibrate);

  /// Looks into the store for what it knows of chips before \p end.
  void refresh(Point &point, int64_t end) const;
  /// Makes \p point known and its network ready. Throws InputError, naming the
  /// point.
  void prepare(Point &point);
  /// Computes chip \p trial unless it is known, or is the same as chip 0. False
  /// when it was interrupted.
  bool run(Point &point, int64_t trial);

  int64_t images() const { return data.images(); }
  uint64_t seed() const { return evaluation.seed; }
  /// Counts images as they are done.
  void countInto(std::atomic<int64_t> *imagesDone) {
    evaluation.imagesDone = imagesDone;
    prepared.reset();
  }

  int64_t computed = 0; ///< chips
  double compileSeconds = 0, programSeconds = 0, forwardSeconds = 0;

private:
  void warnOnce(const std::string &message);

  const ModelFlags &model;
  std::string dataSpec;
  const DataSet &data;
  EvaluationOptions evaluation;
  Store &store;
  Calibrate calibrate;
  NetworkSource source;
  /// Of the point that is being evaluated. Not its address, which another one
  /// may have later.
  std::optional<PointIdentity> prepared;
  Network network;
  std::unique_ptr<Evaluator> evaluator;
  /// A line for every point would bury them.
  std::set<std::string> warnings;
};

} // namespace cim

#endif // CIM_TOOLS_CIM_POINTWORK_H
