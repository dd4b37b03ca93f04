//===- VerifyPlan.h - What the executor may rely on -------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PLAN_VERIFYPLAN_H
#define CIM_RUNTIME_PLAN_VERIFYPLAN_H

#include "runtime/plan/plan.pb.h"
#include "runtime/tensor/Tensor.h"

namespace cim {

/// Throws InputError, naming the step, value or layer, unless
///  - the version is this build's;
///  - every index is in range, and every value is defined exactly once (as an
///    input, a constant or the result of a step) before it is used;
///  - constants and layers have their tensor, of their type and shape;
///  - values span at most 2^31 elements, and only rank-4 f32 results and inputs
///    are CHANNELS_LAST;
///  - every step is a known operation with its operands, all its attributes and
///    the shape and element type that follow from them (StepRules.h);
///  - epilogues and errors of layers mean something, and what stands on arrays
///    is the matrix that its steps compute with.
/// So whoever runs a verified plan checks nothing again. What weights hold
/// (NaN) and whether memory suffices is not looked at.
void verifyPlan(const plan::Plan &plan, const TensorMap &tensors);

} // namespace cim

#endif // CIM_RUNTIME_PLAN_VERIFYPLAN_H
