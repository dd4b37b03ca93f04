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

  static void round(Lanes &value) {
    const __m256bh bits = _mm512_cvtneps_pbh((__m512)value);
    value = (Lanes)_mm512_slli_epi32(_mm512_cvtepu16_epi32((__m256i)bits), 16);
  }
};

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_AVX512ROUNDING_H
