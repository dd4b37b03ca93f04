//===- BindStep.h - Chooses the kernel of a step ----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_BINDSTEP_H
#define CIM_RUNTIME_EXECUTOR_BINDSTEP_H

#include "runtime/executor/Step.h"

namespace cim {

/// Binds one step to its kernel, or to the general path when there is none.
/// \p strict allows direct kernels only.
std::unique_ptr<BoundStep> bindStep(const Program &program,
                                    const plan::Step &step, bool strict);

/// Binds every step of the plan to its kernel, or to the general path when
/// there is none. \p strict allows direct kernels only.
///
/// Fast algorithms may keep weights several times (Winograd's are four times
/// the weights). They may add 32 MB in all; beyond that the layers that would
/// add most get direct kernels. The choice depends on the plan alone, so that
/// results do, too.
BoundSteps bindSteps(const Program &program, bool strict);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_BINDSTEP_H
