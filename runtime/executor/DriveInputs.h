//===- DriveInputs.h - DACs as steps ----------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_DRIVEINPUTS_H
#define CIM_RUNTIME_EXECUTOR_DRIVEINPUTS_H

#include "runtime/plan/plan.pb.h"

namespace cim {

/// Makes values of what the DACs of layers give to their arrays, by a step of
/// the executor's own, "dac" (attributes `layer`, among the plan's,
/// `application`, and `result`: "curved", along the cells' curve), before each
/// step with such a layer; so that they have a place and a border in memory as
/// other values do. Where reads are noisy, makes values of their squares, too;
/// where DACs are bent, of how much ("bent"); and where weights may have a
/// digital part that knows no curve, of inputs for that ("linear"). Throws
/// InputError for converters without ranges.
void driveInputs(plan::Plan &plan);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_DRIVEINPUTS_H
