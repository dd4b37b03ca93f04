//===- WinogradTransform.h - Transforms as Halide expressions ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_GENERATORS_WINOGRADTRANSFORM_H
#define CIM_RUNTIME_KERNELS_GENERATORS_WINOGRADTRANSFORM_H

#include "runtime/kernels/ImageView.h"
#include "runtime/kernels/WinogradTransforms.h"
#include "runtime/kernels/generators/Common.h"

#include "Halide.h"

#include <vector>

namespace cim::kernels::winograd {

/// Values at the points of F(results × results), of a polynomial whose
/// coefficients are the inputs d(0), d(1), ...
template <typename F>
std::vector<Halide::Expr> transformInput(int results, F &&d) {
  if (results == 2)
    return {d(2) - d(0), d(2) + d(1), d(2) - d(1), d(3) - d(1)};
  const float a = Four::a, b = Four::b, a2 = Four::a2, b2 = Four::b2;
  Halide::Expr evenA = d(4) - b2 * d(2), oddA = d(3) - b2 * d(1);
  Halide::Expr evenB = d(4) - a2 * d(2), oddB = d(3) - a2 * d(1);
  return {a2 * b2 * d(0) + (d(4) - (a2 + b2) * d(2)),
          evenA + a * oddA,
          evenA - a * oddA,
          evenB + b * oddB,
          evenB - b * oddB,
          a2 * b2 * d(1) + (d(5) - (a2 + b2) * d(3))};
}

/// Results from products at the points.
template <typename F>
std::vector<Halide::Expr> transformProducts(int results, F &&m) {
  Halide::Expr sumA = m(1) + m(2), differenceA = m(1) - m(2);
  if (results == 2)
    return {m(0) + sumA, differenceA + m(3)};
  const float a = Four::a, b = Four::b, a2 = Four::a2, b2 = Four::b2;
  Halide::Expr sumB = m(3) + m(4), differenceB = m(3) - m(4);
  return {m(0) + sumA + sumB, a * differenceA + b * differenceB,
          a2 * sumA + b2 * sumB,
          m(5) + a * a2 * differenceA + b * b2 * differenceB};
}

/// Where a tile begins, as \p offset says; the caller promises that it fits.
inline Halide::Expr beginAt(const Halide::Expr &offset) {
  return Halide::unsafe_promise_clamped(offset, 0, 1 << 30);
}

/// Whether a transform in two directions is written out as a whole. That takes
/// the 32 registers of AVX-512; with 16, loops over rows and then over columns
/// are faster, which spill nothing and load their constants once.
inline bool unrollsTransforms(const Halide::Target &target) {
  return instructionSetOf(target) >= InstructionSet::avx512;
}

/// Schedules a transform of tiles along x, \p rows(lane, i, y, tile, block),
/// and then along y, \p transformed(lane, tile, i, j, block): one tile of one
/// vector of channels after the other. Both may have more dimensions.
inline void scheduleTransform(Halide::Func transformed, Halide::Func rows,
                              const Halide::Target &target) {
  const Halide::Var lane("lane"), vector("vector"), tile("tile"),
      block("block"), i("i"), j("j"), y("y");
  const int lanes = target.natural_vector_size<float>();
  transformed.split(lane, vector, lane, lanes)
      .reorder(lane, j, i, vector, tile, block)
      .vectorize(lane)
      .unroll(j);
  rows.compute_at(transformed, vector).store_in(Halide::MemoryType::Stack);
  rows.bound_extent(lane, lanes);
  rows.vectorize(lane).unroll(i);
  if (unrollsTransforms(target)) {
    transformed.unroll(i);
    rows.unroll(y);
  }
}

// The way back, for gradients: the same matrices, transposed.

/// Of F(4×4): the gradients of products from those of results.
template <typename F> std::vector<Halide::Expr> transposedProducts(F &&g) {
  const float a = Four::a, b = Four::b, a2 = Four::a2, b2 = Four::b2;
  Halide::Expr evenA = g(0) + a2 * g(2), oddA = a * g(1) + a * a2 * g(3);
  Halide::Expr evenB = g(0) + b2 * g(2), oddB = b * g(1) + b * b2 * g(3);
  return {g(0), evenA + oddA, evenA - oddA, evenB + oddB, evenB - oddB, g(3)};
}

/// Of F(4×4): the gradients of the three taps from those of the kernel's values
/// at the points.
template <typename F> std::vector<Halide::Expr> transposedWeights(F &&m) {
  const float a2 = Four::a2, b2 = Four::b2;
  Halide::Expr sumA = float(Four::atA) * (m(1) + m(2)),
               sumB = float(Four::atB) * (m(3) + m(4));
  return {float(1 / (Four::a2 * Four::b2)) * m(0) + (sumA + sumB),
          float(Four::atA * Four::a) * (m(1) - m(2)) +
              float(Four::atB * Four::b) * (m(3) - m(4)),
          a2 * sumA + b2 * sumB + m(5)};
}

} // namespace cim::kernels::winograd

#endif // CIM_RUNTIME_KERNELS_GENERATORS_WINOGRADTRANSFORM_H
