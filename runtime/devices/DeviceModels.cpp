//===- DeviceModels.cpp - Models of memory devices ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/devices/DeviceModels.h"
#include "runtime/devices/CheckDevice.h"
#include "runtime/presets/Presets.h"
#include "runtime/tensor/Errors.h"

using namespace cim;

static const PresetFolder &presets() {
  static const PresetFolder folder = {"devices", CIM_DEVICE_FOLDER, "device",
                                      "cim devices"};
  return folder;
}

std::vector<DeviceModel> cim::deviceModels() {
  std::vector<DeviceModel> models;
  for (const std::string &file : presetFiles(presets()))
    models.push_back(readDeviceModel(file));
  return models;
}

plan::Device cim::resolveDevice(const DeviceOption &option) {
  DeviceModel model = readDeviceModel(findPreset(presets(), option.name));
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
