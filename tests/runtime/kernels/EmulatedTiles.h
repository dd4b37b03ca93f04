//===- EmulatedTiles.h - AMX's tiles in plain C++ ---------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_KERNELS_EMULATEDTILES_H
#define CIM_TESTS_RUNTIME_KERNELS_EMULATEDTILES_H

#include "runtime/kernels/TileUnit.h"

#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>

namespace cim::kernels {

/// The tile operations that TileUnit needs, as the instructions are defined
/// (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2,
/// TDPBF16PS): products of the even and of the odd numbers are summed apart,
/// each addition rounded once (FMA), then added together and to the tile;
/// denormal numbers are zero.
struct EmulatedTiles {
  static constexpr const char *name = "emulated tiles";

  static void begin() {
    std::memset(tiles, 0xff, sizeof(tiles)); // NaN
    isConfigured = true;
  }
  static void end() { isConfigured = false; }

  template <int T> static void zero() {
    assert(isConfigured);
    std::memset(tiles[T], 0, sizeof(tiles[T]));
  }
  template <int T> static void load(const void *from, ptrdiff_t rowBytes) {
    assert(isConfigured);
    for (int row = 0; row < 16; ++row)
      std::memcpy(tiles[T][row],
                  static_cast<const std::byte *>(from) + row * rowBytes, 64);
  }
  template <int T> static void store(void *to, ptrdiff_t rowBytes) {
    assert(isConfigured);
    for (int row = 0; row < 16; ++row)
      std::memcpy(static_cast<std::byte *>(to) + row * rowBytes, tiles[T][row],
                  64);
  }
  template <int Sum, int A, int B> static void multiplyAdd() {
    assert(isConfigured);
    uint16_t a[16][32], b[16][32];
    float sums[16][16];
    std::memcpy(a, tiles[A], sizeof(a));
    std::memcpy(b, tiles[B], sizeof(b));
    std::memcpy(sums, tiles[Sum], sizeof(sums));
    for (int m = 0; m < 16; ++m)
      for (int n = 0; n < 16; ++n) {
        float even = 0, odd = 0;
        for (int k = 0; k < 16; ++k) {
          even =
              flushed(std::fma(number(a[m][2 * k]), number(b[k][2 * n]), even));
          odd = flushed(
              std::fma(number(a[m][2 * k + 1]), number(b[k][2 * n + 1]), odd));
        }
        sums[m][n] = flushed(sums[m][n] + flushed(even + odd));
      }
    std::memcpy(tiles[Sum], sums, sizeof(sums));
  }

  static void round(const float *from, uint16_t *to, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; ++i)
      to[i] = toBfloat16(from[i]);
  }
  static void roundPixels(const float *from, int fromStride, uint16_t *to,
                          int toStride, int channels, ptrdiff_t count) {
    for (ptrdiff_t p = 0; p < count; ++p)
      for (int c = 0; c < toStride; ++c)
        to[p * toStride + c] =
            c < channels ? toBfloat16(from[p * fromStride + c]) : 0;
  }
  static void round(const Lanes &from, Bfloat16Lanes &to) {
    for (int lane = 0; lane < channelBlock; ++lane)
      to[lane] = toBfloat16(from[lane]);
  }

private:
  static float number(uint16_t bits) { return flushed(fromBfloat16(bits)); }
  static float flushed(float value) {
    return std::abs(value) < std::numeric_limits<float>::min()
               ? std::copysign(0.0f, value)
               : value;
  }

  static inline thread_local std::byte tiles[8][16][64];
  static inline thread_local bool isConfigured = false;
};

} // namespace cim::kernels

#endif // CIM_TESTS_RUNTIME_KERNELS_EMULATEDTILES_H
