//===- DeviceText.h - Device models in words --------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_DEVICES_DEVICETEXT_H
#define CIM_RUNTIME_DEVICES_DEVICETEXT_H

#include "runtime/devices/DeviceModels.h"

namespace cim {

/// "0.5 s", "20 s", "90 min", "1 d": the largest unit that keeps it whole.
std::string timeText(double seconds);

/// What a model is valid for: "0 to 25 uS, from 20 s", or "to be filled in".
std::string rangeText(const DeviceModel &model);

/// The error terms of a model: "programming", "drift", ...
std::vector<std::string> termsOf(const plan::Device &device);

} // namespace cim

#endif // CIM_RUNTIME_DEVICES_DEVICETEXT_H
