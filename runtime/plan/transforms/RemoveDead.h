//===- RemoveDead.h - Drops what no output depends on -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PLAN_TRANSFORMS_REMOVEDEAD_H
#define CIM_RUNTIME_PLAN_TRANSFORMS_REMOVEDEAD_H

#include "runtime/plan/plan.pb.h"
#include "runtime/tensor/Tensor.h"

namespace cim {

/// Removes the steps, values and tensors that no output depends on, and numbers
/// the remaining values: first the inputs, then in the order in which steps
/// mention them. Inputs and crossbar layers always stay: they are what the
/// plan's user deals with.
void removeDead(plan::Plan &plan, TensorMap &tensors);

} // namespace cim

#endif // CIM_RUNTIME_PLAN_TRANSFORMS_REMOVEDEAD_H
