//===- TensorChange.h - Other numbers for a tensor --------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TENSOR_TENSORCHANGE_H
#define CIM_RUNTIME_TENSOR_TENSORCHANGE_H

#include "runtime/tensor/Tensor.h"

#include <map>
#include <string>

namespace cim {

/// What a tensor of a compiled network held, and what is to stand there
/// instead: both float32 and of one shape.
struct TensorChange {
  Tensor before, after;
};

/// By the tensor's name in the plan.
using TensorChanges = std::map<std::string, TensorChange>;

} // namespace cim

#endif // CIM_RUNTIME_TENSOR_TENSORCHANGE_H
