//===- Values.h - Who defines and who uses a plan's values ------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PLAN_TRANSFORMS_VALUES_H
#define CIM_RUNTIME_PLAN_TRANSFORMS_VALUES_H

#include "runtime/plan/plan.pb.h"
#include "runtime/tensor/Tensor.h"

#include <functional>
#include <string>
#include <vector>

namespace cim {

/// Calls \p visit with every value that \p step reads, the epilogue's too; what
/// it assigns stays.
void forEachUse(plan::Step &step, const std::function<void(uint32_t &)> &visit);

/// How often each value is read; being an output of the plan counts once.
std::vector<unsigned> countUses(plan::Plan &plan);

std::vector<int64_t> shapeOf(const plan::Value &value);

inline bool isConstant(const plan::Value &value) {
  return !value.constant().empty();
}

/// The elements of the f32 constant \p value.
std::span<const float> numbersOf(const plan::Value &value,
                                 const TensorMap &tensors);

/// Adds a constant of shape [size of \p numbers], rounded to f32, and returns
/// its index. \p name is made unique among \p tensors.
uint32_t addConstant(plan::Plan &plan, TensorMap &tensors,
                     const std::string &name, std::span<const double> numbers);

} // namespace cim

#endif // CIM_RUNTIME_PLAN_TRANSFORMS_VALUES_H
