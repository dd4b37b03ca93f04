//===- AdcConstants.h - Converters for one tile -----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_BENCHKERNELS_ADCCONSTANTS_H
#define CIM_TOOLS_BENCHKERNELS_ADCCONSTANTS_H

#include "runtime/kernels/Converters.h"
#include "tools/bench-kernels/Measure.h"

namespace cim::bench {

/// ADCs of 8 bits for sums of up to some hundred numbers between -0.5 and 0.5.
struct AdcConstants {
  explicit AdcConstants(int channels)
      : perSum(kernels::paddedChannels(channels), 10.0f),
        offset(kernels::paddedChannels(channels)),
        bend(kernels::paddedChannels(channels)),
        step(kernels::paddedChannels(channels), 0.1f) {}

  kernels::AdcColumns view(bool isBent) const {
    return {perSum.data(), offset.data(), isBent ? bend.data() : nullptr,
            step.data(), 127};
  }

  Floats perSum, offset, bend, step;
};

} // namespace cim::bench

#endif // CIM_TOOLS_BENCHKERNELS_ADCCONSTANTS_H
