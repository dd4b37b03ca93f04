//===- RetrainingCheckpoint.cpp - Retraining that goes on later -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The tensors of a checkpoint are the network as the first chip holds it, and
// those of the training of the chip in work, under names of their own.
//
//===----------------------------------------------------------------------===//
#include "runtime/training/RetrainingCheckpoint.h"

#include "runtime/tensor/Errors.h"

using namespace cim;
using Json = nlohmann::ordered_json;

static constexpr std::string_view unfinishedPrefix = "in work: ";

Checkpoint cim::checkpointOf(const Retraining &result,
                             const UnfinishedChip &unfinished) {
  Json chips = Json::array();
  for (const RetrainedChip &chip : result.chips)
    chips.push_back({{"injected", chip.injected},
                     {"retrained", chip.retrained},
                     {"rewritten", chip.rewritten},
                     {"cells_written", chip.cellsWritten},
                     {"epochs", chip.epochs}});
  Checkpoint checkpoint{{{"float", result.floatCorrect},
                         {"train_seconds", result.trainSeconds},
                         {"evaluate_seconds", result.evaluateSeconds},
                         {"chips", chips}},
                        result.network};
  if (unfinished.training) {
    checkpoint.progress["in_work"] = {
        {"training", unfinished.training->progress},
        {"rewritten", unfinished.rewritten},
        {"cells_written", unfinished.cellsWritten}};
    for (const auto &[name, tensor] : unfinished.training->tensors)
      checkpoint.tensors[std::string(unfinishedPrefix) + name] = tensor;
  }
  return checkpoint;
}

void cim::restoreRetraining(const RetrainingOptions &options,
                            Retraining &result,
                            UnfinishedChip &unfinished) try {
  const Checkpoint &kept = *options.kept;
  const Json &progress = kept.progress;
  Checkpoint training{{}, {}, kept.path};
  for (const auto &[name, tensor] : kept.tensors)
    if (name.starts_with(unfinishedPrefix))
      training.tensors[name.substr(unfinishedPrefix.size())] = tensor;
    else
      result.network[name] = tensor;
  if (auto inWork = progress.find("in_work"); inWork != progress.end()) {
    training.progress = inWork->at("training");
    unfinished = {std::move(training),
                  inWork->at("rewritten").get<std::vector<int64_t>>(),
                  inWork->at("cells_written").get<std::vector<int64_t>>()};
  }
  result.floatCorrect = progress.at("float");
  result.trainSeconds = progress.at("train_seconds");
  result.evaluateSeconds = progress.at("evaluate_seconds");
  for (const Json &chip : progress.at("chips"))
    result.chips.push_back(
        {chip.at("injected"), chip.at("retrained"),
         chip.at("rewritten").get<std::vector<int64_t>>(),
         chip.at("epochs").get<std::vector<EpochResult>>(),
         chip.at("cells_written").get<std::vector<int64_t>>()});
  bool fits = int64_t(result.chips.size()) + unfinished.training.has_value() <=
                  options.trials &&
              int64_t(unfinished.rewritten.size()) <= options.rewrites &&
              unfinished.cellsWritten.size() == unfinished.rewritten.size();
  for (const RetrainedChip &chip : result.chips)
    fits &= int64_t(chip.rewritten.size()) == options.rewrites &&
            chip.cellsWritten.size() == chip.rewritten.size();
  if (!fits)
    throw InputError("'" + kept.path +
                     "' holds other chips and rewrites than this retraining "
                     "has; retrain anew");
} catch (const nlohmann::json::exception &error) {
  throw InputError("'" + options.kept->path +
                   "' is no checkpoint of a retraining: " + error.what() +
                   "; retrain anew");
}
