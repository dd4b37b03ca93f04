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

/// Keeps the chips of \p result and the one in work, or takes them back, in
/// the checkpoint of \p options. Throws InputError.
void saveRetraining(const RetrainingOptions &options, const Retraining &result,
                    const UnfinishedChip &unfinished);
void restoreRetraining(const RetrainingOptions &options, Retraining &result,
                       UnfinishedChip &unfinished);

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_RETRAININGCHECKPOINT_H
