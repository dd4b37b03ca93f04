//===- DeviceFile.cpp - Reads a device model from YAML --------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/Tables.h"
#include "dialects/cim/grammar/Words.h"
#include "runtime/devices/CheckDevice.h"
#include "runtime/devices/DeviceModels.h"
#include "runtime/presets/YamlFile.h"
#include "runtime/tensor/Errors.h"

#include <algorithm>
#include <filesystem>

using namespace cim;

namespace {

class DeviceFile : YamlFile {
public:
  explicit DeviceFile(const std::string &path)
      : YamlFile(path, "device model", "docs/devices.md") {
    model.file = path;
  }

  DeviceModel read() {
    const YAML::Node root = load();
    checkKeys(root, {"format", "name", "kind", "citation", "doi", "note",
                     "unit", "conductance", "scales_with_window", "levels",
                     "time", "between", "programming", "distribution",
                     "variation", "drift", "relaxation", "read"});
    if (number(need(root, "format")) != 1)
      fail(root["format"], "this version reads format 1 only");
    plan::Device &device = model.device;
    device.set_name(text(need(root, "name")));
    model.kind = text(need(root, "kind"));
    model.citation = text(need(root, "citation"));
    model.doi = optionalText(root, "doi");
    model.note = optionalText(root, "note");
    device.set_unit(text(need(root, "unit")));
    auto conductance = pair(need(root, "conductance"));
    device.set_lowest_conductance(number(conductance.first));
    device.set_highest_conductance(number(conductance.second));
    if (const YAML::Node scales = root["scales_with_window"])
      device.set_scales_with_window(word(scales, {"false", "true"}) == 1);
    if (const YAML::Node levels = root["levels"])
      device.set_levels(wholeNumber(levels, 2, 65536));
    if (const YAML::Node time = root["time"]) {
      auto [earliest, latest] = pair(time);
      device.set_earliest_time(duration(earliest));
      if (!latest.IsScalar() || latest.Scalar() != "unlimited")
        device.set_latest_time(duration(latest));
    }
    if (const YAML::Node programming = root["programming"])
      readProgramming(programming, root["between"]);
    if (const YAML::Node distribution = root["distribution"])
      readDistribution(distribution);
    if (const YAML::Node variation = root["variation"])
      readSpread(variation, *device.mutable_variation(), false);
    if (const YAML::Node drift = root["drift"])
      readDrift(drift, *device.mutable_drift());
    if (const YAML::Node relaxation = root["relaxation"]) {
      checkKeys(relaxation, {"mean", "std"});
      numbers(need(relaxation, "mean"),
              *device.mutable_relaxation()->mutable_mean());
      numbers(need(relaxation, "std"),
              *device.mutable_relaxation()->mutable_std());
    }
    if (const YAML::Node read = root["read"])
      readReads(read, *device.mutable_read());
    std::sort(model.blankLines.begin(), model.blankLines.end());
    model.blankLines.erase(
        std::unique(model.blankLines.begin(), model.blankLines.end()),
        model.blankLines.end());
    if (model.blankLines.empty())
      if (std::string problem = problemOfDevice(device); !problem.empty())
        throw InputError("'" + model.file + "': " + problem);
    return std::move(model);
  }

private:
  /// Whether the user has yet to fill in \p node; then any number will do.
  bool isBlank(const YAML::Node &node) {
    if (!node.IsScalar() || node.Scalar() != "FILL")
      return false;
    model.blankLines.push_back(node.Mark().line + 1);
    return true;
  }

  double number(const YAML::Node &node) {
    return isBlank(node) ? 0 : YamlFile::number(node);
  }

  double duration(const YAML::Node &node) {
    if (isBlank(node))
      return 0;
    try {
      std::string words = text(node);
      std::erase(words, ' ');
      return parseDuration(words);
    } catch (const GrammarError &error) {
      fail(node, error.what());
    }
  }

  std::pair<YAML::Node, YAML::Node> pair(const YAML::Node &node) {
    if (!node.IsSequence() || node.size() != 2)
      fail(node, "write two values, [LOWEST, HIGHEST]");
    return {node[0], node[1]};
  }

  void numbers(const YAML::Node &node,
               google::protobuf::RepeatedField<double> &list) {
    if (!node.IsSequence() || node.size() == 0)
      fail(node, "write a list of numbers, such as [0.5, 0.01]");
    for (const auto &item : node)
      list.Add(number(item));
  }

  void readSpread(const YAML::Node &node, plan::Device::Spread &spread,
                  bool hasTime) {
    std::vector<std::string> keys = {"polynomial", "in", "amplitude",
                                     "saturation"};
    if (hasTime)
      keys.push_back("at");
    checkKeys(node, keys);
    if (hasTime)
      spread.set_time(duration(need(node, "at")));
    if (!node["polynomial"]) {
      if (node["in"])
        fail(node["in"], "'in' is the variable of a polynomial");
      spread.set_amplitude(number(need(node, "amplitude")));
      spread.set_saturation(number(need(node, "saturation")));
      return;
    }
    numbers(node["polynomial"], *spread.mutable_polynomial());
    spread.set_relative(word(need(node, "in"), {"G", "x"}) == 1);
    for (const char *other : {"amplitude", "saturation"})
      if (node[other])
        fail(node[other], "give a polynomial, or amplitude and saturation");
  }

  void readProgramming(const YAML::Node &node, const YAML::Node &between) {
    if (!node.IsSequence()) {
      readSpread(node, *model.device.add_programming(), false);
    } else {
      if (node.size() < 2)
        fail(node, "write a map, or a list for two times or more");
      for (const auto &item : node)
        readSpread(item, *model.device.add_programming(), true);
      if (!between)
        fail(node, "'between' is missing: how errors grow between two times, "
                   "with 'time' or with its 'logarithm'");
    }
    if (between) {
      if (!node.IsSequence())
        fail(between, "'between' needs a list of programming errors");
      model.device.set_logarithmic_time(word(between, {"time", "logarithm"}) ==
                                        1);
    }
  }

  void readDrift(const YAML::Node &node, plan::Device::Drift &drift) {
    checkKeys(node, {"t0", "mean", "std"});
    drift.set_t0(duration(need(node, "t0")));
    for (auto [key, exponent] : {std::pair("mean", drift.mutable_mean()),
                                 {"std", drift.mutable_std()}}) {
      const YAML::Node line = need(node, key);
      checkKeys(line, {"slope", "offset", "lowest", "highest"});
      exponent->set_slope(number(need(line, "slope")));
      exponent->set_offset(number(need(line, "offset")));
      exponent->set_lowest(number(need(line, "lowest")));
      exponent->set_highest(number(need(line, "highest")));
    }
  }

  /// A file beside this one.
  void readDistribution(const YAML::Node &node) {
    const std::filesystem::path path =
        std::filesystem::path(model.file).parent_path() / text(node);
    if (model.device.programming_size() == 0)
      fail(node,
           "'distribution' is that of programming errors, but there is no "
           "'programming'");
    try {
      const auto points = grammar::readCumulativeDistribution(path.string());
      model.device.mutable_deviation_probability()->Add(
          points.probability.begin(), points.probability.end());
      model.device.mutable_deviation_value()->Add(points.value.begin(),
                                                  points.value.end());
    } catch (const GrammarError &error) {
      fail(node, error.what());
    }
  }

  void readReads(const YAML::Node &node, plan::Device::Read &read) {
    checkKeys(node, {"polynomial", "in", "amplitude", "saturation", "power",
                     "per_decade", "sampling"});
    if (node["polynomial"] || node["amplitude"]) {
      YAML::Node spread;
      for (const char *key : {"polynomial", "in", "amplitude", "saturation"})
        if (node[key])
          spread[key] = node[key];
      readSpread(spread, *read.mutable_spread(), false);
    }
    if (const YAML::Node power = node["power"]) {
      checkKeys(power, {"factor", "exponent", "floor", "cap"});
      plan::Device::Power &law = *read.mutable_power();
      law.set_factor(number(need(power, "factor")));
      law.set_exponent(number(need(power, "exponent")));
      law.set_floor(number(need(power, "floor")));
      law.set_cap(number(need(power, "cap")));
    }
    if (const YAML::Node perDecade = node["per_decade"])
      read.set_per_decade(number(perDecade));
    if (const YAML::Node sampling = node["sampling"])
      read.set_sampling_time(duration(sampling));
  }

  DeviceModel model;
};

} // namespace

DeviceModel cim::readDeviceModel(const std::string &path) {
  return DeviceFile(path).read();
}
