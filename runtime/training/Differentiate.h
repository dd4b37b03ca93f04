//===- Differentiate.h - A plan with its backward half ----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_DIFFERENTIATE_H
#define CIM_RUNTIME_TRAINING_DIFFERENTIATE_H

#include "runtime/plan/transforms/FuseEpilogues.h"

#include <cstdint>
#include <vector>

namespace cim {

/// A plan whose steps compute a loss, and then how it depends on parameters.
///
/// Beside the plan's own operations there are:
/// | operation | operands | result |
/// |---|---|---|
/// | batch_norm_statistics | x | - (mean and variance over the batch) |
/// | softmax_cross_entropy | logits, labels | gradient of the logits, losses |
/// | activation_gradient | gradient, result of the activation | gradient |
/// | data_gradient | gradient of a layer's result | of its input |
/// | weight_gradient | gradient of a layer's result, its input | - |
/// | batch_norm_sums | gradient of the result, x | - (sums over the batch) |
/// | batch_norm_gradient | gradient of the result, x | of x |
/// | max_pool_gradient | gradient of the result, x | of x |
/// | average_pool_gradient, global_average_pool_gradient | gradient | of x |
/// | slice_gradient | gradient of the result | of x |
///
/// A batch_norm of the backward half computes what one of the forward half has
/// computed, again.
///
/// A data_gradient's epilogue may have a residual, what other readers of the
/// layer's input have contributed. Each of these steps belongs to one of the
/// forward half, which holds its attributes.
struct DifferentiatedPlan {
  plan::Plan plan;
  /// By step: the step whose gradient it computes; itself in the forward half.
  std::vector<int> forward;
  /// By step: it has parameters that are trained.
  std::vector<bool> isTrained;
  /// Of one image: its label, a number; the loss, and 1 when the label has the
  /// largest logit (else 0).
  uint32_t labels = 0, losses = 0;
};

/// Adds the loss and the backward half to \p plan, an optimised plan of one
/// image per call that ends in logits (of a softmax at its end nothing is
/// left). Steps for which \p trains holds are trained: layers and batch
/// normalisations that optimise() kept. The backward half reaches no further
/// than the first of them, and has no weight gradient for others. Throws
/// InputError, naming the step, where gradients cannot pass.
DifferentiatedPlan differentiate(plan::Plan plan,
                                 const KeepsParameters &trains);

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_DIFFERENTIATE_H
