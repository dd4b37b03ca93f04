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

/// The instruction sets every kernel is compiled for, from slow to fast.
enum class InstructionSet {
  baseline, ///< SSE4.1
  avx2,     ///< AVX2, FMA, F16C
  avx512,   ///< AVX-512 F, CD, VL, BW, DQ (since Skylake-X and Zen 4)
};

/// True when this processor has the instructions of \p set.
bool isSupported(InstructionSet set);

/// The fastest instruction set of this processor.
InstructionSet bestInstructionSet();

/// Makes kernels use \p set, which must be supported; nullopt: the best. For
/// the whole process, and not while a kernel runs.
void setInstructionSet(std::optional<InstructionSet> set);

/// The instruction set in use.
InstructionSet instructionSet();

/// "baseline", "avx2" or "avx512".
std::string_view nameOf(InstructionSet set);

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_INSTRUCTIONSET_H
