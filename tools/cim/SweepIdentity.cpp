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

#include <map>

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

/// Options in canonical spelling: JSON with sorted keys, and files by the hash
/// of their contents. Remembers what it has read.
class CanonicalOptions {
public:
  nlohmann::json of(const Json &options) {
    auto object = nlohmann::json::object(); // sorted
    for (const auto &[name, value] : options.items())
      if (value.is_string())
        object[name] = ofOption(name, value.get<std::string>());
      else if (value.is_array()) // overrides, PATTERN:OPTION=VALUE
        for (const Json &item : value)
          object[name].push_back(ofOverride(item.get<std::string>()));
      else
        object[name] = nlohmann::json::parse(value.dump());
    return object;
  }

private:
  std::string ofOverride(const std::string &text) {
    const size_t equals = text.find('=');
    const size_t colon = text.rfind(':', equals);
    return text.substr(0, equals + 1) +
           ofOption(text.substr(colon + 1, equals - colon - 1),
                    text.substr(equals + 1));
  }

  std::string ofOption(const std::string &name, const std::string &text) {
    if (name == "iv")
      return remember("file " + text, [&] { return sha256OfFile(text); });
    if (name == "device")
      return text + ",model=" + remember("device " + text, [&] {
               Sha256 hash;
               hash.update(
                   resolveDevice(parseDevice(text)).SerializeAsString());
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

  template <typename Function>
  const std::string &remember(const std::string &key, Function compute) {
    auto [entry, isNew] = known.try_emplace(key);
    if (isNew)
      entry->second = "sha256:" + compute();
    return entry->second;
  }

  std::map<std::string, std::string> known;
};

} // namespace

std::vector<PointIdentity>
cim::identitiesOf(const std::vector<SweepPoint> &points,
                  const ModelFlags &model, const RunFlags &running,
                  const Network &network, const DataSet &images,
                  const Json &calibration) {
  PointIdentity identity;
  identity.modelSha256 = hashOf(network);
  identity.dataSha256 = images.sha256();
  identity.images = images.images();
  identity.kernels = CIM_VERSION " " + running.kernels();
  CanonicalOptions canonical;
  std::vector<PointIdentity> identities;
  for (const SweepPoint &point : points) {
    Json options = Json::object();
    point.errors.describe(options);
    options["fold-batch-norm"] = model.foldBatchNorm;
    if (point.errors.hasConverters() || hasConverters(network.plan))
      options["calibrate"] = calibration;
    if (!images.asStored().isFloat)
      options["normalize"] = spelling(images.normalization());
    // Names come from files, so they may be no UTF-8.
    identity.options = canonical.of(options).dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace);
    identities.push_back(identity);
  }
  return identities;
}
