//===- PlanBuilder.h - Plans written by hand --------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_PLANBUILDER_H
#define CIM_TESTS_RUNTIME_PLANBUILDER_H

#include "runtime/plan/plan.pb.h"
#include "runtime/tensor/Tensor.h"

#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace cim::test {

using Shape = std::vector<int64_t>;
using Integers = std::vector<int64_t>;

/// Builds a plan step by step, as the compiler would. Values are their index.
class PlanBuilder {
public:
  explicit PlanBuilder(unsigned seed = 0) : random(seed) {
    plan.set_version(1);
    plan.set_model("test");
    plan.set_image_wise(true);
  }

  uint32_t input(Shape shape, plan::Layout layout = plan::CHANNELS_LAST) {
    uint32_t index = value("input", shape, layout);
    plan.add_inputs(index);
    return index;
  }

  void output(uint32_t index) { plan.add_outputs(index); }

  /// A constant of normal numbers times \p width plus \p mean.
  uint32_t constant(Shape shape, double width = 1, double mean = 0) {
    std::normal_distribution<float> normal(mean, width);
    std::vector<float> numbers(elementCount(shape));
    for (float &number : numbers)
      number = normal(random);
    return constant(shape, numbers);
  }

  uint32_t constant(Shape shape, const std::vector<float> &numbers) {
    std::string name = "constant" + std::to_string(plan.values_size());
    uint32_t index = value(name, shape, plan::ROW_MAJOR);
    plan.mutable_values(index)->set_constant(name);
    tensors[name] = makeTensor(shape, numbers);
    return index;
  }

  /// Weights whose products keep the size of their inputs.
  uint32_t weights(Shape shape) {
    double fan = double(elementCount(shape)) / shape[0];
    return constant(shape, 1 / std::sqrt(fan));
  }

  uint32_t step(const std::string &operation, std::vector<uint32_t> operands,
                Shape shape, plan::Layout layout = plan::CHANNELS_LAST) {
    plan::Step &step = *plan.add_steps();
    step.set_operation(operation);
    step.set_name(operation + std::to_string(plan.steps_size()));
    for (uint32_t operand : operands)
      step.add_inputs(operand);
    uint32_t index = value(step.name(), shape, layout);
    step.add_outputs(index);
    return index;
  }

  // What follows belongs to the step made last.
  PlanBuilder &with(const std::string &name, Integers values) {
    auto &list = *attribute(name).mutable_integers()->mutable_values();
    list.Add(values.begin(), values.end());
    return *this;
  }
  PlanBuilder &with(const std::string &name, int value) {
    attribute(name).set_integer(value);
    return *this;
  }
  PlanBuilder &with(const std::string &name, double value) {
    attribute(name).set_number(value);
    return *this;
  }
  PlanBuilder &with(const std::string &name, const char *text) {
    attribute(name).set_text(text);
    return *this;
  }
  plan::Epilogue &epilogue() { return *last().mutable_epilogue(); }
  /// scale, offset per channel and an activation.
  PlanBuilder &batchNorm(int64_t channels,
                         plan::Activation activation = plan::RELU) {
    uint32_t scale = constant({channels}, 0.2, 1),
             offset = constant({channels});
    epilogue().set_scale(scale);
    epilogue().set_offset(offset);
    epilogue().set_activation(activation);
    return *this;
  }
  /// Puts the weights of the step made last on a crossbar.
  plan::Layer &layer() {
    const plan::Value &weights = plan.values(last().inputs(1));
    last().set_layer(plan.layers_size());
    plan::Layer &layer = *plan.add_layers();
    layer.set_name("layer" + std::to_string(plan.layers_size() - 1));
    layer.set_index(plan.layers_size() - 1);
    layer.set_operation(last().operation());
    layer.set_weights(weights.constant());
    *layer.mutable_shape() = weights.shape();
    return layer;
  }

  /// y = conv(x), the weights on a crossbar; batchNorm() and epilogue() may
  /// follow.
  uint32_t conv(uint32_t x, int64_t filters, int64_t size, int64_t stride = 1,
                int64_t pad = 0, int64_t groups = 1, int64_t dilation = 1,
                Integers pads = {}) {
    Shape in = shapeOf(x);
    if (pads.empty())
      pads = Integers(4, pad);
    auto extent = [&](int d) {
      return (in[2 + d] + pads[d] + pads[2 + d] - dilation * (size - 1) - 1) /
                 stride +
             1;
    };
    uint32_t y =
        step("conv", {x, weights({filters, in[1] / groups, size, size})},
             {in[0], filters, extent(0), extent(1)});
    with("strides", {stride, stride}).with("pads", pads);
    with("dilations", {dilation, dilation}).with("groups", int(groups));
    layer();
    return y;
  }

  uint32_t pool(const char *kind, uint32_t x, int64_t size, int64_t stride,
                int64_t pad = 0, int includePad = 0) {
    Shape in = shapeOf(x);
    auto extent = [&](int d) { return (in[d] + 2 * pad - size) / stride + 1; };
    uint32_t y = step(kind, {x}, {in[0], in[1], extent(2), extent(3)});
    with("kernel", {size, size}).with("strides", {stride, stride});
    with("pads", Integers(4, pad)).with("dilations", {1, 1});
    with("ceil_mode", 0);
    if (std::string(kind) == "average_pool")
      with("count_include_pad", includePad);
    return y;
  }

  /// Global average, flattening and a fully connected layer.
  uint32_t head(uint32_t x, int64_t classes) {
    Shape in = shapeOf(x);
    uint32_t mean = step("global_average_pool", {x}, {in[0], in[1], 1, 1});
    uint32_t rows =
        step("relayout", {mean}, {in[0], in[1], 1, 1}, plan::ROW_MAJOR);
    uint32_t flat = step("reshape", {rows}, {in[0], in[1]}, plan::ROW_MAJOR);
    return gemm(flat, classes);
  }

  uint32_t gemm(uint32_t x, int64_t classes, bool transposed = true) {
    Shape in = shapeOf(x);
    Shape shape = transposed ? Shape{classes, in[1]} : Shape{in[1], classes};
    uint32_t y = step("gemm", {x, constant(shape, 1 / std::sqrt(in[1]))},
                      {in[0], classes}, plan::ROW_MAJOR);
    with("alpha", 1.0).with("beta", 1.0);
    with("transpose_a", 0).with("transpose_b", int(transposed));
    layer();
    uint32_t bias = constant({classes});
    epilogue().set_offset(bias);
    return y;
  }

  Shape shapeOf(uint32_t value) const {
    const auto &shape = plan.values(value).shape();
    return {shape.begin(), shape.end()};
  }

  plan::Plan plan;
  TensorMap tensors;
  std::mt19937 random;

private:
  uint32_t value(const std::string &name, const Shape &shape,
                 plan::Layout layout) {
    plan::Value &value = *plan.add_values();
    value.set_name(name);
    value.mutable_shape()->Add(shape.begin(), shape.end());
    value.set_layout(layout);
    return plan.values_size() - 1;
  }
  plan::Step &last() { return *plan.mutable_steps(plan.steps_size() - 1); }
  plan::Attribute &attribute(const std::string &name) {
    return (*last().mutable_attributes())[name];
  }
};

} // namespace cim::test

#endif // CIM_TESTS_RUNTIME_PLANBUILDER_H
