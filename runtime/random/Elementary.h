//===- Elementary.h - Elementary functions on vectors -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Logarithm, exponential, sine and cosine in single precision, for vectors of
// any width, from additions, multiplications and integer operations only. IEEE
// arithmetic without contraction gives the same bits on every instruction set,
// which a C library does not promise. Polynomials: least-maximum-error fits
// (Lawson's algorithm) of the relative error, rounded to single precision.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_RANDOM_ELEMENTARY_H
#define CIM_RUNTIME_RANDOM_ELEMENTARY_H

#include <cstdint>

namespace cim::random {

template <int Lanes>
using Floats = float __attribute__((ext_vector_type(Lanes)));
template <int Lanes>
using Integers = int32_t __attribute__((ext_vector_type(Lanes)));
template <int Lanes>
using Words = uint32_t __attribute__((ext_vector_type(Lanes)));

// Inlined always: a copy of its own could be compiled for one instruction set
// and called on another.
#define CIM_INLINE __attribute__((always_inline)) inline

/// Natural logarithm of normal, positive \p x; at most 1 ulp from the rounded
/// true value.
template <int Lanes> CIM_INLINE Floats<Lanes> logarithm(Floats<Lanes> x) {
  using F = Floats<Lanes>;
  using I = Integers<Lanes>;
  // x = 2^e (1 + f), 1 + f in [sqrt(1/2), sqrt(2)).
  constexpr int32_t sqrtHalf = 0x3F3504F3;
  I bits = __builtin_bit_cast(I, x);
  I e = (bits - sqrtHalf) >> 23;
  F f = __builtin_bit_cast(F, bits - (e << 23)) - 1.0f;
  F exponent = __builtin_convertvector(e, F);
  // log(1 + f) = f - f^2/2 + f^3 Q(f)
  F q = f * -0.076344974f + 0.12761578f;
  q = q * f - 0.13160183f;
  q = q * f + 0.14201757f;
  q = q * f - 0.16623357f;
  q = q * f + 0.20001227f;
  q = q * f - 0.2500082f;
  q = q * f + 0.3333333f;
  F square = f * f;
  // log 2 in two parts, the first exact in products with an exponent.
  F small = square * f * q + exponent * -2.12194440e-4f - square * 0.5f;
  return exponent * 0.693359375f + (f + small);
}

/// exp(\p x) - 1 for |x| <= 87; at most 3 ulp from the rounded true value.
template <int Lanes>
CIM_INLINE Floats<Lanes> exponentialMinus1(Floats<Lanes> x) {
  using F = Floats<Lanes>;
  using I = Integers<Lanes>;
  // x = n log 2 + r; adding 1.5 * 2^23 rounds to a whole number.
  F n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
  F r = x - n * 0.693359375f - n * -2.12194440e-4f;
  // exp(r) - 1 = r + r^2 P(r)
  F p = r * 0.001388251f + 0.00836658f;
  p = p * r + 0.0416672f;
  p = p * r + 0.16666543f;
  p = p * r + 0.49999997f;
  p = r + r * r * p;
  F power = __builtin_bit_cast(F, (__builtin_convertvector(n, I) + 127) << 23);
  return power * p + (power - 1.0f);
}

/// Sine of |x| <= pi/4; at most 1 ulp from the rounded true value.
template <int Lanes> CIM_INLINE Floats<Lanes> sine(Floats<Lanes> x) {
  Floats<Lanes> square = x * x;
  Floats<Lanes> p = square * -0.00019515218f + 0.00833216f;
  p = p * square - 0.16666655f;
  return x + x * square * p;
}

/// Cosine of |x| <= pi/4; at most 1 ulp from the rounded true value.
template <int Lanes> CIM_INLINE Floats<Lanes> cosine(Floats<Lanes> x) {
  Floats<Lanes> square = x * x;
  Floats<Lanes> p = square * 2.4433082e-05f - 0.0013887315f;
  p = p * square + 0.041666646f;
  return 1.0f - (square * 0.5f - square * square * p);
}

} // namespace cim::random

#endif // CIM_RUNTIME_RANDOM_ELEMENTARY_H
