//===- ProductKernels.h - Products of small matrices ------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one inner loop of block elimination. One source file per instruction set
// instantiates it with tiles of its own, so that no two of them share a
// function. Every element of the result is the same chain of fused
// multiply-adds whatever the tile, so the bits do not depend on the set.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_WIRES_PRODUCTKERNELS_H
#define CIM_RUNTIME_WIRES_PRODUCTKERNELS_H

#include <cstddef>

namespace cim {

/// A matrix in rows that are \p stride elements apart.
struct Matrix {
  double *first;
  size_t stride;
};
struct ConstantMatrix {
  const double *first;
  size_t stride;
};

/// Widths are multiples of this.
constexpr size_t ProductWidth = 8;

/// \p c + \p a \p b into \p c, of \p rows x \p width elements; a has \p inner
/// columns.
using ProductKernel = void(Matrix c, ConstantMatrix a, ConstantMatrix b,
                           size_t rows, size_t inner, size_t width);
ProductKernel addProductBaseline, addProductAvx2, addProductAvx512;

/// \p Lanes elements per vector, \p Rows x \p Vectors vectors in registers.
template <int Lanes, int Rows, int Vectors> struct Product {
  using Vector = double __attribute__((ext_vector_type(Lanes)));

  static inline Vector load(const double *from) {
    Vector vector;
    __builtin_memcpy(&vector, from, sizeof vector);
    return vector;
  }

  template <int R, int V>
  static inline void tile(double *c, size_t strideC, const double *a,
                          size_t strideA, const double *b, size_t strideB,
                          size_t inner) {
    Vector sum[R][V];
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < V; ++v)
        sum[r][v] = load(c + r * strideC + v * Lanes);
    for (size_t p = 0; p < inner; ++p) {
      Vector factor[V];
      for (int v = 0; v < V; ++v)
        factor[v] = load(b + p * strideB + v * Lanes);
      for (int r = 0; r < R; ++r)
        for (int v = 0; v < V; ++v)
          sum[r][v] = __builtin_elementwise_fma(Vector(a[r * strideA + p]),
                                                factor[v], sum[r][v]);
    }
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < V; ++v)
        __builtin_memcpy(c + r * strideC + v * Lanes, &sum[r][v],
                         sizeof sum[r][v]);
  }

  template <int R>
  static inline void rows(Matrix c, ConstantMatrix a, ConstantMatrix b,
                          size_t inner, size_t width) {
    size_t x = 0;
    for (; x + Vectors * Lanes <= width; x += Vectors * Lanes)
      tile<R, Vectors>(c.first + x, c.stride, a.first, a.stride, b.first + x,
                       b.stride, inner);
    for (; x < width; x += ProductWidth)
      tile<R, ProductWidth / Lanes>(c.first + x, c.stride, a.first, a.stride,
                                    b.first + x, b.stride, inner);
  }

  static void add(Matrix c, ConstantMatrix a, ConstantMatrix b, size_t count,
                  size_t inner, size_t width) {
    size_t r = 0;
    for (; r + Rows <= count; r += Rows) {
      rows<Rows>({c.first + r * c.stride, c.stride},
                 {a.first + r * a.stride, a.stride}, b, inner, width);
    }
    for (; r < count; ++r)
      rows<1>({c.first + r * c.stride, c.stride},
              {a.first + r * a.stride, a.stride}, b, inner, width);
  }
};

} // namespace cim

#endif // CIM_RUNTIME_WIRES_PRODUCTKERNELS_H
