//===- PeakFlops.h - How fast one core can multiply and add ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_BENCHKERNELS_PEAKFLOPS_H
#define CIM_TOOLS_BENCHKERNELS_PEAKFLOPS_H

#include "runtime/kernels/InstructionSet.h"

namespace cim {

/// Floating-point operations a second of independent f32 multiply-adds in
/// registers, with the vectors of \p set; the best of several tries.
double peakFlops(kernels::InstructionSet set);

} // namespace cim

#endif // CIM_TOOLS_BENCHKERNELS_PEAKFLOPS_H
