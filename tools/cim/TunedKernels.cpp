//===- TunedKernels.cpp - What cim tune has measured -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/TunedKernels.h"
#include "runtime/kernels/InstructionSet.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>

using namespace cim;
using namespace cim::kernels;
namespace fs = std::filesystem;

using Json = nlohmann::ordered_json;

namespace {

/// As Linux names the processor.
std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name"))
      if (const size_t colon = line.find(": "); colon != std::string::npos)
        return line.substr(colon + 2);
  return "unknown";
}

/// Every number of a shape with its name in the file.
template <typename Shape, typename Function>
void forEachNumber(Shape &shape, Function &&function) {
  function("channels_in", shape.channelsIn);
  function("channels_out", shape.channelsOut);
  function("groups", shape.groups);
  function("width", shape.widthIn);
  function("height", shape.heightIn);
  function("kernel_width", shape.kernelWidth);
  function("kernel_height", shape.kernelHeight);
  function("stride_x", shape.strideX);
  function("stride_y", shape.strideY);
  function("dilation_x", shape.dilationX);
  function("dilation_y", shape.dilationY);
  function("pad_left", shape.pads.left);
  function("pad_top", shape.pads.top);
  function("pad_right", shape.pads.right);
  function("pad_bottom", shape.pads.bottom);
}

Json describe(const ConvolutionShape &shape, ConvolutionAlgorithm algorithm) {
  Json entry = Json::object();
  forEachNumber(shape,
                [&](const char *name, int number) { entry[name] = number; });
  entry["input_major"] = shape.inputMajor;
  entry["algorithm"] = nameOf(algorithm);
  return entry;
}

Json describe(const TunedKernels &tuned) {
  Json measurements = Json::array();
  for (const auto &[what, time] : tuned.times) {
    Json entry = describe(what.first, what.second);
    entry["time"] = time;
    measurements.push_back(entry);
  }
  return {{"cpu", processor()},
          {"instruction_set", kernels::nameOf(instructionSet())},
          {"measurements", measurements}};
}

/// Throws nlohmann's exceptions.
TunedKernels parse(const std::string_view text) {
  TunedKernels tuned;
  const Json document = Json::parse(text);
  for (const Json &entry : document.at("measurements")) {
    ConvolutionShape shape;
    forEachNumber(shape, [&](const char *name, int &number) {
      entry.at(name).get_to(number);
    });
    entry.at("input_major").get_to(shape.inputMajor);
    const std::string name = entry.at("algorithm");
    for (ConvolutionAlgorithm algorithm : algorithms)
      if (name == nameOf(algorithm))
        tuned.times[{shape, algorithm}] =
            std::max(entry.at("time").get<double>(), 1.0);
  }
  return tuned;
}

} // namespace

std::string_view cim::nameOf(ConvolutionAlgorithm algorithm) {
  switch (algorithm) {
  case ConvolutionAlgorithm::automatic:
    break;
  case ConvolutionAlgorithm::direct:
    return "direct";
  case ConvolutionAlgorithm::winograd2:
    return "winograd 2x2";
  case ConvolutionAlgorithm::winograd4:
    return "winograd 4x4";
  case ConvolutionAlgorithm::bfloat16:
    return "bf16";
  }
  return "automatic";
}

std::string TunedKernels::path() {
  Sha256 hash;
  hash.update(processor());
  return cacheFolder() /
         ("kernels-" + hash.finish().substr(0, 12) + "-" +
          std::string(kernels::nameOf(instructionSet())) + ".json");
}

TunedKernels TunedKernels::load() {
  const std::string file = path();
  std::error_code error;
  if (!fs::exists(file, error) && !error)
    return {};
  try {
    return parse(mapFile(file).text());
  } catch (const nlohmann::json::exception &) {
    throw InputError("'" + file +
                     "', which cim tune wrote, is damaged; delete it and run "
                     "cim tune again");
  }
}

TunedKernels TunedKernels::loadFrom(const std::string &file) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored))
    throw InputError("--tuned '" + file +
                     "': there is no such file; name one that cim tune has "
                     "written, or leave the name out for what has been "
                     "measured on this machine");
  TunedKernels tuned;
  const MappedFile mapped = mapFile(file);
  try {
    tuned = parse(mapped.text());
  } catch (const nlohmann::json::exception &) {
    throw InputError("--tuned '" + file +
                     "' is damaged, or no file that cim tune has written; name "
                     "another one, or leave the name out for what has been "
                     "measured on this machine");
  }
  if (tuned.times.empty())
    throw InputError("--tuned '" + file +
                     "' holds no times of kernels; name a file that cim tune "
                     "has written");
  return tuned;
}

TunedKernels TunedKernels::add(const MeasuredTimes &measured) {
  const std::string file = path();
  std::error_code error;
  fs::create_directories(fs::path(file).parent_path(), error);
  if (error)
    throw InputError("cannot write into the cache '" +
                     fs::path(file).parent_path().string() +
                     "': " + error.message() +
                     "; set XDG_CACHE_HOME to a writable folder");
  // Another cim tune may have written since measuring began.
  TunedKernels tuned = load();
  for (const auto &[what, time] : measured)
    tuned.times[what] = time;
  const std::string text = describe(tuned).dump(1) + "\n";
  writeWhole(file, [&](std::ostream &out) { out << text; });
  return tuned;
}

std::string cim::digestOf(const AlgorithmChoice &choice) {
  Sha256 hash;
  for (const auto &[shape, algorithm] : choice)
    hash.update(describe(shape, algorithm).dump());
  return hash.finish().substr(0, 12);
}
