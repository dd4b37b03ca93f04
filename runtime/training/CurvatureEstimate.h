//===- CurvatureEstimate.h - Tolerance from gradients -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_CURVATUREESTIMATE_H
#define CIM_RUNTIME_TRAINING_CURVATUREESTIMATE_H

#include "runtime/data/DataSet.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/tensor/Tensor.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace cim {

struct CurvatureOptions {
  int64_t images = 512, batch = 32; ///< of which gradients are computed
  /// Of the chip whose errors are taken, and of the order of the images.
  uint64_t seed = 0;
  unsigned threads = 0;
  std::function<bool()> stop{};
};

/// Estimates by how much errors in one layer alone raise the loss, for every
/// layer of \p lowered, a plan as lowered, with its errors; nothing when the
/// user stopped.
///
/// To second order, independent errors of mean 0 and variance v raise the loss
/// by v / 2 times the trace of its Hessian in the layer's weights. For a
/// trained network the Fisher information stands for the Hessian, and its trace
/// is the variance of an image's gradient, summed over the weights; batches of
/// B images show it divided by B (S. Amari, Natural gradient works efficiently
/// in learning, Neural Computation 10, 1998, for the Fisher information; Z.
/// Dong et al., HAWQ-V2, NeurIPS 2020, for the trace as a layer's sensitivity).
/// v comes from one chip. Batch normalisation uses the batches' own statistics.
///
/// All layers together cost images times a training step. Throws InputError
/// where gradients cannot pass.
std::optional<std::vector<double>>
expectedLossIncrease(const plan::Plan &lowered, const TensorMap &tensors,
                     const DataSet &data, const CurvatureOptions &options);

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_CURVATUREESTIMATE_H
