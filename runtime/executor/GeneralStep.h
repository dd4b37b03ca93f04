//===- GeneralStep.h - A step without a kernel ------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_GENERALSTEP_H
#define CIM_RUNTIME_EXECUTOR_GENERALSTEP_H

#include "runtime/executor/Step.h"

namespace cim {

/// Binds any step to the function that defines its operation: always right,
/// and slow. Throws InputError for an unknown operation when it runs.
std::unique_ptr<BoundStep> bindGeneral(const Program &program,
                                       const plan::Step &step);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_GENERALSTEP_H
