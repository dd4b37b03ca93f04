//===- PeakFlops.h - How fast one core can multiply and add ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_PEAKFLOPS_H
#define CIM_RUNTIME_KERNELS_PEAKFLOPS_H

#include "runtime/kernels/InstructionSet.h"

namespace cim::kernels {

/// Floating-point operations a second of independent f32 multiply-adds in
/// registers, with the vectors of \p set, on one core; the best of several
/// tries, which take some 20 ms.
double peakFlops(InstructionSet set);

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_PEAKFLOPS_H
