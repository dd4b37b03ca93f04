//===- RowReduction.cpp - Rows, reduced -----------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Attributes.h"
#include "runtime/executor/RowStep.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace cim;

namespace {

enum class Reduction { sum, mean, max, min };

/// Each number of the result from a block of numbers of the operand, first a
/// run of them, whose addresses are prepared. Sums are in double precision: of
/// many numbers, f32 would be off by their count.
class ReducedRows : public RowStep {
public:
  ReducedRows(const Program &program, const plan::Step &step, Reduction kind)
      : RowStep(program, step), kind(kind) {
    const auto shape = dimensionsOf(program.value(step.inputs(0)));
    const std::vector<int64_t> strides = denseStrides(shape);
    std::vector<int64_t> keptShape, keptStrides, foldedShape, foldedStrides;
    auto axes = integers(step, "axes");
    for (size_t d = 0; d < shape.size(); ++d) {
      const bool isFolded = std::ranges::count(axes, int64_t(d)) > 0;
      (isFolded ? foldedShape : keptShape).push_back(shape[d]);
      (isFolded ? foldedStrides : keptStrides).push_back(strides[d]);
    }
    kept.emplace(keptShape, std::array{keptStrides});
    folded.emplace(foldedShape, std::array{foldedStrides});
    count = elementCount(foldedShape);
  }

protected:
  void compute(const Operands &operands, std::byte *result) const override {
    const auto *x = reinterpret_cast<const float *>(operands[0]);
    auto *y = reinterpret_cast<float *>(result);
    kept->forEachRow([&](int64_t first, const std::array<int64_t, 1> &at) {
      for (int64_t i = 0; i < kept->rowLength(); ++i)
        y[first + i] = reduce(x + at[0] + i * kept->steps()[0]);
    });
  }

private:
  template <typename T, typename Function>
  T fold(const float *x, T start, Function function) const {
    const int64_t step = folded->steps()[0];
    folded->forEachRow([&](int64_t, const std::array<int64_t, 1> &at) {
      for (int64_t i = 0; i < folded->rowLength(); ++i)
        start = function(start, x[at[0] + i * step]);
    });
    return start;
  }

  float reduce(const float *x) const {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    // a ≠ a is how NaN shows, which prevails.
    switch (kind) {
    case Reduction::max:
      return fold(x, -infinity,
                  [](float a, float b) { return a > b || a != a ? a : b; });
    case Reduction::min:
      return fold(x, infinity,
                  [](float a, float b) { return a < b || a != a ? a : b; });
    default:
      break;
    }
    const double sum =
        fold(x, 0.0, [](double a, float b) { return a + double(b); });
    return kind == Reduction::mean ? sum / double(count) : sum;
  }

  Reduction kind;
  std::optional<StridedLoops<1>> kept, folded;
  int64_t count;
};

class SoftmaxRows : public RowStep {
public:
  SoftmaxRows(const Program &program, const plan::Step &step)
      : RowStep(program, step) {
    const auto shape = dimensionsOf(program.value(step.inputs(0)));
    const int64_t axis = integer(step, "axis");
    outer = elementCount(shape.first(axis));
    extent = shape[axis];
    inner = elementCount(shape.subspan(axis + 1));
  }

protected:
  void compute(const Operands &operands, std::byte *result) const override {
    const auto *x = reinterpret_cast<const float *>(operands[0]);
    auto *y = reinterpret_cast<float *>(result);
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i)
        line(x + o * extent * inner + i, y + o * extent * inner + i);
  }

private:
  void line(const float *x, float *y) const {
    // Relative to the largest, so that no power overflows.
    float largest = -std::numeric_limits<float>::infinity();
    for (int64_t k = 0; k < extent; ++k)
      largest = std::max(largest, x[k * inner]);
    double sum = 0;
    for (int64_t k = 0; k < extent; ++k)
      sum += y[k * inner] = std::exp(x[k * inner] - largest);
    const float factor = 1 / sum;
    for (int64_t k = 0; k < extent; ++k)
      y[k * inner] *= factor;
  }

  int64_t outer, extent, inner;
};

} // namespace

std::unique_ptr<BoundStep> cim::bindRowReduction(const Program &program,
                                                 const plan::Step &step) {
  if (step.inputs_size() != 1 ||
      program.value(step.inputs(0)).element_type() != plan::F32)
    return nullptr;
  if (step.operation() == "softmax")
    return std::make_unique<SoftmaxRows>(program, step);
  if (step.operation() != "reduce")
    return nullptr;
  const std::string &kind = text(step, "kind");
  for (auto [name, reduction] :
       {std::pair("sum", Reduction::sum), std::pair("mean", Reduction::mean),
        std::pair("max", Reduction::max), std::pair("min", Reduction::min)})
    if (kind == name)
      return std::make_unique<ReducedRows>(program, step, reduction);
  return nullptr;
}
