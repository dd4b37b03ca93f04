//===- ReferenceCells.h - The definition of writing cells -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_PROGRAMMING_REFERENCECELLS_H
#define CIM_TESTS_RUNTIME_PROGRAMMING_REFERENCECELLS_H

#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"

#include <span>
#include <vector>

namespace cim {

/// What LayerProgram must write for a layer with a crossbar: the definitions of
/// semantics.md section 3, every conductance of every weight written and read
/// back in double precision. All modes of quantization but LLOYD.
std::vector<double> referenceCells(const plan::Layer &layer,
                                   std::span<const float> weights,
                                   const Chip &chip);

} // namespace cim

#endif // CIM_TESTS_RUNTIME_PROGRAMMING_REFERENCECELLS_H
