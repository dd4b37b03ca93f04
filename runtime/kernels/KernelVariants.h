//===- KernelVariants.h - One kernel per instruction set ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Halide's own dispatcher decides once, at the first call; tests and users want
// to change their mind.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_KERNELVARIANTS_H
#define CIM_RUNTIME_KERNELS_KERNELVARIANTS_H

#include "runtime/kernels/InstructionSet.h"

#include <algorithm>

namespace cim::kernels {

/// A Halide kernel, compiled for each instruction set. Calling it runs the
/// variant for the one in use.
template <typename... Operands> class KernelVariants {
public:
  using Function = int(Operands...);

  constexpr KernelVariants(Function *baseline, Function *avx2, Function *avx512)
      : variants{baseline, avx2, avx512} {}

  int operator()(Operands... operands) const {
    // Kernels of f32 have nothing beyond AVX-512.
    const auto set = std::min(instructionSet(), InstructionSet::avx512);
    return variants[static_cast<int>(set)](operands...);
  }

private:
  Function *variants[3];
};

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_KERNELVARIANTS_H
