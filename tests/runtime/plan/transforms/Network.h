//===- Network.h - Networks to transform ------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_PLAN_TRANSFORMS_NETWORK_H
#define CIM_TESTS_RUNTIME_PLAN_TRANSFORMS_NETWORK_H

#include "runtime/plan/VerifyPlan.h"
#include "runtime/reference/ReferenceExecutor.h"
#include "tests/runtime/PlanBuilder.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>

namespace cim::test {

/// A plan as the lowering makes it: nothing fused, all values row-major.
class Network : public PlanBuilder {
public:
  using PlanBuilder::PlanBuilder;

  uint32_t input(Shape shape) {
    return PlanBuilder::input(shape, plan::ROW_MAJOR);
  }
  uint32_t conv(uint32_t x, int64_t filters, int64_t size = 3,
                int64_t stride = 1) {
    uint32_t y = PlanBuilder::conv(x, filters, size, stride, size / 2);
    plan.mutable_values(y)->set_layout(plan::ROW_MAJOR);
    return y;
  }
  uint32_t convWithBias(uint32_t x, int64_t filters) {
    uint32_t y = conv(x, filters), bias = constant({filters});
    plan.mutable_steps(plan.steps_size() - 1)->add_inputs(bias);
    return y;
  }
  uint32_t pool(const char *kind, uint32_t x) {
    uint32_t y = PlanBuilder::pool(kind, x, 2, 2);
    plan.mutable_values(y)->set_layout(plan::ROW_MAJOR);
    return y;
  }
  uint32_t batchNorm(uint32_t x) {
    Shape channels = {shapeOf(x)[1]};
    std::vector<uint32_t> operands = {x, constant(channels, 0.3, 1),
                                      constant(channels), constant(channels),
                                      constant(channels, 0.1, 1)};
    uint32_t y = same("batch_norm", operands);
    with("epsilon", 1e-5);
    return y;
  }
  /// A step whose result has the shape of operand \p like.
  uint32_t same(const char *operation, std::vector<uint32_t> operands,
                int like = 0) {
    return step(operation, operands, shapeOf(operands[like]), plan::ROW_MAJOR);
  }
  uint32_t relu(uint32_t x) { return same("relu", {x}); }
  uint32_t clip(uint32_t x, double lowest, double highest) {
    uint32_t y = same("clip", {x});
    with("lowest", lowest).with("highest", highest);
    return y;
  }
  uint32_t add(uint32_t a, uint32_t b) { return same("add", {a, b}); }
  uint32_t gemm(uint32_t x, int64_t classes, double alpha = 1,
                double beta = 1) {
    Shape in = shapeOf(x);
    std::vector<uint32_t> operands = {x, weights({in[1], classes}),
                                      constant({classes})};
    uint32_t y = step("gemm", operands, {in[0], classes}, plan::ROW_MAJOR);
    with("alpha", alpha).with("beta", beta);
    with("transpose_a", 0).with("transpose_b", 0);
    layer();
    return y;
  }
  uint32_t flatten(uint32_t x) {
    Shape in = shapeOf(x);
    return step("reshape", {x}, {in[0], elementCount(in) / in[0]},
                plan::ROW_MAJOR);
  }

  /// All outputs, one after the other, for a fixed random image, in double
  /// precision.
  std::vector<double> result() const {
    verifyPlan(plan, tensors);
    ReferenceExecutor executor(plan, tensors);
    std::vector<reference::Tensor> inputs;
    std::mt19937 random(7);
    std::normal_distribution<double> normal;
    for (uint32_t input : plan.inputs()) {
      reference::Tensor image;
      image.shape = shapeOf(input);
      image.numbers.resize(elementCount(image.shape));
      for (double &number : image.numbers)
        number = normal(random);
      inputs.push_back(image);
    }
    const std::vector<reference::Tensor> values = executor.evaluate(inputs);
    std::vector<double> numbers;
    for (uint32_t output : plan.outputs())
      std::ranges::copy(values[output].numbers, std::back_inserter(numbers));
    return numbers;
  }

  std::vector<std::string> operations() const {
    std::vector<std::string> names;
    for (const plan::Step &step : plan.steps())
      names.push_back(step.operation());
    return names;
  }
  const plan::Step &only(const std::string &operation) const {
    const plan::Step *found = nullptr;
    for (const plan::Step &step : plan.steps())
      if (step.operation() == operation) {
        EXPECT_EQ(found, nullptr) << "two steps " << operation;
        found = &step;
      }
    EXPECT_NE(found, nullptr) << "no step " << operation;
    return *found;
  }
};

/// Epilogue constants are rounded to f32, and sums are made in another order.
inline auto isAbout(const std::vector<double> &expected) {
  double largest = 1;
  for (double number : expected)
    largest = std::max(largest, std::abs(number));
  return ::testing::Pointwise(::testing::DoubleNear(1e-5 * largest), expected);
}

} // namespace cim::test

#endif // CIM_TESTS_RUNTIME_PLAN_TRANSFORMS_NETWORK_H
