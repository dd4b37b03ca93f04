//===- ReferenceWrite.h - The definition of writing weights -----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_PROGRAMMING_REFERENCEWRITE_H
#define CIM_TESTS_RUNTIME_PROGRAMMING_REFERENCEWRITE_H

#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"

#include <span>
#include <vector>

namespace cim {

/// What LayerProgram must write: the definitions of semantics.md section 2,
/// cell by cell in double precision, written to be read. All modes but LLOYD.
std::vector<double> referenceWrite(const plan::Layer &layer,
                                   std::span<const float> weights,
                                   const Chip &chip);

} // namespace cim

#endif // CIM_TESTS_RUNTIME_PROGRAMMING_REFERENCEWRITE_H
