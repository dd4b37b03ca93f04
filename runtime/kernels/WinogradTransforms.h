//===- WinogradTransforms.h - Constants of F(2x2) and F(4x4) ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Winograd's convolution (Lavin and Gray, CVPR 2016): a tile of results of a
// 3×3 kernel with one multiplication per input of the tile. F(4×4) makes 4×4
// results from 6×6 inputs with 36 multiplications, a quarter of the direct
// convolution's; F(2×2) 2×2 from 4×4 with 16, less than half. Kernel, inputs
// and products are seen as polynomials, known by their values at some points
// and at infinity.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_WINOGRADTRANSFORMS_H
#define CIM_RUNTIME_KERNELS_WINOGRADTRANSFORMS_H

namespace cim::kernels::winograd {

inline constexpr int taps = 3;

// Weight transforms hold the values of the kernel's polynomial at the points,
// divided by what the interpolation from the products divides by: [point][tap].

/// F(2×2), at 0, ±1 and infinity.
struct Two {
  static constexpr int results = 2;                 ///< of a tile's row
  static constexpr int points = results + taps - 1; ///< and inputs of a row
  static constexpr int tileBlock =
      16; ///< tiles that the kernel takes at a time
  static constexpr double weightTransform[points][taps] = {
      {-1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
};

/// F(4×4), at 0, ±a, ±b and infinity. With a = 1/√2 and b = √2 instead of the
/// usual 1 and 2 all factors are near 1, and the error is half (maximum a
/// sixth) as large.
struct Four {
  static constexpr int results = 4;
  static constexpr int points = results + taps - 1;
  static constexpr int tileBlock = 8;
  static constexpr double a = 0.70710678118654752440, b = 2 * a;
  static constexpr double a2 = 0.5, b2 = 2;
  static constexpr double atA = 1 / (2 * a2 * (a2 - b2));
  static constexpr double atB = 1 / (2 * b2 * (b2 - a2));
  static constexpr double weightTransform[points][taps] = {
      {1 / (a2 * b2), 0, 0},     {atA, atA * a, atA * a2},
      {atA, -atA * a, atA * a2}, {atB, atB * b, atB * b2},
      {atB, -atB * b, atB * b2}, {0, 0, 1}};
};

/// All points but the first and the last are pairs p and -p, which kernels and
/// packing rely on.
template <typename F> constexpr bool hasPairedPoints() {
  constexpr auto &factors = F::weightTransform;
  constexpr int last = F::points - 1;
  for (int i = 1; i < last; i += 2)
    for (int t = 0; t < taps; ++t)
      if (factors[i + 1][t] != (t == 1 ? -factors[i][t] : factors[i][t]))
        return false;
  return factors[0][1] == 0 && factors[0][2] == 0 && factors[last][0] == 0 &&
         factors[last][1] == 0;
}
static_assert(hasPairedPoints<Two>() && hasPairedPoints<Four>());

} // namespace cim::kernels::winograd

#endif // CIM_RUNTIME_KERNELS_WINOGRADTRANSFORMS_H
