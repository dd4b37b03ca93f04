//===- RetrainingCheckpoint.cpp - Retraining that goes on later -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Chips are kept when they are complete. The tensors of a checkpoint are the
// network as the first chip holds it.
//
//===----------------------------------------------------------------------===//
#include "runtime/tensor/Errors.h"
#include "runtime/training/Checkpoint.h"
#include "runtime/training/Retraining.h"

using namespace cim;
using Json = nlohmann::ordered_json;

void cim::saveRetraining(const RetrainingOptions &options,
                         const Retraining &result) {
  Json chips = Json::array();
  for (const RetrainedChip &chip : result.chips)
    chips.push_back({{"injected", chip.injected},
                     {"retrained", chip.retrained},
                     {"rewritten", chip.rewritten},
                     {"cells_written", chip.cellsWritten},
                     {"epochs", chip.epochs}});
  writeCheckpoint(options.checkpoint, options.identity,
                  {{{"float", result.floatCorrect},
                    {"train_seconds", result.trainSeconds},
                    {"evaluate_seconds", result.evaluateSeconds},
                    {"chips", chips}},
                   result.network});
}

void cim::restoreRetraining(const RetrainingOptions &options,
                            Retraining &result) try {
  auto [progress, tensors] =
      readCheckpoint(options.checkpoint, options.identity);
  result.network = std::move(tensors);
  result.floatCorrect = progress.at("float");
  result.trainSeconds = progress.at("train_seconds");
  result.evaluateSeconds = progress.at("evaluate_seconds");
  for (const Json &chip : progress.at("chips"))
    result.chips.push_back(
        {chip.at("injected"), chip.at("retrained"),
         chip.at("rewritten").get<std::vector<int64_t>>(),
         chip.at("epochs").get<std::vector<EpochResult>>(),
         chip.at("cells_written").get<std::vector<int64_t>>()});
} catch (const nlohmann::json::exception &error) {
  throw InputError("'" + options.checkpoint +
                   "' is no checkpoint: " + error.what() + "; retrain anew");
}
