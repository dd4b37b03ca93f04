//===- RetrainingCheckpoint.h - Retraining that goes on later ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_RETRAININGCHECKPOINT_H
#define CIM_RUNTIME_TRAINING_RETRAININGCHECKPOINT_H

#include "runtime/training/Checkpoint.h"
#include "runtime/training/Retraining.h"

#include <optional>

namespace cim {

/// How far the chip in work has come. What is not kept here is cheap, and
/// computed again.
struct UnfinishedChip {
  std::optional<Checkpoint> training;           ///< as a Trainer keeps it
  std::vector<int64_t> rewritten, cellsWritten; ///< by rewrite so far
};

/// The chips of \p result and the one in work, as a checkpoint.
Checkpoint checkpointOf(const Retraining &result,
                        const UnfinishedChip &unfinished);
/// Takes back what \p options keep. Throws InputError when it is of no
/// retraining, or of one of other chips or rewrites.
void restoreRetraining(const RetrainingOptions &options, Retraining &result,
                       UnfinishedChip &unfinished);

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_RETRAININGCHECKPOINT_H
