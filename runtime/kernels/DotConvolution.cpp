//===- DotConvolution.cpp - Products of bfloat16 on AVX512_BF16 -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/ConvolutionKernel.h"

#if defined(__x86_64__)

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <immintrin.h>
#include <limits>
#include <string>
#include <type_traits>

#include "runtime/kernels/Bfloat16.h"

// What is defined from here on, and nothing that other files share, may use
// these instructions.
#pragma clang attribute push(                                                  \
    __attribute__((target("avx512bf16,avx512f,avx512bw,avx512vl,avx512dq"))),  \
    apply_to = function)

#include "runtime/kernels/Avx512Rounding.h"

namespace cim::kernels {

namespace {

/// VDPBF16PS: each lane of a register adds the products of a pair. Up to 12
/// pixels times 2 blocks stay in registers.
struct DotUnit : Avx512Rounding<DotUnit> {
  static constexpr const char *name = "avx512";
  static constexpr int mostPixels = 12, mostBlocks = 2;

  static void begin() {}
  static void end() {}

  static int pixelsFor(int64_t remaining, int /*blocks*/) {
    return remaining > 8 ? 12 : remaining > 4 ? 8 : remaining > 1 ? 4 : 1;
  }

  static void multiply(const PairProducts &products, int pixels, int blocks,
                       float *sums) {
    if (blocks == 2)
      multiplyBlocks<2>(products, pixels, sums);
    else
      multiplyBlocks<1>(products, pixels, sums);
  }

private:
  template <int Blocks>
  static void multiplyBlocks(const PairProducts &products, int pixels,
                             float *sums) {
    if (pixels == 12)
      multiply<12, Blocks>(products, sums);
    else if (pixels == 8)
      multiply<8, Blocks>(products, sums);
    else if (pixels == 4)
      multiply<4, Blocks>(products, sums);
    else
      multiply<1, Blocks>(products, sums);
  }

  template <int Pixels, int Blocks>
  static void multiply(const PairProducts &products, float *sums) {
    __m512 sum[Pixels][Blocks];
    for (int p = 0; p < Pixels; ++p)
      for (int b = 0; b < Blocks; ++b)
        sum[p][b] = _mm512_setzero_ps();
    const ptrdiff_t pixelStride = products.pixelStride;
    const ptrdiff_t blockStride = products.blockStride;
    const uint16_t *segmentWeights = products.weights;
    for (int row = 0; row < products.segmentRows; ++row)
      for (int column = 0; column < products.segmentColumns; ++column) {
        const uint16_t *in =
            products.in + row * products.rowStep + column * products.columnStep;
        const uint16_t *weights = segmentWeights;
        for (int i = 0; i < products.pairs; ++i) {
          __m512bh factor[Blocks];
          for (int b = 0; b < Blocks; ++b)
            factor[b] = (__m512bh)_mm512_loadu_si512(weights + b * blockStride);
#pragma clang loop unroll(full)
          for (int p = 0; p < Pixels; ++p) {
            int32_t pair;
            std::memcpy(&pair, in + p * pixelStride, sizeof(pair));
            const __m512bh input = (__m512bh)_mm512_set1_epi32(pair);
#pragma clang loop unroll(full)
            for (int b = 0; b < Blocks; ++b)
              sum[p][b] = _mm512_dpbf16_ps(sum[p][b], input, factor[b]);
          }
          in += 2;
          weights += pairedLanes;
        }
        segmentWeights +=
            ptrdiff_t(products.tiles) * pairsPerTile * pairedLanes;
      }
    for (int b = 0; b < Blocks; ++b)
      for (int p = 0; p < Pixels; ++p)
        _mm512_storeu_ps(sums + (b * Pixels + p) * channelBlock, sum[p][b]);
  }
};

} // namespace

std::unique_ptr<ConvolutionKernel>
makeDotConvolution(const ConvolutionShape &shape) {
  return std::make_unique<Bfloat16Convolution<DotUnit>>(shape);
}

} // namespace cim::kernels

#pragma clang attribute pop

#else

std::unique_ptr<cim::kernels::ConvolutionKernel>
cim::kernels::makeDotConvolution(const ConvolutionShape &) {
  return nullptr; // InstructionSet::avx512bf16 is not supported
}

#endif
