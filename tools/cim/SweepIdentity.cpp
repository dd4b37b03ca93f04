//===- SweepIdentity.cpp - What makes results the same --------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/SweepIdentity.h"
#include "dialects/cim/grammar/Words.h"
#include "runtime/converters/LayerConverters.h"
#include "runtime/devices/DeviceModels.h"
#include "runtime/tensor/Files.h"

using namespace cim;

namespace {

/// Of everything that is computed with: files beside the model hold weights,
/// too.
std::string hashOf(const Network &network) {
  Sha256 hash;
  hash.update(network.sha256);
  for (const auto &[name, tensor] : network.tensors) {
    hash.update(std::to_string(name.size()) + ":" + name + ":" +
                std::to_string(tensor.bytes()) + ":");
    hash.update({tensor.data.get(), tensor.bytes()});
  }
  return hash.finish();
}

} // namespace

template <typename Function>
const std::string &Identities::remember(const std::string &key,
                                        Function compute) {
  auto [entry, isNew] = known.try_emplace(key);
  if (isNew)
    entry->second = "sha256:" + compute();
  return entry->second;
}

/// Options in canonical spelling: JSON with sorted keys, and files by the hash
/// of their contents.
nlohmann::json Identities::canonical(const Json &options) {
  auto object = nlohmann::json::object(); // sorted
  for (const auto &[name, value] : options.items())
    if (value.is_string())
      object[name] = canonicalOption(name, value.get<std::string>());
    else if (value.is_array()) // overrides, PATTERN:OPTION=VALUE
      for (const Json &item : value)
        object[name].push_back(canonicalOverride(item.get<std::string>()));
    else
      object[name] = nlohmann::json::parse(value.dump());
  return object;
}

std::string Identities::canonicalOverride(const std::string &text) {
  const size_t equals = text.find('=');
  const size_t colon = text.rfind(':', equals);
  return text.substr(0, equals + 1) +
         canonicalOption(text.substr(colon + 1, equals - colon - 1),
                         text.substr(equals + 1));
}

std::string Identities::canonicalOption(const std::string &name,
                                        const std::string &text) {
  if (name == "iv")
    return remember("file " + text, [&] { return sha256OfFile(text); });
  if (name == "device")
    return text + ",model=" + remember("device " + text, [&] {
             Sha256 hash;
             hash.update(resolveDevice(parseDevice(text)).SerializeAsString());
             return hash.finish();
           });
  std::string result;
  for (std::string_view piece : grammar::split(text, ',')) {
    result += result.empty() ? "" : ",";
    const size_t equals = piece.find('=');
    const std::string_view key = piece.substr(0, equals);
    if (key != "file" && key != "level" && key != "levels") {
      result += piece;
      continue;
    }
    const std::string path(piece.substr(equals + 1));
    result += key;
    result +=
        "=" + remember("file " + path, [&] { return sha256OfFile(path); });
  }
  return result;
}

Identities::Identities(const ModelFlags &model, const RunFlags &running,
                       const Network &network, const DataSet &images,
                       Json calibration)
    : foldBatchNorm(model.foldBatchNorm),
      alwaysConverts(hasConverters(network.plan)),
      calibration(std::move(calibration)) {
  identity.modelSha256 = hashOf(network);
  identity.dataSha256 = images.sha256();
  identity.images = images.images();
  identity.kernels = running.kernels();
  if (!images.asStored().isFloat)
    normalization = spelling(images.normalization());
}

PointIdentity Identities::of(const ErrorFlags &errors) {
  Json options = Json::object();
  errors.describe(options);
  options["fold-batch-norm"] = foldBatchNorm;
  if (errors.hasConverters() || alwaysConverts)
    options["calibrate"] = calibration;
  if (!normalization.empty())
    options["normalize"] = normalization;
  PointIdentity point = identity;
  // Names come from files, so they may be no UTF-8.
  point.options = canonical(options).dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
  return point;
}
