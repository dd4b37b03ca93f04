//===- VerifyConverters.h - What converters may be --------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PLAN_VERIFYCONVERTERS_H
#define CIM_RUNTIME_PLAN_VERIFYCONVERTERS_H

#include "runtime/plan/plan.pb.h"

namespace cim {

/// Throws InputError, a sentence that lacks the layer's name, unless what
/// stands around the arrays of \p layer is something that can be computed.
/// Converters without ranges can be: after calibration.
void verifyConverters(const plan::Layer &layer);

} // namespace cim

#endif // CIM_RUNTIME_PLAN_VERIFYCONVERTERS_H
