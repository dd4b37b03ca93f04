//===- OneImage.h - A plan of one image -------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PLAN_ONEIMAGE_H
#define CIM_RUNTIME_PLAN_ONEIMAGE_H

#include "runtime/plan/plan.pb.h"

namespace cim {

/// \p plan rewritten so that one call takes as few images as the network
/// allows: one, when no step mixes images, also for a model exported with a
/// larger batch. Other plans are returned as they are.
plan::Plan oneImage(plan::Plan plan);

/// Images that one call of \p plan takes: dimension 0 of its first input.
int64_t imagesPerCall(const plan::Plan &plan);

} // namespace cim

#endif // CIM_RUNTIME_PLAN_ONEIMAGE_H
