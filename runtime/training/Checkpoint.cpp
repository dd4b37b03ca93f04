//===- Checkpoint.cpp - Training that goes on later -----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A checkpoint is one safetensors file, so that it is there whole or not at
// all: the parameters, what the optimiser remembers, and as bytes under the
// name "training" a JSON text that says how far training has come. JSON keeps
// doubles exactly, so that who goes on gets the same bits as who was never
// stopped.
//
//===----------------------------------------------------------------------===//
#include "runtime/training/Trainer.h"

#include "runtime/tensor/Errors.h"
#include "runtime/tensor/TensorFile.h"

#include <nlohmann/json.hpp>

#include <cstring>

using namespace cim;
using Json = nlohmann::ordered_json;

static constexpr const char *progressName = "training";

static Tensor textTensor(const std::string &text) {
  std::shared_ptr<std::byte[]> bytes(new std::byte[text.size()]);
  std::memcpy(bytes.get(), text.data(), text.size());
  return {plan::U8, {int64_t(text.size())}, {bytes, bytes.get()}};
}

/// Where the best parameters stand among a checkpoint's tensors.
static std::string bestName(const Parameter &parameter) {
  return "best of " + parameter.tensor;
}

void Trainer::save(int64_t atEpoch, int64_t atStep) const {
  if (options.checkpoint.empty())
    return;
  const std::deque<Parameter> &parameters = program.parameters();
  TensorMap state = withParameters(optimiser.state(parameters), parameters);
  for (size_t p = 0; p < best.size(); ++p)
    state[bestName(parameters[p])] = makeTensor(parameters[p].shape, best[p]);
  Json epochs = Json::array();
  for (const EpochResult &result : history)
    epochs.push_back(
        {{"loss", result.loss},
         {"accuracy", result.accuracy},
         {"seconds", result.seconds},
         {"held_back", result.heldBack ? Json(*result.heldBack) : Json()}});
  const Json progress = {{"version", 1},
                         {"identity", options.identity},
                         {"epoch", atEpoch},
                         {"step", atStep},
                         {"loss", loss},
                         {"correct", correct},
                         {"seconds", secondsBefore},
                         {"best_epoch", bestEpoch},
                         {"epochs", epochs}};
  state[progressName] = textTensor(progress.dump(1));
  writeSafetensors(options.checkpoint, state);
}

void Trainer::restore() try {
  const std::string &path = options.checkpoint;
  const TensorMap state = readSafetensors(path);
  auto progress = state.find(progressName);
  if (progress == state.end() || progress->second.type != plan::U8)
    throw InputError("'" + path + "' is no checkpoint of a training");
  auto bytes = progress->second.as<uint8_t>();
  const Json text = Json::parse(bytes.begin(), bytes.end());
  if (text.at("version") != 1)
    throw InputError("'" + path +
                     "' is a checkpoint of another version of "
                     "Cimulator; train anew");
  if (text.at("identity") != options.identity)
    throw InputError("'" + path +
                     "' is the checkpoint of a training with other options, "
                     "another network or other data; give the same ones, or "
                     "train anew");
  auto read = [&](std::vector<float> &to, const std::string &name) {
    auto found = state.find(name);
    if (found == state.end() || found->second.type != plan::F32 ||
        size_t(found->second.elements()) != to.size())
      throw InputError("'" + path + "' has no tensor '" + name +
                       "' of the right size; train anew");
    auto values = found->second.as<float>();
    to.assign(values.begin(), values.end());
  };
  epoch = text.at("epoch");
  step = text.at("step");
  loss = text.at("loss");
  correct = text.at("correct");
  secondsBefore = text.at("seconds");
  bestEpoch = text.at("best_epoch");
  for (const Json &result : text.at("epochs")) {
    EpochResult &added = history.emplace_back();
    added = {result.at("loss"), result.at("accuracy"), result.at("seconds"),
             std::nullopt};
    if (!result.at("held_back").is_null())
      added.heldBack = result.at("held_back").get<double>();
  }
  auto &parameters = program.parameters();
  for (Parameter &parameter : parameters) {
    read(parameter.value, parameter.tensor);
    if (bestEpoch >= 0)
      read(best.emplace_back(parameter.value.size()), bestName(parameter));
  }
  optimiser.restore(parameters, state, epoch * stepsPerEpoch() + step);
  program.update();
} catch (const nlohmann::json::exception &error) {
  throw InputError("'" + options.checkpoint +
                   "' is no checkpoint: " + error.what() + "; train anew");
}
