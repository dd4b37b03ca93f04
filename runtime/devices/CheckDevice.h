//===- CheckDevice.h - Whether a device model can be used -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_DEVICES_CHECKDEVICE_H
#define CIM_RUNTIME_DEVICES_CHECKDEVICE_H

#include "runtime/plan/plan.pb.h"

#include <string>

namespace cim {

/// What is wrong with the numbers of \p device themselves, or nothing. Says
/// nothing about ranges.
std::string problemOfDevice(const plan::Device &device);

/// Why \p device, which has no problem, is not known at its time, or nothing.
/// A time before the beginning of drift, or for a model that has no times, is
/// none even when forced.
std::string problemOfTime(const plan::Device &device);

/// Why \p device cannot be used with the window and the cells of \p crossbar,
/// or nothing.
std::string problemOfWindow(const plan::Device &device,
                            const plan::Crossbar &crossbar);

} // namespace cim

#endif // CIM_RUNTIME_DEVICES_CHECKDEVICE_H
