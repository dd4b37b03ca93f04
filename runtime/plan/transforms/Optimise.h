//===- Optimise.h - From a plan as lowered to one that runs -----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PLAN_TRANSFORMS_OPTIMISE_H
#define CIM_RUNTIME_PLAN_TRANSFORMS_OPTIMISE_H

#include "runtime/plan/transforms/FuseEpilogues.h"

namespace cim {

/// Makes \p plan, one row-major step per operation as the compiler lowers it,
/// one that runs fast: fuses epilogues, assigns layouts, removes what is dead.
/// Training starts from the plan as lowered, because it needs the parameters
/// that fusion folds: steps for which \p keeps holds stay apart.
void optimise(plan::Plan &plan, TensorMap &tensors,
              const KeepsParameters &keeps = nullptr);

} // namespace cim

#endif // CIM_RUNTIME_PLAN_TRANSFORMS_OPTIMISE_H
