//===- Benchmarks.h - What is measured, by subject --------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_BENCHKERNELS_BENCHMARKS_H
#define CIM_TOOLS_BENCHKERNELS_BENCHMARKS_H

#include "runtime/kernels/InstructionSet.h"

namespace cim::bench {

/// Each adds the benchmarks of one subject for an instruction set, which is in
/// use.
using AddBenchmarks = void(kernels::InstructionSet set);
// With every set; those beyond AVX-512 have kernels of bfloat16 alone:
AddBenchmarks addConvolutions, addPacking;
// With none beyond AVX-512:
AddBenchmarks addArrays, addBatchNorm, addConverters, addDraws, addElementwise,
    addGradients, addPooling;

/// How fast the core reads memory.
void addMemory();

} // namespace cim::bench

#endif // CIM_TOOLS_BENCHKERNELS_BENCHMARKS_H
