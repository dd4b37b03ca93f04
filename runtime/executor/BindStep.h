//===- BindStep.h - Chooses the kernel of a step ----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_BINDSTEP_H
#define CIM_RUNTIME_EXECUTOR_BINDSTEP_H

#include "runtime/executor/Step.h"

#include <memory>

namespace cim {

/// Binds \p step to its kernel, or to the general path when there is none.
/// \p strict allows direct kernels only.
std::unique_ptr<BoundStep> bindStep(const Program &program,
                                    const plan::Step &step, bool strict);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_BINDSTEP_H
