//===- Bfloat16.h - Numbers of 16 bits with f32's range ---------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// bfloat16 is the upper half of an f32: 8 bits of significand. The nearest one,
// halves to even; NaN stays NaN.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_BFLOAT16_H
#define CIM_RUNTIME_KERNELS_BFLOAT16_H

#include <bit>
#include <cstddef>
#include <cstdint>

namespace cim::kernels {

/// The bits of the bfloat16 nearest to \p value.
inline uint16_t toBfloat16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t nearest = bits + 0x7fff + ((bits >> 16) & 1);
  const bool isNan = (bits & 0x7fffffff) > 0x7f800000;
  return static_cast<uint16_t>((isNan ? bits | 0x400000 : nearest) >> 16);
}

inline float fromBfloat16(uint16_t bits) {
  return std::bit_cast<float>(uint32_t(bits) << 16);
}

/// The bfloat16 nearest to \p value, as f32.
inline float roundToBfloat16(float value) {
  return fromBfloat16(toBfloat16(value));
}

/// Rounds \p count numbers in place.
void roundToBfloat16(float *values, size_t count) noexcept;

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_BFLOAT16_H
