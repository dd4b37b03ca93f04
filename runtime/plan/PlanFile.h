//===- PlanFile.h - Plans in files ------------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PLAN_PLANFILE_H
#define CIM_RUNTIME_PLAN_PLANFILE_H

#include "runtime/plan/plan.pb.h"
#include "runtime/tensor/Tensor.h"

#include <functional>
#include <string>

namespace cim {

/// The version of the plan format that this build writes and reads.
inline constexpr uint32_t planVersion = 1;

/// A plan with its tensors, as read from files.
struct LoadedPlan {
  plan::Plan plan;
  TensorMap tensors;
};

/// The plan in protobuf's text format.
std::string planText(const plan::Plan &plan);

/// Writes the text of \p plan to \p path, and \p tensors into the safetensors
/// file of the same stem beside it, both or neither. Throws InputError.
void writePlan(const std::string &path, plan::Plan plan,
               const TensorMap &tensors);

/// Reads what writePlan wrote and verifies it (VerifyPlan.h). \p warn, when not
/// empty, gets one line when the tensors changed since. Throws InputError,
/// naming the file.
LoadedPlan
readPlan(const std::string &path,
         const std::function<void(const std::string &)> &warn = nullptr);

} // namespace cim

#endif // CIM_RUNTIME_PLAN_PLANFILE_H
