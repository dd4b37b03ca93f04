//===- Optimise.cpp - From a plan as lowered to one that runs -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/transforms/Optimise.h"

#include "runtime/plan/transforms/AssignLayouts.h"
#include "runtime/plan/transforms/RemoveDead.h"

using namespace cim;

void cim::optimise(plan::Plan &plan, TensorMap &tensors,
                   const KeepsParameters &keeps) {
  fuseEpilogues(plan, tensors, keeps);
  removeDead(plan, tensors);
  assignLayouts(plan);
  removeDead(plan, tensors); // numbers values by their order
}
