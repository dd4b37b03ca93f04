//===- DeviceModels.h - Models of memory devices ----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_DEVICES_DEVICEMODELS_H
#define CIM_RUNTIME_DEVICES_DEVICEMODELS_H

#include "dialects/cim/grammar/DeviceOption.h"
#include "runtime/plan/plan.pb.h"

#include <string>
#include <vector>

namespace cim {

/// A device model as its file describes it; docs/devices.md.
struct DeviceModel {
  /// The numbers; no time, not forced.
  plan::Device device;
  std::string kind, citation, doi, note;
  std::string file;
  /// Lines with a number that the user has to fill in, ascending. Such a model
  /// is listed, but cannot be used.
  std::vector<int> blankLines;
};

/// Reads a device file (YAML). Throws InputError with the file and the line.
DeviceModel readDeviceModel(const std::string &path);

/// The models that come with Cimulator, by name. Throws InputError when their
/// folder is missing or a file is broken.
std::vector<DeviceModel> deviceModels();

/// The device that \p option names, a preset or a file of the user's, with the
/// option's time. Throws GrammarError for an unknown name, and InputError for a
/// file that cannot be read, a model with blanks, and a time outside its range
/// that is not forced.
plan::Device resolveDevice(const DeviceOption &option);

} // namespace cim

#endif // CIM_RUNTIME_DEVICES_DEVICEMODELS_H
