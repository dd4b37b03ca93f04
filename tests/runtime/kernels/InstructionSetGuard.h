//===- InstructionSetGuard.h - Back to the best instructions ----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_KERNELS_INSTRUCTIONSETGUARD_H
#define CIM_TESTS_RUNTIME_KERNELS_INSTRUCTIONSETGUARD_H

#include "runtime/kernels/InstructionSet.h"

namespace cim::test {

/// Whatever instruction set a test chooses, and however it ends, the next one
/// begins with the best.
struct InstructionSetGuard {
  ~InstructionSetGuard() { kernels::setInstructionSet(std::nullopt); }
};

} // namespace cim::test

#endif // CIM_TESTS_RUNTIME_KERNELS_INSTRUCTIONSETGUARD_H
