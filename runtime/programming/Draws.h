//===- Draws.h - What a plan's errors mean as random draws ------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PROGRAMMING_DRAWS_H
#define CIM_RUNTIME_PROGRAMMING_DRAWS_H

#include "runtime/plan/plan.pb.h"
#include "runtime/random/Distributions.h"

#include <cstdint>

namespace cim {

/// The distribution of \p noise, of zero mean and unit variance.
random::Distribution distributionOf(const plan::Noise &noise);

/// By how much so many reads move a cell, in the disturb's own unit; reads must
/// be given.
double disturbOf(const plan::ReadDisturb &disturb);

/// How many of the 2^32 words mean an event of \p probability.
uint64_t wordsOf(double probability);

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_DRAWS_H
