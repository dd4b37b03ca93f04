//===- AssignLayouts.h - Which values are channels-last ---------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PLAN_TRANSFORMS_ASSIGNLAYOUTS_H
#define CIM_RUNTIME_PLAN_TRANSFORMS_ASSIGNLAYOUTS_H

#include "runtime/plan/plan.pb.h"

namespace cim {

/// Chooses the layout of every four-dimensional f32 value, and inserts a
/// `relayout` step wherever a reader wants another layout than the value has:
///  - convolutions, pools, lrn, batch_norm and scale_offset read and write
///    channels-last;
///  - element-by-element steps, concat, slice and pad work in either layout,
///  and
///    a connected group of them takes the one with fewer elements to convert,
///    channels-last when it makes no difference;
///  - everything else, the plan's outputs and all constants are row-major;
///  - an input takes the layout of its readers, since it is converted while it
///    is read.
/// No value is converted twice. Converting an image of one pixel costs nothing:
/// both layouts are the same.
void assignLayouts(plan::Plan &plan);

} // namespace cim

#endif // CIM_RUNTIME_PLAN_TRANSFORMS_ASSIGNLAYOUTS_H
