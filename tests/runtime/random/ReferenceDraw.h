//===- ReferenceDraw.h - The definition of every draw -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One cell at a time, in double precision and with the C library's functions:
// what the fast kernels must compute.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_RANDOM_REFERENCEDRAW_H
#define CIM_TESTS_RUNTIME_RANDOM_REFERENCEDRAW_H

#include "runtime/random/Coordinates.h"
#include "runtime/random/Philox.h"

#include <cmath>
#include <numbers>

namespace cim::reference_draw {

/// The block of \p cell, by the layout that Coordinates.h promises.
inline std::array<uint32_t, 4> block(const random::Coordinates &at,
                                     uint64_t cell, uint32_t part = 0) {
  return random::philox4x32(
      {uint32_t(cell / 64 * 16 + cell % 16), uint32_t(at.trial),
       at.layer | uint32_t(at.source) << 24,
       at.epoch | at.slice << 22 | uint32_t(at.negative) << 28 | part << 29},
      {uint32_t(at.seed), uint32_t(at.seed >> 32)});
}

inline unsigned wordIndex(uint64_t cell) { return cell / 16 % 4; }

inline uint32_t word(const random::Coordinates &at, uint64_t cell) {
  return block(at, cell)[wordIndex(cell)];
}

/// Uniform in (0, 1] from the high 31 bits, in single precision by definition:
/// near 1 the logarithm magnifies the rounding.
inline double unit(uint32_t word) {
  return (float(word / 2) + 0.5f) * 0x1p-31f;
}

struct Direction {
  double cosine, sine;
};

/// The low 30 bits are an angle within pi/4 of 0; bit 30 mirrors it at pi/4,
/// bit 31 turns it by pi.
inline Direction direction(uint32_t word) {
  double angle = int32_t(word << 2) * (std::numbers::pi / 4 * 0x1p-31);
  Direction result{std::cos(angle), std::sin(angle)};
  if (word >> 30 & 1)
    std::swap(result.cosine, result.sine);
  if (word >> 31)
    result = {-result.cosine, -result.sine};
  return result;
}

inline double normal(const random::Coordinates &at, uint64_t cell) {
  auto words = block(at, cell);
  unsigned pair = wordIndex(cell) / 2 * 2;
  double radius = std::sqrt(-2 * std::log(unit(words[pair])));
  Direction d = direction(words[pair + 1]);
  return radius * (wordIndex(cell) % 2 == 0 ? d.cosine : d.sine);
}

inline double uniform(const random::Coordinates &at, uint64_t cell) {
  return (int32_t(word(at, cell)) + 0.5) * 0x1p-31 * std::sqrt(3.0);
}

inline double lognormal(const random::Coordinates &at, uint64_t cell,
                        double s) {
  return std::expm1(s * normal(at, cell) - s * s / 2) /
         std::sqrt(std::expm1(s * s));
}

inline double laplace(const random::Coordinates &at, uint64_t cell) {
  uint32_t w = word(at, cell);
  return (w & 1 ? 1 : -1) * std::log(unit(w)) / std::sqrt(2.0);
}

inline double studentT(const random::Coordinates &at, uint64_t cell,
                       double degrees) {
  auto words = block(at, cell, wordIndex(cell) / 2);
  unsigned pair = wordIndex(cell) % 2 * 2;
  double square =
      (degrees - 2) * (std::pow(unit(words[pair]), -2 / degrees) - 1);
  return std::sqrt(square) * direction(words[pair + 1]).cosine;
}

} // namespace cim::reference_draw

#endif // CIM_TESTS_RUNTIME_RANDOM_REFERENCEDRAW_H
