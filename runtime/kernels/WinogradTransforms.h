//===- WinogradTransforms.h - Constants of F(4x4, 3x3) ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Winograd's convolution (Lavin and Gray, CVPR 2016): 4×4 results of a 3×3
// kernel from 6×6 inputs with 36 multiplications, a quarter of the direct
// convolution's. Kernel, inputs and products are seen as polynomials, known by
// their values at six points: 0, ±a, ±b and infinity. With a = 1/√2 and b = √2
// instead of the usual 1 and 2 all factors are near 1, and the error is half
// (maximum a sixth) as large.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_WINOGRADTRANSFORMS_H
#define CIM_RUNTIME_KERNELS_WINOGRADTRANSFORMS_H

namespace cim::kernels::winograd {

inline constexpr int points = 6;  ///< and inputs of a tile's row
inline constexpr int results = 4; ///< of a tile's row
inline constexpr int taps = 3;

inline constexpr double a = 0.70710678118654752440, b = 2 * a;
inline constexpr double a2 = 0.5, b2 = 2;

/// Values of the kernel's polynomial at the points, divided by what the
/// interpolation from the products divides by: [point][tap].
inline constexpr double pointNorm(double p, double q) {
  return 1 / (2 * p * p * (p * p - q * q)); // one of ±p; ±q is the other pair
}
inline constexpr double weightTransform[points][taps] = {
    {1 / (a2 * b2), 0, 0},
    {pointNorm(a, b), pointNorm(a, b) * a, pointNorm(a, b) * a2},
    {pointNorm(a, b), -pointNorm(a, b) * a, pointNorm(a, b) * a2},
    {pointNorm(b, a), pointNorm(b, a) * b, pointNorm(b, a) * b2},
    {pointNorm(b, a), -pointNorm(b, a) * b, pointNorm(b, a) * b2},
    {0, 0, 1}};

} // namespace cim::kernels::winograd

#endif // CIM_RUNTIME_KERNELS_WINOGRADTRANSFORMS_H
