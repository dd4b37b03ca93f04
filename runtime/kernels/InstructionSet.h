//===- InstructionSet.h - Which instructions kernels may use -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_INSTRUCTIONSET_H
#define CIM_RUNTIME_KERNELS_INSTRUCTIONSET_H

#include <optional>
#include <string_view>

namespace cim::kernels {

/// The instruction sets that kernels are compiled for, from slow to fast.
enum class InstructionSet {
  baseline, ///< SSE4.1
  avx2,     ///< AVX2, FMA, F16C
  avx512,   ///< AVX-512 F, CD, VL, BW, DQ (since Skylake-X and Zen 4)
  // Only products of bfloat16 use more; everything else is as with avx512.
  avx512bf16, ///< and BF16 (since Cooper Lake and Zen 4)
  amx,        ///< and matrix tiles of bfloat16 (since Sapphire Rapids)
};

/// True when this processor has the instructions of \p set, and the system
/// lets this process use them (it has to be asked for AMX's tiles).
bool isSupported(InstructionSet set);

/// The fastest instruction set of this processor for f32: at most avx512.
InstructionSet bestInstructionSet();
/// The same for bfloat16.
InstructionSet bestBfloat16InstructionSet();

/// Makes kernels use \p set, which must be supported; nullopt: the best. For
/// the whole process, and not while a kernel runs.
void setInstructionSet(std::optional<InstructionSet> set);

/// The instruction set in use.
InstructionSet instructionSet();

/// "baseline", "avx2", "avx512", "avx512bf16" or "amx".
std::string_view nameOf(InstructionSet set);

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_INSTRUCTIONSET_H
