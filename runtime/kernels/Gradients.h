//===- Gradients.h - Backward through steps without weights -----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How a loss depends on a step's operand ("gradient of the operand") given how
// it depends on the step's result. As in Kernels.h: channels-last views, zeros
// in padding channels, no allocation, 0 or Halide's error code.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_GRADIENTS_H
#define CIM_RUNTIME_KERNELS_GRADIENTS_H

#include "runtime/kernels/Kernels.h"

namespace cim::kernels {

/// Through the activation of \p epilogue, whose result was \p result: 0 where
/// it is clipped, at the limits too. \p out may be \p gradient.
int activationGradient(const ImageView &gradient, const ImageView &result,
                       const Epilogue &epilogue, const ImageView &out) noexcept;

/// Per channel, the sums over all pixels of a - centerA, and of (a - centerA)
/// (b - centerB), into \p sums: paddedChannels(C) of the first, then as many of
/// the second. A center may be null for 0; padding channels have center 0.
int channelSums(const ImageView &a, const ImageView &b, const float *centerA,
                const float *centerB, float *sums) noexcept;

/// out = factor (gradient - shift - (in - mean) slope), per channel: backward
/// through batch normalisation. paddedChannels(C) floats each, zeros in the
/// padding.
struct NormalizationGradient {
  const float *factor, *shift, *mean, *slope;
};
/// \p out may be \p gradient.
int normalizationGradient(const ImageView &gradient, const ImageView &in,
                          const NormalizationGradient &terms,
                          const ImageView &out) noexcept;

/// Which pixel of each window is the largest, as a number for
/// maxPoolGradient; \p taps has the size of the pooling's result.
int largestTaps(const PoolingShape &shape, const ImageView &in,
                const ImageView &taps) noexcept;
/// The whole gradient of a window goes to its largest pixel, of equal ones to
/// the first.
int maxPoolGradient(const PoolingShape &shape, const ImageView &gradient,
                    const ImageView &taps, const ImageView &out) noexcept;
int averagePoolGradient(const PoolingShape &shape, const ImageView &gradient,
                        const ImageView &out) noexcept;
/// \p gradient is 1×1.
int globalAveragePoolGradient(const ImageView &gradient,
                              const ImageView &out) noexcept;

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_GRADIENTS_H
