//===- ComposeCopies.h - Several copies as one ------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_COMPOSECOPIES_H
#define CIM_RUNTIME_EXECUTOR_COMPOSECOPIES_H

#include "runtime/plan/plan.pb.h"

namespace cim {

/// Makes one step of slices that follow each other, and of a slice and the pad
/// that follows it, as in the shortcuts of ResNets for CIFAR-10. \p plan is
/// verified; the pad becomes an operation of the executor's own, "slice_pad",
/// with the attributes of both. Slices that nobody reads any more are removed.
///
/// Only steps that bindCopy can do are touched: on images, within an image.
void composeCopies(plan::Plan &plan);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_COMPOSECOPIES_H
