//===- LayerErrors.h - Whether a layer's errors can be applied --*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PROGRAMMING_LAYERERRORS_H
#define CIM_RUNTIME_PROGRAMMING_LAYERERRORS_H

#include "runtime/plan/plan.pb.h"
#include "runtime/tensor/Tensor.h"

namespace cim {

/// Throws InputError, naming the layer, unless \p weights are finite and every
/// number of \p layer's errors is one that programming can use. Plans are files
/// that people edit.
void checkLayerErrors(const plan::Layer &layer, const Tensor &weights);

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_LAYERERRORS_H
