//===- TrainerCheckpoint.cpp - Training that goes on later ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The tensors of a checkpoint are the parameters, the best ones so far, and
// what the optimiser remembers.
//
//===----------------------------------------------------------------------===//
#include "runtime/tensor/Errors.h"
#include "runtime/training/Checkpoint.h"
#include "runtime/training/Trainer.h"

using namespace cim;
using Json = nlohmann::ordered_json;

/// Where the best parameters stand among a checkpoint's tensors.
static std::string bestName(const Parameter &parameter) {
  return "best of " + parameter.tensor;
}

void cim::to_json(Json &json, const EpochResult &result) {
  json = {{"loss", result.loss},
          {"accuracy", result.accuracy},
          {"seconds", result.seconds},
          {"held_back", result.heldBack ? Json(*result.heldBack) : Json()}};
}

void cim::from_json(const Json &json, EpochResult &result) {
  result = {json.at("loss"), json.at("accuracy"), json.at("seconds"),
            std::nullopt};
  if (!json.at("held_back").is_null())
    result.heldBack = json.at("held_back").get<double>();
}

void Trainer::save(int64_t atEpoch, int64_t atStep) const {
  if (!options.keep)
    return;
  const std::deque<Parameter> &parameters = program.parameters();
  TensorMap state = withParameters(optimiser.state(parameters), parameters);
  for (size_t p = 0; p < best.size(); ++p)
    state[bestName(parameters[p])] = makeTensor(parameters[p].shape, best[p]);
  Json progress = {{"epoch", atEpoch},
                   {"step", atStep},
                   {"loss", loss},
                   {"correct", correct},
                   {"seconds", secondsBefore},
                   {"best_epoch", bestEpoch},
                   {"epochs", history}};
  options.keep({std::move(progress), std::move(state)});
}

void Trainer::restore(const Checkpoint &kept) try {
  auto read = [&](std::vector<float> &to, const std::string &name) {
    auto found = kept.tensors.find(name);
    if (found == kept.tensors.end() || found->second.type != plan::F32 ||
        size_t(found->second.elements()) != to.size())
      throw InputError("has no tensor '" + name + "' of the right size");
    auto values = found->second.as<float>();
    to.assign(values.begin(), values.end());
  };
  const Json &progress = kept.progress;
  epoch = progress.at("epoch");
  step = progress.at("step");
  loss = progress.at("loss");
  correct = progress.at("correct");
  secondsBefore = progress.at("seconds");
  bestEpoch = progress.at("best_epoch");
  history = progress.at("epochs").get<std::vector<EpochResult>>();
  if (epoch < 0 || epoch > recipe.epochs || step < 0 ||
      step > (epoch < recipe.epochs ? stepsPerEpoch() : 0) ||
      int64_t(history.size()) != epoch || bestEpoch < -1 || bestEpoch >= epoch)
    throw InputError("stands at a step that its training cannot stand at");
  auto &parameters = program.parameters();
  for (Parameter &parameter : parameters) {
    read(parameter.value, parameter.tensor);
    if (bestEpoch >= 0)
      read(best.emplace_back(parameter.value.size()), bestName(parameter));
  }
  optimiser.restore(parameters, kept.tensors, epoch * stepsPerEpoch() + step);
} catch (const InputError &error) {
  throw InputError("'" + kept.path + "' " + error.what() + "; train anew");
} catch (const nlohmann::json::exception &error) {
  throw InputError("'" + kept.path + "' is no checkpoint of a training: " +
                   error.what() + "; train anew");
}
