//===- LinearAlgebra.cpp - Products of matrices ---------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/reference/Operations.h"

namespace cim::reference {

void gemm(const Arguments &arguments) {
  const Tensor &a = arguments[0], &b = arguments[1];
  Tensor &y = arguments.result;
  bool transposeA = arguments.integer("transpose_a");
  bool transposeB = arguments.integer("transpose_b");
  double alpha = arguments.number("alpha"), beta = arguments.number("beta");
  int64_t rows = y.shape[0], columns = y.shape[1];
  int64_t inner = a.shape[transposeA ? 0 : 1];

  y.numbers.assign(rows * columns, 0);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      double sum = 0;
      for (int64_t k = 0; k < inner; ++k)
        sum += a.numbers[transposeA ? k * rows + i : i * inner + k] *
               b.numbers[transposeB ? j * inner + k : k * columns + j];
      y.numbers[i * columns + j] = alpha * sum;
    }
  if (arguments.operands.size() < 3)
    return;
  const Tensor &c = arguments[2];
  forEach<1>(y.shape, {broadcastStrides(c.shape, y.shape)},
             [&](int64_t i, const std::array<int64_t, 1> &at) {
               y.numbers[i] += beta * c.numbers[at[0]];
             });
}

void matmul(const Arguments &arguments) {
  const Tensor &a = arguments[0], &b = arguments[1];
  Tensor &y = arguments.result;
  // An operand of one dimension is a row (a) or a column (b).
  Extents shapeA = a.shape, shapeB = b.shape;
  if (shapeA.size() == 1)
    shapeA.insert(shapeA.begin(), 1);
  if (shapeB.size() == 1)
    shapeB.push_back(1);
  int64_t rows = shapeA[shapeA.size() - 2], inner = shapeA.back();
  int64_t columns = shapeB.back();

  // Leading dimensions broadcast; one step along them is one matrix.
  std::span<const int64_t> leadA(shapeA.data(), shapeA.size() - 2);
  std::span<const int64_t> leadB(shapeB.data(), shapeB.size() - 2);
  std::span<const int64_t> lead(y.shape.data(),
                                std::max(leadA.size(), leadB.size()));
  withElements(a, y, [&](auto &valuesA, auto &result) {
    using T = typename std::decay_t<decltype(result)>::value_type;
    const std::span<const T> valuesB = elements<T>(b);
    forEach<2>(
        lead, {broadcastStrides(leadA, lead), broadcastStrides(leadB, lead)},
        [&](int64_t matrix, const std::array<int64_t, 2> &at) {
          const auto *left = valuesA.data() + at[0] * rows * inner;
          const auto *right = valuesB.data() + at[1] * inner * columns;
          auto *out = result.data() + matrix * rows * columns;
          for (int64_t i = 0; i < rows; ++i)
            for (int64_t k = 0; k < inner; ++k)
              for (int64_t j = 0; j < columns; ++j)
                out[i * columns + j] =
                    wrappingAdd(out[i * columns + j],
                                wrappingMultiply(left[i * inner + k],
                                                 right[k * columns + j]));
        });
  });
}

} // namespace cim::reference
