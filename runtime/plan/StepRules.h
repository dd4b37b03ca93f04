//===- StepRules.h - Which steps mean something -----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PLAN_STEPRULES_H
#define CIM_RUNTIME_PLAN_STEPRULES_H

#include "runtime/plan/plan.pb.h"
#include "runtime/tensor/Tensor.h"

namespace cim {

/// Checks operation, operands, attributes and result of \p step, whose indices
/// are in range and whose values' shapes are bounded: the rules of the nn
/// dialect, restated for plans because a plan is read without MLIR. Throws
/// InputError without naming the step.
void checkStep(const plan::Plan &plan, const TensorMap &tensors,
               const plan::Step &step);

} // namespace cim

#endif // CIM_RUNTIME_PLAN_STEPRULES_H
