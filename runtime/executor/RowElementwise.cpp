//===- RowElementwise.cpp - Rows, element by element ----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Attributes.h"
#include "runtime/executor/RowStep.h"
#include "runtime/executor/Views.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

using namespace cim;

namespace {

template <typename T> const T *as(const std::byte *bytes) {
  return reinterpret_cast<const T *>(bytes);
}

//===----------------------------------------------------------------------===//
// Functions of one number
//===----------------------------------------------------------------------===//

using UnaryLoop = void (*)(const float *x, float *y, int64_t count);

template <auto function>
void unaryLoop(const float *x, float *y, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    y[i] = function(x[i]);
}

const std::map<std::string_view, UnaryLoop> unaryLoops = {
    {"sigmoid", unaryLoop<[](float x) { return 1 / (1 + std::exp(-x)); }>},
    {"tanh", unaryLoop<[](float x) { return std::tanh(x); }>},
    {"exp", unaryLoop<[](float x) { return std::exp(x); }>},
    {"log", unaryLoop<[](float x) { return std::log(x); }>},
    {"sqrt", unaryLoop<[](float x) { return std::sqrt(x); }>},
    {"abs", unaryLoop<[](float x) { return std::fabs(x); }>},
    {"neg", unaryLoop<[](float x) { return -x; }>},
    {"floor", unaryLoop<[](float x) { return std::floor(x); }>},
    {"ceil", unaryLoop<[](float x) { return std::ceil(x); }>},
    {"round", unaryLoop<[](float x) { return std::nearbyint(x); }>},
    {"erf", unaryLoop<[](float x) { return std::erf(x); }>},
    {"reciprocal", unaryLoop<[](float x) { return 1 / x; }>},
    {"sin", unaryLoop<[](float x) { return std::sin(x); }>},
    {"cos", unaryLoop<[](float x) { return std::cos(x); }>},
};

class UnaryRows : public RowStep {
public:
  UnaryRows(const Program &program, const plan::Step &step, UnaryLoop loop)
      : RowStep(program, step), loop(loop),
        count(elementCount(dimensionsOf(program.value(step.outputs(0))))) {}

protected:
  void compute(const Operands &operands, std::byte *result) const override {
    loop(as<float>(operands[0]), reinterpret_cast<float *>(result), count);
  }

private:
  UnaryLoop loop;
  int64_t count;
};

/// The same of images, whose padding stays zero.
class UnaryImages : public BoundStep {
public:
  UnaryImages(const plan::Step &step, UnaryLoop loop)
      : loop(loop), input(step.inputs(0)), output(step.outputs(0)) {}

  void place(std::span<const Placement> values, size_t) override {
    in = imagesOf(values[input]);
    out = imagesOf(values[output]);
  }

  int run(const Pass &pass) const override {
    const kernels::ImageView x = in.in(pass), y = out.in(pass);
    for (int n = 0; n < y.images; ++n)
      for (int row = 0; row < y.height; ++row)
        for (int column = 0; column < y.width; ++column) {
          float *pixel = y.data + n * y.imageStride + row * y.rowStride +
                         column * y.pixelStride;
          loop(x.data + n * x.imageStride + row * x.rowStride +
                   column * x.pixelStride,
               pixel, y.channels);
          std::fill(pixel + y.channels, pixel + y.pixelStride, 0.0f);
        }
    return 0;
  }

private:
  UnaryLoop loop;
  uint32_t input, output;
  PlacedView in, out;
};

//===----------------------------------------------------------------------===//
// Functions of two numbers
//===----------------------------------------------------------------------===//

/// One row; an operand whose step is 0 is the same number throughout.
using BinaryLoop = void (*)(const float *a, const float *b, std::byte *y,
                            int64_t count, int64_t stepA, int64_t stepB);

template <typename Result, auto function>
void binaryLoop(const float *a, const float *b, std::byte *bytes, int64_t count,
                int64_t stepA, int64_t stepB) {
  auto *y = reinterpret_cast<Result *>(bytes);
  if (stepA == 1 && stepB == 1) {
    for (int64_t i = 0; i < count; ++i)
      y[i] = function(a[i], b[i]);
  } else if (stepB == 0 && stepA == 1) {
    const float number = *b;
    for (int64_t i = 0; i < count; ++i)
      y[i] = function(a[i], number);
  } else {
    const float number = *a;
    for (int64_t i = 0; i < count; ++i)
      y[i] = function(number, b[i * stepB]);
  }
}

const std::map<std::string_view, BinaryLoop> binaryLoops = {
    {"add", binaryLoop<float, [](float a, float b) { return a + b; }>},
    {"sub", binaryLoop<float, [](float a, float b) { return a - b; }>},
    {"mul", binaryLoop<float, [](float a, float b) { return a * b; }>},
    {"div", binaryLoop<float, [](float a, float b) { return a / b; }>},
    {"pow", binaryLoop<float, [](float a, float b) { return std::pow(a, b); }>},
    // a ≠ a is how NaN shows, which prevails.
    {"min", binaryLoop<float, [](float a,
                                 float b) { return a < b || a != a ? a : b; }>},
    {"max", binaryLoop<float, [](float a,
                                 float b) { return a > b || a != a ? a : b; }>},
    {"equal", binaryLoop<uint8_t, [](float a, float b) { return a == b; }>},
    {"less", binaryLoop<uint8_t, [](float a, float b) { return a < b; }>},
    {"greater", binaryLoop<uint8_t, [](float a, float b) { return a > b; }>},
};

class BinaryRows : public RowStep {
public:
  BinaryRows(const Program &program, const plan::Step &step, BinaryLoop loop)
      : RowStep(program, step), loop(loop),
        loops(dimensionsOf(program.value(step.outputs(0))),
              {stridesOf(program, step, 0), stridesOf(program, step, 1)}),
        width(byteWidth(program.value(step.outputs(0)).element_type())) {}

protected:
  void compute(const Operands &operands, std::byte *result) const override {
    const auto *a = as<float>(operands[0]), *b = as<float>(operands[1]);
    const auto [stepA, stepB] = loops.steps();
    loops.forEachRow([&](int64_t first, const std::array<int64_t, 2> &at) {
      loop(a + at[0], b + at[1], result + first * width, loops.rowLength(),
           stepA, stepB);
    });
  }

private:
  static std::vector<int64_t> stridesOf(const Program &program,
                                        const plan::Step &step, int operand) {
    return broadcastStrides(dimensionsOf(program.value(step.inputs(operand))),
                            dimensionsOf(program.value(step.outputs(0))));
  }

  BinaryLoop loop;
  StridedLoops<2> loops;
  int64_t width;
};

//===----------------------------------------------------------------------===//
// Choice
//===----------------------------------------------------------------------===//

class WhereRows : public RowStep {
public:
  WhereRows(const Program &program, const plan::Step &step)
      : RowStep(program, step),
        loops(dimensionsOf(program.value(step.outputs(0))),
              {stridesOf(program, step, 0), stridesOf(program, step, 1),
               stridesOf(program, step, 2)}) {}

protected:
  void compute(const Operands &operands, std::byte *result) const override {
    const auto [stepC, stepA, stepB] = loops.steps();
    loops.forEachRow([&](int64_t first, const std::array<int64_t, 3> &at) {
      const uint8_t *c = as<uint8_t>(operands[0]) + at[0];
      const float *a = as<float>(operands[1]) + at[1];
      const float *b = as<float>(operands[2]) + at[2];
      float *y = reinterpret_cast<float *>(result) + first;
      for (int64_t i = 0; i < loops.rowLength(); ++i)
        y[i] = c[i * stepC] ? a[i * stepA] : b[i * stepB];
    });
  }

private:
  static std::vector<int64_t> stridesOf(const Program &program,
                                        const plan::Step &step, int operand) {
    return broadcastStrides(dimensionsOf(program.value(step.inputs(operand))),
                            dimensionsOf(program.value(step.outputs(0))));
  }

  StridedLoops<3> loops;
};

} // namespace

std::unique_ptr<BoundStep> cim::bindImageElementwise(const Program &program,
                                                     const plan::Step &step) {
  auto unary = unaryLoops.find(step.operation());
  if (unary == unaryLoops.end() || step.has_epilogue() ||
      program.isConstant(step.inputs(0)) ||
      program.value(step.inputs(0)).layout() != plan::CHANNELS_LAST ||
      program.value(step.outputs(0)).layout() != plan::CHANNELS_LAST)
    return nullptr;
  return std::make_unique<UnaryImages>(step, unary->second);
}

std::unique_ptr<BoundStep> cim::bindRowElementwise(const Program &program,
                                                   const plan::Step &step) {
  const bool isChoice = step.operation() == "where";
  for (int i = isChoice; i < step.inputs_size(); ++i)
    if (program.value(step.inputs(i)).element_type() != plan::F32)
      return nullptr;
  if (isChoice)
    return std::make_unique<WhereRows>(program, step);
  if (auto unary = unaryLoops.find(step.operation()); unary != unaryLoops.end())
    return std::make_unique<UnaryRows>(program, step, unary->second);
  if (auto binary = binaryLoops.find(step.operation());
      binary != binaryLoops.end())
    return std::make_unique<BinaryRows>(program, step, binary->second);
  return nullptr;
}
