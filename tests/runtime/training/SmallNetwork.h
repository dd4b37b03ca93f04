//===- SmallNetwork.h - A network with a bit of everything ------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_TRAINING_SMALLNETWORK_H
#define CIM_TESTS_RUNTIME_TRAINING_SMALLNETWORK_H

#include "tests/runtime/plan/transforms/Network.h"

namespace cim::test {

/// As lowered: two stages of convolutions with batch normalisation, an identity
/// shortcut, one that is a strided slice padded with channels, pools, a grouped
/// convolution, concatenation, and two dense layers with biases.
///
/// With \p overBatch batch normalisation is spelled out with means over all
/// images instead, for the reference; constants come in the same order.
class SmallNetwork : public Network {
public:
  explicit SmallNetwork(int64_t images, bool overBatch = false)
      : Network(11), overBatch(overBatch) {
    plan.set_image_wise(!overBatch);
    const uint32_t x = input({images, 3, 12, 12});
    uint32_t a = relu(normalise(conv(x, 16)));
    uint32_t branch = relu(normalise(conv(a, 16)));
    branch = normalise(conv(branch, 16));
    a = relu(add(branch, a));
    // Stride 2, and a shortcut without weights.
    branch = relu(normalise(conv(a, 24, 3, 2)));
    branch = normalise(conv(branch, 24));
    a = relu(add(branch, shrink(a, 24)));
    a = pool("max_pool", a);
    // A grouped convolution beside an average.
    uint32_t grouped = conv(a, 16);
    plan::Step &last = *plan.mutable_steps(plan.steps_size() - 1);
    (*last.mutable_attributes())["groups"].set_integer(2);
    regroup(last, 16, 12);
    grouped = clip(grouped, 0, 0.8);
    a = concat(grouped, a);
    a = global(a);
    a = relu(gemm(flatten(a), 20));
    output(gemm(a, 5));
    for (const plan::Value &value : plan.values())
      if (!value.constant().empty())
        constants.push_back(value.constant());
  }

  /// Names of all constants, in the order in which they were made.
  std::vector<std::string> constants;

private:
  uint32_t normalise(uint32_t x) {
    if (!overBatch)
      return batchNorm(x);
    const int64_t channels = shapeOf(x)[1];
    const Shape each = {channels}, row = {1, channels, 1, 1};
    const uint32_t scale = constant(each, 0.3, 1), bias = constant(each);
    constant(each);
    constant(each, 0.1, 1);
    auto reshaped = [&](uint32_t v) {
      return step("reshape", {v}, row, plan::ROW_MAJOR);
    };
    auto mean = [&](uint32_t v) {
      const uint32_t m = step("reduce", {v}, row, plan::ROW_MAJOR);
      with("kind", "mean").with("axes", {0, 2, 3}).with("keep_dimensions", 1);
      return m;
    };
    const uint32_t centred = same("sub", {x, mean(x)});
    const uint32_t variance = mean(same("mul", {centred, centred}));
    const uint32_t epsilon = constantScalar(1e-5f);
    const uint32_t deviation =
        step("sqrt", {step("add", {variance, epsilon}, row, plan::ROW_MAJOR)},
             row, plan::ROW_MAJOR);
    return same("add", {same("mul", {same("div", {centred, deviation}),
                                     reshaped(scale)}),
                        reshaped(bias)});
  }
  uint32_t constantScalar(float number) {
    // Not from the random numbers, and not counted.
    const uint32_t index = constant({1, 1, 1, 1}, std::vector<float>{number});
    const std::string name = "epsilon" + std::to_string(index);
    tensors[name] = tensors.extract(plan.values(index).constant()).mapped();
    plan.mutable_values(index)->set_constant(name);
    return index;
  }
  uint32_t shrink(uint32_t x, int64_t channels) {
    const Shape in = shapeOf(x);
    const Shape half = {in[0], in[1], in[2] / 2, in[3] / 2};
    const uint32_t y = step("slice", {x}, half, plan::ROW_MAJOR);
    with("starts", {0, 0, 0, 0})
        .with("sizes", half)
        .with("steps", {1, 1, 2, 2});
    const int64_t before = (channels - in[1]) / 2;
    const uint32_t padded =
        step("pad", {y}, {in[0], channels, half[2], half[3]}, plan::ROW_MAJOR);
    with("pads", {0, before, 0, 0, 0, channels - in[1] - before, 0, 0});
    with("mode", "constant").with("value", 0.0);
    return padded;
  }
  uint32_t concat(uint32_t a, uint32_t b) {
    Shape shape = shapeOf(a);
    shape[1] += shapeOf(b)[1];
    const uint32_t y = step("concat", {a, b}, shape, plan::ROW_MAJOR);
    with("axis", 1);
    return y;
  }
  uint32_t global(uint32_t x) {
    const Shape in = shapeOf(x);
    return step("global_average_pool", {x}, {in[0], in[1], 1, 1},
                plan::ROW_MAJOR);
  }
  /// Gives \p step, a convolution made without groups, weights for them.
  void regroup(plan::Step &step, int64_t filters, int64_t inputs) {
    const uint32_t fewer = weights({filters, inputs, 3, 3});
    step.set_inputs(1, fewer);
    plan::Layer &layer = *plan.mutable_layers(step.layer());
    layer.set_weights(plan.values(fewer).constant());
    *layer.mutable_shape() = plan.values(fewer).shape();
  }

  bool overBatch;
};

} // namespace cim::test

#endif // CIM_TESTS_RUNTIME_TRAINING_SMALLNETWORK_H
