//===- RowProduct.cpp - Products of stacks of matrices --------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/RowStep.h"

#include <algorithm>

using namespace cim;

namespace {

struct MatrixShape {
  int64_t rows, inner, columns;
};

/// y = a·b of dense matrices. Four rows share each row of b that is read; a
/// block of columns stays in registers and the first-level cache. Sums run over
/// the inner dimension in its order, whatever the instruction set.
CIM_FOR_EACH_INSTRUCTION_SET
void multiply(const float *a, const float *b, float *y, MatrixShape shape) {
  constexpr int64_t block = 64;
  const auto [rows, inner, columns] = shape;
  for (int64_t first = 0; first < columns; first += block) {
    const int64_t width = std::min(block, columns - first);
    for (int64_t row = 0; row < rows; row += 4) {
      const int64_t height = std::min<int64_t>(4, rows - row);
      float sums[4][block] = {};
      for (int64_t k = 0; k < inner; ++k) {
        const float *from = b + k * columns + first;
        for (int64_t r = 0; r < height; ++r) {
          const float factor = a[(row + r) * inner + k];
          if (width == block)
            for (int64_t c = 0; c < block; ++c)
              sums[r][c] += factor * from[c];
          else
            for (int64_t c = 0; c < width; ++c)
              sums[r][c] += factor * from[c];
        }
      }
      for (int64_t r = 0; r < height; ++r)
        std::copy_n(sums[r], width, y + (row + r) * columns + first);
    }
  }
}

class ProductRows : public RowStep {
public:
  ProductRows(const Program &program, const plan::Step &step)
      : RowStep(program, step) {
    auto split = [&](int operand) {
      auto shape = dimensionsOf(program.value(step.inputs(operand)));
      return std::pair(shape.first(shape.size() - 2),
                       shape.subspan(shape.size() - 2));
    };
    const auto [stackA, a] = split(0);
    const auto [stackB, b] = split(1);
    shape = {a[0], a[1], b[1]};
    const auto result = dimensionsOf(program.value(step.outputs(0)));
    const auto stack = result.first(result.size() - 2);
    loops.emplace(stack, std::array{broadcastStrides(stackA, stack),
                                    broadcastStrides(stackB, stack)});
  }

protected:
  void compute(const Operands &operands, std::byte *result) const override {
    const auto *a = reinterpret_cast<const float *>(operands[0]);
    const auto *b = reinterpret_cast<const float *>(operands[1]);
    auto *y = reinterpret_cast<float *>(result);
    const auto [stepA, stepB] = loops->steps();
    const int64_t sizeA = shape.rows * shape.inner,
                  sizeB = shape.inner * shape.columns;
    loops->forEachRow([&](int64_t first, const std::array<int64_t, 2> &at) {
      for (int64_t i = 0; i < loops->rowLength(); ++i)
        multiply(a + (at[0] + i * stepA) * sizeA,
                 b + (at[1] + i * stepB) * sizeB,
                 y + (first + i) * shape.rows * shape.columns, shape);
    });
  }

private:
  MatrixShape shape;
  std::optional<StridedLoops<2>> loops; ///< over the matrices
};

} // namespace

std::unique_ptr<BoundStep> cim::bindRowProduct(const Program &program,
                                               const plan::Step &step) {
  if (step.operation() != "matmul" ||
      program.value(step.inputs(0)).element_type() != plan::F32 ||
      program.value(step.inputs(0)).shape_size() < 2 ||
      program.value(step.inputs(1)).shape_size() < 2)
    return nullptr;
  return std::make_unique<ProductRows>(program, step);
}
