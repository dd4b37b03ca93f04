//===- RetrainingSeries.h - One retraining after another --------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_RETRAININGSERIES_H
#define CIM_TOOLS_CIM_RETRAININGSERIES_H

#include "runtime/training/Retraining.h"
#include "tools/cim/CheckpointFlags.h"
#include "tools/cim/Network.h"
#include "tools/cim/Progress.h"

#include <map>
#include <string>

namespace cim {

/// Retrains a network by one plan after another, all with one seed, and so of
/// the same chips, which are tested after writing once. The checkpoint holds
/// what came of the plans that are done, and how far the one in work has come,
/// as its retraining keeps it.
class RetrainingSeries {
public:
  /// \p identity tells the series from any other, where a checkpoint is wanted.
  /// All references must outlive it. Throws InputError when the checkpoint
  /// cannot be used.
  RetrainingSeries(const Network &network, const CheckpointFlags &checkpoint,
                   std::string identity, Progress &progress);

  /// Retrains as \p options say, without what they say of checkpoint and
  /// progress, and tests on all of \p test, which must outlive the series; what
  /// the checkpoint holds of \p name, one of the series, is not computed again.
  /// The result is without its network. Throws TrainingDiverged, likewise, and
  /// InputError.
  Retraining retrain(const std::string &name, const DataSet &train,
                     const DataSet &test, RetrainingOptions options);

private:
  Retraining goOn(const std::string &name, const DataSet &train,
                  const DataSet &test, RetrainingOptions options);
  std::optional<Checkpoint> keptOf(const std::string &name) const;
  void keep(const std::string &name, Checkpoint state);

  const Network &network;
  const CheckpointFlags &checkpoint;
  const std::string identity;
  Progress &progress;
  std::map<const DataSet *, CountsBefore> before; ///< by test set
  Json plans = Json::object(); ///< by name: the progress of each retraining
  /// The last plan, and the tensors of its retraining: all others are numbers
  /// only.
  std::string inWork;
  TensorMap tensors;
};

} // namespace cim

#endif // CIM_TOOLS_CIM_RETRAININGSERIES_H
