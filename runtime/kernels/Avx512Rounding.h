//===- Avx512Rounding.h - To bfloat16 with AVX512_BF16 ----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_AVX512ROUNDING_H
#define CIM_RUNTIME_KERNELS_AVX512ROUNDING_H

#include "runtime/kernels/Bfloat16Convolution.h"

#include <immintrin.h>

namespace cim::kernels {

/// How units of Bfloat16Convolution round with VCVTNEPS2BF16: to the nearest,
/// halves to even, denormal numbers to zero (as the products do). \p Unit sets
/// apart what is compiled for different instructions.
template <typename Unit> struct Avx512Rounding {
  static void round(const float *from, uint16_t *to, ptrdiff_t count) {
    ptrdiff_t i = 0;
    for (; i + 2 * channelBlock <= count; i += 2 * channelBlock)
      _mm512_storeu_si512(to + i, (__m512i)_mm512_cvtne2ps_pbh(
                                      _mm512_loadu_ps(from + i + channelBlock),
                                      _mm512_loadu_ps(from + i)));
    for (; i < count; i += channelBlock) {
      const auto mask = static_cast<__mmask16>(
          count - i < channelBlock ? (1u << (count - i)) - 1 : 0xffff);
      _mm256_mask_storeu_epi16(
          to + i, mask,
          (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, from + i)));
    }
  }

  static void round(const Lanes &from, Bfloat16Lanes &to) {
    to = (Bfloat16Lanes)_mm512_cvtneps_pbh((__m512)from);
  }

  static void roundPixels(const float *from, int fromStride, uint16_t *to,
                          int toStride, int channels, ptrdiff_t count) {
    ptrdiff_t done = 0;
    if (toStride <= 4 && fromStride <= toStride)
      done = roundNarrowPixels(from, fromStride, to, toStride, channels, count);
    for (ptrdiff_t p = done; p < count; ++p) {
      round(from + p * fromStride, to + p * toStride, channels);
      std::fill(to + p * toStride + channels, to + (p + 1) * toStride, 0);
    }
  }

private:
  /// A vector of pixels at a time, as many as are whole vectors; returns how
  /// many pixels these are. Strides are up to 4, toStride is 2 or 4.
  static ptrdiff_t roundNarrowPixels(const float *from, int fromStride,
                                     uint16_t *to, int toStride, int channels,
                                     ptrdiff_t count) {
    int source[channelBlock]; // of each lane
    uint32_t filled = 0;
    for (int lane = 0; lane < channelBlock; ++lane) {
      source[lane] = lane / toStride * fromStride + lane % toStride;
      filled |= uint32_t(lane % toStride < channels) << lane;
    }
    const __m512i order = _mm512_loadu_si512(source);
    const ptrdiff_t together = channelBlock / toStride;
    const auto read = static_cast<__mmask16>(
        (uint32_t(1) << ((together - 1) * fromStride + channels)) - 1);
    ptrdiff_t p = 0;
    for (; p + together <= count; p += together) {
      const __m512 numbers = _mm512_maskz_loadu_ps(read, from + p * fromStride);
      const __m512 spread = _mm512_maskz_permutexvar_ps(
          static_cast<__mmask16>(filled), order, numbers);
      _mm256_storeu_si256(reinterpret_cast<__m256i *>(to + p * toStride),
                          (__m256i)_mm512_cvtneps_pbh(spread));
    }
    return p;
  }
};

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_AVX512ROUNDING_H
