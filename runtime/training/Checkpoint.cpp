//===- Checkpoint.cpp - Work that goes on later ---------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/Checkpoint.h"

#include "runtime/tensor/Errors.h"
#include "runtime/tensor/TensorFile.h"

#include <cstring>

using namespace cim;
using Json = nlohmann::ordered_json;

static constexpr const char *progressName = "training";
/// Of the names of all others, so that none of a network's is the progress.
static constexpr std::string_view tensorPrefix = "tensor: ";
static constexpr int version = 4;
static constexpr int deepest = 32; ///< nesting of a progress

static Tensor textTensor(const std::string &text) {
  std::shared_ptr<std::byte[]> bytes(new std::byte[text.size()]);
  std::memcpy(bytes.get(), text.data(), text.size());
  return {plan::U8, {int64_t(text.size())}, {bytes, bytes.get()}};
}

void cim::writeCheckpoint(const std::string &path, const std::string &identity,
                          Checkpoint checkpoint) {
  const Json text = {{"version", version},
                     {"identity", identity},
                     {"progress", std::move(checkpoint.progress)}};
  TensorMap tensors{{progressName, textTensor(text.dump(1))}};
  for (auto &[name, tensor] : checkpoint.tensors)
    tensors[std::string(tensorPrefix) + name] = std::move(tensor);
  writeSafetensors(path, tensors);
}

Checkpoint cim::readCheckpoint(const std::string &path,
                               const std::string &identity) try {
  Checkpoint checkpoint{{}, {}, path};
  const TensorMap tensors = readSafetensors(path);
  const auto progress = tensors.find(progressName);
  if (progress == tensors.end() || progress->second.type != plan::U8)
    throw InputError("'" + path + "' is no checkpoint of a training");
  auto bytes = progress->second.as<uint8_t>();
  // What is nested is copied by recursion, so no file may nest at will.
  Json text = Json::parse(bytes.begin(), bytes.end(),
                          [&](int depth, Json::parse_event_t, const Json &) {
                            if (depth > deepest)
                              throw InputError("'" + path +
                                               "' is no checkpoint: it is "
                                               "nested too deeply; train anew");
                            return true;
                          });
  if (text.at("version") != version)
    throw InputError("'" + path +
                     "' is a checkpoint of another version of "
                     "Cimulator; train anew");
  if (text.at("identity") != identity)
    throw InputError("'" + path +
                     "' is the checkpoint of a training with other options, "
                     "another network or other data; give the same ones, or "
                     "train anew");
  checkpoint.progress = std::move(text.at("progress"));
  for (const auto &[name, tensor] : tensors)
    if (name.starts_with(tensorPrefix))
      checkpoint.tensors[name.substr(tensorPrefix.size())] = tensor;
  return checkpoint;
} catch (const nlohmann::json::exception &error) {
  throw InputError("'" + path + "' is no checkpoint: " + error.what() +
                   "; train anew");
}
