//===- AmxConvolution.cpp - Products of bfloat16 on AMX -------------------===//
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
    __attribute__((target("amx-tile,amx-bf16,avx512bf16,avx512f,avx512bw,"     \
                          "avx512vl,avx512dq"))),                              \
    apply_to = function)

#include "runtime/kernels/Avx512Rounding.h"
#include "runtime/kernels/TileUnit.h"

namespace cim::kernels {

namespace {

struct AmxTiles : Avx512Rounding<AmxTiles> {
  static constexpr const char *name = "amx";

  static void begin() {
    struct alignas(64) {
      uint8_t palette = 1, startRow = 0, reserved[14] = {};
      uint16_t rowBytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    } configuration;
    static_assert(sizeof(configuration) == 64);
    _tile_loadconfig(&configuration);
  }
  static void end() { _tile_release(); }
  template <int T> static void zero() { _tile_zero(T); }
  template <int T> static void load(const void *from, ptrdiff_t rowBytes) {
    _tile_loadd(T, from, rowBytes);
  }
  template <int T> static void store(void *to, ptrdiff_t rowBytes) {
    _tile_stored(T, to, rowBytes);
  }
  template <int Sum, int A, int B> static void multiplyAdd() {
    _tile_dpbf16ps(Sum, A, B);
  }
};

} // namespace

std::unique_ptr<ConvolutionKernel>
makeAmxConvolution(const ConvolutionShape &shape) {
  return std::make_unique<Bfloat16Convolution<TileUnit<AmxTiles>>>(shape);
}

} // namespace cim::kernels

#pragma clang attribute pop

#else

std::unique_ptr<cim::kernels::ConvolutionKernel>
cim::kernels::makeAmxConvolution(const ConvolutionShape &) {
  return nullptr; // InstructionSet::amx is not supported
}

#endif
