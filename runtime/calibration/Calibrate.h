//===- Calibrate.h - Finds the ranges of converters -------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_CALIBRATION_CALIBRATE_H
#define CIM_RUNTIME_CALIBRATION_CALIBRATE_H

#include "runtime/executor/Executor.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/tensor/Tensor.h"

#include <functional>
#include <string>
#include <vector>

namespace cim {

/// Finds the ranges of all converters of \p plan that have none yet, from what
/// the network computes for \p images images without any error or converter
/// (docs/converters.md), and writes them into \p plan. Returns a line for each
/// thing that is doubtful about them. \p read as in Executor::run; \p stop,
/// too, and when it cut the measurement short the plan is as it was. The result
/// depends on nothing but the plan, the tensors and the images. Throws
/// InputError.
std::vector<std::string> calibrate(plan::Plan &plan, const TensorMap &tensors,
                                   int64_t images,
                                   const Executor::ReadImage &read,
                                   const ExecutorOptions &options,
                                   const std::function<bool()> &stop = nullptr);

} // namespace cim

#endif // CIM_RUNTIME_CALIBRATION_CALIBRATE_H
