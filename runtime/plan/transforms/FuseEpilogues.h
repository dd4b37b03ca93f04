//===- FuseEpilogues.h - Cheap operations join their producer ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PLAN_TRANSFORMS_FUSEEPILOGUES_H
#define CIM_RUNTIME_PLAN_TRANSFORMS_FUSEEPILOGUES_H

#include "runtime/plan/plan.pb.h"
#include "runtime/tensor/Tensor.h"

#include <functional>

namespace cim {

/// Makes biases, batch normalisation, arithmetic with one constant per channel,
/// residual additions and activations part of the step whose result they take,
/// so that a kernel does them before it stores:
///
///   conv, batch_norm, add, relu  →  conv with an epilogue
///
/// The order of an epilogue is fixed (scale, offset, residual, activation), so
/// a step joins only when nothing later is there yet; and only when nobody else
/// reads the value in between. A per-channel step that finds no producer
/// becomes `scale_offset`, which may gain an activation in turn.
///
/// Constants of the epilogue are computed in double precision and rounded once.
/// The steps that were fused stay behind without users (RemoveDead.h).
///
/// Where \p keeps holds, a layer or a batch normalisation keeps its parameters
/// as operands, so that they can be trained: it takes in residuals and
/// activations only.
using KeepsParameters = std::function<bool(const plan::Step &)>;
void fuseEpilogues(plan::Plan &plan, TensorMap &tensors,
                   const KeepsParameters &keeps = nullptr);

} // namespace cim

#endif // CIM_RUNTIME_PLAN_TRANSFORMS_FUSEEPILOGUES_H
