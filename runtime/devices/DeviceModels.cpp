//===- DeviceModels.cpp - Models of memory devices ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/devices/DeviceModels.h"
#include "dialects/cim/grammar/LayerPattern.h"
#include "dialects/cim/grammar/Words.h"
#include "runtime/devices/CheckDevice.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Tensor.h"

#include <algorithm>
#include <dlfcn.h>
#include <filesystem>

using namespace cim;
namespace fs = std::filesystem;

/// Where the presets stand: in share/ beside the installed library, or in the
/// source tree that the library was built from.
static fs::path presetFolder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void *>(&byteWidth), &info) != 0) {
    // lib, or lib/ARCHITECTURE where Debian installs.
    fs::path folder = fs::path(info.dli_fname).parent_path();
    for (int level = 0; level < 2; ++level) {
      folder = folder.parent_path();
      fs::path installed = folder / "share/cimulator/devices";
      std::error_code ignored;
      if (fs::is_directory(installed, ignored))
        return installed;
    }
  }
  return CIM_DEVICE_FOLDER;
}

static std::vector<fs::path> presetFiles() {
  const fs::path folder = presetFolder();
  std::vector<fs::path> files;
  std::error_code error;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".yaml")
      files.push_back(entry.path());
  if (error)
    throw InputError("the folder of device models '" + folder.string() +
                     "' cannot be read: " + error.message() +
                     "; install Cimulator again");
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<DeviceModel> cim::deviceModels() {
  std::vector<DeviceModel> models;
  for (const fs::path &file : presetFiles())
    models.push_back(readDeviceModel(file));
  return models;
}

/// The model that \p name means. Presets are found by their file's name, so
/// that only one file is read.
static DeviceModel findModel(const std::string &name) {
  if (name.ends_with(".yaml") || name.find('/') != std::string::npos)
    return readDeviceModel(name);
  std::vector<std::string> names;
  for (const fs::path &file : presetFiles()) {
    if (file.stem() == name)
      return readDeviceModel(file);
    names.push_back(file.stem());
  }
  const auto near = nearNames(name, names);
  throw GrammarError("there is no device " + grammar::quote(name) +
                     (near.empty() ? "; 'cim devices' lists them, or name a "
                                     "YAML file"
                                   : "; did you mean '" + near[0] + "'?"));
}

plan::Device cim::resolveDevice(const DeviceOption &option) {
  DeviceModel model = findModel(option.name);
  if (!model.blankLines.empty()) {
    std::string lines;
    for (int line : model.blankLines)
      lines += (lines.empty() ? "" : ", ") + std::to_string(line);
    throw InputError("device '" + model.device.name() +
                     "' is parametric, without published numbers: copy '" +
                     model.file + "', fill in line" +
                     (model.blankLines.size() > 1 ? "s " : " ") + lines +
                     ", and give the copy as --device FILE.yaml");
  }
  plan::Device device = std::move(model.device);
  if (option.time)
    device.set_time(*option.time);
  device.set_forced(option.force);
  if (std::string problem = problemOfTime(device); !problem.empty())
    throw InputError("device '" + device.name() + "': " + problem);
  return device;
}
