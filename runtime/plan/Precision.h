//===- Precision.h - What numbers are rounded to ----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PLAN_PRECISION_H
#define CIM_RUNTIME_PLAN_PRECISION_H

#include "runtime/plan/plan.pb.h"

#include <vector>

namespace cim {

/// How a network is computed.
enum class Precision {
  f32,
  f32Strict, ///< every sum of products directly, without Winograd's algorithm
  /// Layers' weights, after all errors, and every computed value are rounded to
  /// bfloat16 where they are stored; sums, epilogues (biases, BatchNorm,
  /// residual additions), the network's outputs, voltages of DACs and the
  /// cells of arrays that are read one by one stay f32.
  bf16,
};

/// By value of \p plan: true for computed f32 values that `bf16` rounds: all
/// but the network's outputs, what DACs drive, the squares that read noise has
/// its variance from, and what is only laid out anew to become one of these.
std::vector<bool> bfloat16Values(const plan::Plan &plan);

} // namespace cim

#endif // CIM_RUNTIME_PLAN_PRECISION_H
