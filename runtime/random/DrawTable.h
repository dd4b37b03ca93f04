//===- DrawTable.h - The kernels of every instruction set -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_RANDOM_DRAWTABLE_H
#define CIM_RUNTIME_RANDOM_DRAWTABLE_H

#include "runtime/random/Coordinates.h"

#include <cstdint>

namespace cim::random {

/// Constants of a distribution, prepared once.
struct DrawConstants {
  float factor = 0; ///< lognormal: shape s; student-t: -2/df
  float offset = 0; ///< lognormal: -s^2/2
  float scale = 0;  ///< lognormal: 1/sqrt(exp(s^2) - 1); student-t: df - 2
};

/// Draws for \p groups groups of cells, from \p firstGroup on.
using DrawKernel = void(const Stream &, const DrawConstants &,
                        uint32_t firstGroup, uint32_t groups, float *draws);

/// The kernels of one instruction set.
struct DrawKernels {
  void (*words)(const Stream &, uint32_t firstGroup, uint32_t groups,
                uint32_t *words);
  DrawKernel *normal, *uniform, *lognormal, *laplace, *studentT;
};
extern const DrawKernels baselineDraws, avx2Draws, avx512Draws;

/// Draws with \p kernels from now on, nullptr for the fastest that this
/// processor has. Changes speed only, never a bit: for tests and benchmarks.
/// Call it while nothing draws.
void setDrawKernels(const DrawKernels *kernels);

} // namespace cim::random

#endif // CIM_RUNTIME_RANDOM_DRAWTABLE_H
