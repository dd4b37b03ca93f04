//===- Converters.h - Around the arrays of a layer --------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What drives the rows of crossbar arrays and what reads their columns. The
// same bits on every instruction set. docs/converters.md defines the words.
//
// Partial sums lie densely, pixel by pixel, paddedChannels(channels) floats
// each, with zeros in the padding.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_CONVERTERS_H
#define CIM_RUNTIME_KERNELS_CONVERTERS_H

#include "runtime/kernels/ImageView.h"

#include <cstdint>

namespace cim::kernels {

/// What a DAC makes of a number: its code is rint(number * perInput) within
/// [lowest, highest]; a clipped one lies half a code or more beyond.
struct Drive {
  float perInput = 1; ///< codes per unit of input
  float lowest = 0, highest = 0;
  float step = 1; ///< drive per code
  /// Drives by code from `lowest` on, in place of step * code; or null.
  const float *curve = nullptr;
  /// Not negative: only this bit of the code's magnitude, as +step, 0 or
  /// -step.
  int bit = -1;
};

/// Writes the drives of \p in to \p out, of the same size, which may be \p in
/// itself. Returns how many inputs were clipped. What is not a number stays so.
/// Padding channels are zeros, but for those of a lone pixel, which may hold
/// anything.
int64_t drive(const ImageView &in, const Drive &drive,
              const ImageView &out) noexcept;

/// The converters of the columns of one tile and slice, paddedChannels(C)
/// floats each with zeros in the padding.
struct AdcColumns {
  const float *perSum; ///< codes per unit of partial sum
  const float *offset; ///< codes
  /// Codes of deviation at u^3 - u = -1, u the share of the largest code; or
  /// null for straight converters.
  const float *bend;
  const float *step; ///< result per code
  float lastCode;
};

/// Adds \p factor times what converters make of \p sums to \p total; the
/// first time writes it. Returns how many sums were clipped: half a code or
/// more beyond the last one.
int64_t convert(const float *sums, int64_t pixels, int channels,
                const AdcColumns &columns, float factor, bool isFirst,
                float *total) noexcept;

/// Adds \p factor times \p sums to \p total, without a converter; the first
/// time writes it.
void accumulate(const float *sums, int64_t pixels, int channels, float factor,
                bool isFirst, float *total) noexcept;

/// Adds sqrt(\p variance * \p factor) * \p draws to \p sums. The variance
/// has one number for every sum; or, with \p isPerPixel, one for all channels
/// of a pixel, in the first of its own block.
void addNoise(const float *variance, bool isPerPixel, float factor,
              const float *draws, int64_t pixels, int channels,
              float *sums) noexcept;

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_CONVERTERS_H
