//===- RetrainingSeries.cpp - One retraining after another ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/RetrainingSeries.h"

#include "runtime/tensor/Errors.h"

#include <utility>

using namespace cim;

static InputError noCheckpoint(const std::string &file,
                               const nlohmann::json::exception &error) {
  return InputError("'" + file + "' is no checkpoint of several plans: " +
                    error.what() + "; leave --resume out to begin anew");
}

RetrainingSeries::RetrainingSeries(const Network &network,
                                   const CheckpointFlags &checkpoint,
                                   std::string identity, Progress &progress)
    : network(network), checkpoint(checkpoint), identity(std::move(identity)),
      progress(progress) {
  std::optional<Checkpoint> kept = checkpoint.read(this->identity);
  if (!kept)
    return;
  try {
    plans.update(kept->progress.at("plans"));
    inWork = kept->progress.at("in_work").get<std::string>();
  } catch (const nlohmann::json::exception &error) {
    throw noCheckpoint(checkpoint.file, error);
  }
  tensors = std::move(kept->tensors);
}

Retraining RetrainingSeries::retrain(const std::string &name,
                                     const DataSet &train, const DataSet &test,
                                     RetrainingOptions options) {
  options.wantsNetwork = false;
  options.before = &before[&test];
  options.imagesDone = &progress.done;
  options.imagesSpared = &progress.spared;
  auto counted = [&] { return progress.done.load() + progress.spared.load(); };
  const int64_t end =
      counted() + imagesOf(options, train.images(), test.images());
  try {
    return goOn(name, train, test, std::move(options));
  } catch (const TrainingDiverged &) {
    progress.spared += end - counted();
    throw;
  }
}

Retraining RetrainingSeries::goOn(const std::string &name, const DataSet &train,
                                  const DataSet &test,
                                  RetrainingOptions options) {
  const std::optional<Checkpoint> kept = keptOf(name);
  if (kept)
    options.kept = &*kept;
  if (checkpoint.isWanted())
    options.keep = [&](const Checkpoint &state) { keep(name, state); };
  Retraining result = cim::retrain(network.plan, network.tensors, train, test,
                                   {0, test.images()}, options);
  if (!result.diverged)
    return result;
  if (checkpoint.isWanted()) {
    Json diverged = Json::object(); // in place of progress
    diverged["diverged"] = result.diverged->cause;
    keep(name, {diverged, {}});
  }
  // Its good epochs are of no use any more, so nobody is told of them.
  throw TrainingDiverged(result.diverged->cause);
}

std::optional<Checkpoint>
RetrainingSeries::keptOf(const std::string &name) const try {
  const auto plan = plans.find(name);
  if (plan == plans.end())
    return std::nullopt;
  if (plan->contains("diverged"))
    throw TrainingDiverged(plan->at("diverged").get<std::string>());
  Checkpoint kept{*plan, {}, checkpoint.file};
  if (name == inWork)
    kept.tensors = tensors;
  else // other plans came in front of it, so its chip in work is begun anew
    kept.progress.erase("in_work");
  return kept;
} catch (const nlohmann::json::exception &error) {
  throw noCheckpoint(checkpoint.file, error);
}

void RetrainingSeries::keep(const std::string &name, Checkpoint state) {
  plans[name] = std::move(state.progress);
  inWork = name;
  tensors = std::move(state.tensors);
  const Json all = {{"in_work", inWork}, {"plans", plans}};
  writeCheckpoint(checkpoint.file, identity, {all, tensors});
}
