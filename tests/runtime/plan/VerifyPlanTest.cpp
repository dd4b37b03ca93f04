//===- VerifyPlanTest.cpp - Malformed plans are refused -------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every test makes one good plan malformed in one way, and looks for the words
// that tell the user where and what.
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/VerifyPlan.h"
#include "runtime/tensor/Errors.h"
#include "tests/runtime/PlanBuilder.h"

#include <gmock/gmock.h>

using namespace cim;
using namespace testing;
using cim::test::PlanBuilder;

namespace {

/// The message that verification throws, or "" for a good plan.
std::string verdict(const plan::Plan &plan, const TensorMap &tensors) {
  try {
    verifyPlan(plan, tensors);
  } catch (const InputError &error) {
    return error.what();
  }
  return "";
}

std::string verdict(const PlanBuilder &network) {
  return verdict(network.plan, network.tensors);
}

/// conv (crossbar, epilogue), max_pool, global pool, gemm (crossbar).
struct Network : PlanBuilder {
  Network() {
    uint32_t x = input({1, 3, 8, 8});
    uint32_t y = conv(x, 16, 3, 1, 1);
    batchNorm(16);
    output(head(pool("max_pool", y, 2, 2), 10));
  }
  plan::Step &step(const std::string &operation) {
    for (plan::Step &step : *plan.mutable_steps())
      if (step.operation() == operation)
        return step;
    abort();
  }
  plan::Attribute &attribute(const std::string &operation,
                             const std::string &name) {
    return step(operation).mutable_attributes()->at(name);
  }
};

/// Puts layer \p index on arrays of 128 x 128, with its output channels in
/// dimension \p axis.
plan::Layer &map(PlanBuilder &network, int index, int axis, int groups = 1) {
  plan::Layer &layer = *network.plan.mutable_layers(index);
  layer.set_channel_axis(axis);
  const int64_t channels = layer.shape(axis);
  plan::Crossbar &crossbar = *layer.mutable_crossbar();
  crossbar.set_array_rows(128);
  crossbar.set_array_columns(128);
  crossbar.set_highest_conductance(100);
  crossbar.set_matrix_columns(channels / groups);
  crossbar.set_matrix_rows(network.tensors.at(layer.weights()).elements() /
                           channels);
  crossbar.set_groups(groups);
  crossbar.set_groups_per_array(1);
  return layer;
}

TEST(VerifyPlan, acceptsAGoodPlan) { EXPECT_EQ(verdict(Network()), ""); }

TEST(VerifyPlan, refusesAnotherVersion) {
  Network network;
  network.plan.set_version(2);
  EXPECT_THAT(verdict(network), HasSubstr("version 2"));
}

TEST(VerifyPlan, refusesIndicesOutOfRange) {
  Network network;
  network.step("max_pool").set_inputs(0, 1000);
  EXPECT_THAT(verdict(network),
              AllOf(HasSubstr("(max_pool)"), HasSubstr("value 1000")));
  network = Network();
  network.plan.set_outputs(0, 1000);
  EXPECT_THAT(verdict(network), HasSubstr("value 1000"));
  network = Network();
  network.plan.set_inputs(0, 1000);
  EXPECT_THAT(verdict(network), HasSubstr("value 1000"));
  network = Network();
  network.step("conv").set_layer(2);
  EXPECT_THAT(verdict(network), HasSubstr("layer 2 of 2"));
  network = Network();
  network.step("conv").mutable_epilogue()->set_residual(1u << 31);
  EXPECT_THAT(verdict(network), HasSubstr("value 2147483648"));
}

TEST(VerifyPlan, refusesUseBeforeDefinition) {
  Network network;
  network.plan.mutable_steps()->SwapElements(0, 1);
  EXPECT_THAT(verdict(network), HasSubstr("before it is defined"));
  network = Network();
  plan::Step &conv = network.step("conv");
  conv.set_inputs(0, conv.outputs(0)); // a cycle of one step
  EXPECT_THAT(verdict(network), HasSubstr("before it is defined"));
}

TEST(VerifyPlan, refusesASecondDefinition) {
  Network network;
  network.step("max_pool").set_outputs(0, network.step("conv").outputs(0));
  EXPECT_THAT(verdict(network), HasSubstr("once more"));
  network = Network();
  network.plan.add_inputs(network.plan.inputs(0));
  EXPECT_THAT(verdict(network), HasSubstr("once more"));
}

TEST(VerifyPlan, refusesNoOutputs) {
  Network network;
  network.plan.clear_outputs();
  EXPECT_THAT(verdict(network), HasSubstr("no outputs"));
}

TEST(VerifyPlan, refusesMissingOrUnfittingTensors) {
  Network network;
  std::string weights = network.plan.layers(0).weights();
  Tensor kept = network.tensors.at(weights);
  network.tensors.erase(weights);
  EXPECT_THAT(verdict(network), HasSubstr("no tensor '" + weights + "'"));
  kept.shape = {16, 27};
  network.tensors[weights] = kept;
  EXPECT_THAT(verdict(network), HasSubstr(weights));
  kept.shape = {16, 3, 3, 3};
  kept.type = plan::I32;
  network.tensors[weights] = kept;
  EXPECT_THAT(verdict(network), HasSubstr(weights));
}

TEST(VerifyPlan, refusesHostileShapes) {
  auto withShape = [](std::vector<int64_t> shape) {
    Network network;
    auto &dimensions =
        *network.plan.mutable_values(network.plan.inputs(0))->mutable_shape();
    dimensions.Assign(shape.begin(), shape.end());
    return verdict(network);
  };
  EXPECT_THAT(withShape({1, 3, -8, 8}), HasSubstr("dimension of -8"));
  EXPECT_THAT(withShape({1, 3, INT64_MAX, 8}), HasSubstr("dimension of"));
  EXPECT_THAT(withShape({1 << 20, 3, 1 << 20, 1 << 20}), HasSubstr("elements"));
  constexpr int64_t most = int64_t(1) << 31;
  EXPECT_THAT(withShape({most, most, most, 0}), HasSubstr("elements"));
  EXPECT_THAT(withShape(std::vector<int64_t>(100, 1)),
              HasSubstr("16 dimensions"));
  EXPECT_THAT(withShape({1, 3, 8}), HasSubstr("channels-last"));
}

TEST(VerifyPlan, refusesShapesThatDoNotFollow) {
  Network network;
  network.plan.mutable_values(network.step("conv").outputs(0))->set_shape(2, 9);
  EXPECT_THAT(verdict(network),
              AllOf(HasSubstr("[1, 16, 8, 8]"), HasSubstr("[1, 16, 9, 8]")));
}

TEST(VerifyPlan, refusesBrokenAttributes) {
  Network network;
  network.step("conv").mutable_attributes()->erase("groups");
  EXPECT_THAT(verdict(network), HasSubstr("attribute 'groups'"));
  network = Network();
  network.attribute("conv", "groups").set_text("one");
  EXPECT_THAT(verdict(network), HasSubstr("attribute 'groups'"));
  network = Network();
  network.attribute("conv", "groups").set_integer(0);
  EXPECT_THAT(verdict(network), HasSubstr("groups 0"));
  network = Network();
  network.attribute("conv", "groups").set_integer(3);
  EXPECT_THAT(verdict(network), HasSubstr("in 3 groups"));
  network = Network();
  network.attribute("conv", "strides").mutable_integers()->set_values(0, 0);
  EXPECT_THAT(verdict(network), HasSubstr("0 in strides"));
  network = Network();
  network.attribute("conv", "pads").mutable_integers()->set_values(0, -1);
  EXPECT_THAT(verdict(network), HasSubstr("-1 in pads"));
  network = Network();
  network.attribute("conv", "dilations")
      .mutable_integers()
      ->set_values(0, INT64_MAX);
  EXPECT_THAT(verdict(network), HasSubstr("in dilations"));
  network = Network();
  network.attribute("conv", "strides").mutable_integers()->add_values(1);
  EXPECT_THAT(verdict(network), HasSubstr("expects 2 strides, got 3"));
  network = Network();
  network.attribute("max_pool", "kernel").mutable_integers()->set_values(0, 99);
  EXPECT_THAT(verdict(network), HasSubstr("larger than its padded image"));
}

TEST(VerifyPlan, refusesBrokenEpilogues) {
  Network network;
  plan::Epilogue &epilogue = *network.step("conv").mutable_epilogue();
  uint32_t scale = epilogue.scale();
  epilogue.set_scale(network.plan.inputs(0));
  EXPECT_THAT(verdict(network), HasSubstr("scale per channel"));
  epilogue.set_scale(scale);
  epilogue.set_residual(network.plan.inputs(0));
  EXPECT_THAT(verdict(network), HasSubstr("residual"));
  epilogue.set_residual(network.step("conv").outputs(0));
  EXPECT_THAT(verdict(network), HasSubstr("residual"));
  epilogue.clear_residual();
  epilogue.set_activation(plan::Activation(17));
  EXPECT_THAT(verdict(network), HasSubstr("activation"));
}

TEST(VerifyPlan, refusesBrokenLayers) {
  auto after = [](const std::function<void(plan::Layer &)> &edit) {
    Network network;
    edit(*network.plan.mutable_layers(0));
    return verdict(network);
  };
  EXPECT_THAT(after([](auto &layer) { layer.set_weights("none"); }),
              AllOf(HasSubstr("layer 0 'layer0'"), HasSubstr("'none'")));
  EXPECT_THAT(after([](auto &layer) { layer.set_index(1); }),
              HasSubstr("shares its index"));
  EXPECT_THAT(after([](auto &layer) { layer.set_index(1 << 24); }),
              HasSubstr("has index 16777216, but random numbers tell"));
  EXPECT_EQ(after([](auto &layer) { layer.set_index((1 << 24) - 1); }), "");
  EXPECT_THAT(after([](auto &layer) { layer.set_channel_axis(4); }),
              HasSubstr("dimension that does not exist"));
  EXPECT_THAT(after([](auto &layer) { layer.set_operation("gemm"); }),
              HasSubstr("weights of its layer"));
  EXPECT_THAT(after([](auto &layer) { layer.mutable_noise()->set_width(1); }),
              HasSubstr("qs without quantization"));
  EXPECT_THAT(after([](auto &layer) {
                layer.mutable_quantize()->set_bits(5);
                layer.mutable_noise()->set_width(NAN);
              }),
              HasSubstr("width"));
  auto noise = [&](plan::Noise::Distribution distribution, double parameter) {
    return after([&](plan::Layer &layer) {
      layer.mutable_noise()->set_unit(plan::ABSOLUTE);
      layer.mutable_noise()->set_distribution(distribution);
      layer.mutable_noise()->set_parameter(parameter);
    });
  };
  EXPECT_EQ(noise(plan::Noise::LOGNORMAL, 5), "");
  EXPECT_EQ(noise(plan::Noise::STUDENT_T, 4), "");
  for (double shape : {0.0, 1e-4, 5.5, double(NAN)})
    EXPECT_THAT(noise(plan::Noise::LOGNORMAL, shape), HasSubstr("shape from"));
  for (double degrees : {2.0, 2e6, double(NAN)})
    EXPECT_THAT(noise(plan::Noise::STUDENT_T, degrees),
                HasSubstr("degrees of freedom"));
  EXPECT_THAT(
      after([](auto &layer) { layer.mutable_quantize()->set_bits(60); }),
      HasSubstr("60 bits"));
  EXPECT_THAT(after([](auto &layer) {
                layer.mutable_shift()->set_unit(plan::MICROSIEMENS);
              }),
              HasSubstr("without a crossbar"));
  EXPECT_THAT(after([](auto &layer) {
                layer.mutable_faults()->set_low(0.7);
                layer.mutable_faults()->set_high(0.7);
              }),
              HasSubstr("fractions"));
  EXPECT_THAT(after([](auto &layer) { layer.mutable_faults()->set_flip(0.1); }),
              HasSubstr("flips bits without quantization"));
}

TEST(VerifyPlan, letsAGemmAndAMatmulShareALayer) {
  PlanBuilder network;
  const uint32_t x = network.input({1, 4}, plan::ROW_MAJOR);
  const uint32_t y = network.gemm(x, 4);
  const uint32_t weights = network.plan.steps(0).inputs(1);
  network.output(network.step("matmul", {y, weights}, {1, 4}, plan::ROW_MAJOR));
  network.plan.mutable_steps(1)->set_layer(0);
  EXPECT_EQ(verdict(network), "");
  network.plan.mutable_layers(0)->set_operation("matmul");
  EXPECT_EQ(verdict(network), "");
  network.plan.mutable_layers(0)->set_operation("conv");
  EXPECT_THAT(verdict(network), HasSubstr("weights of its layer"));
}

TEST(VerifyPlan, refusesLayersOfAMatmulThatAreNoMatrix) {
  auto multiplied = [](test::Shape x, test::Shape weights, test::Shape y) {
    PlanBuilder network;
    const uint32_t a = network.input(x, plan::ROW_MAJOR);
    const uint32_t b = network.constant(weights);
    network.output(network.step("matmul", {a, b}, y, plan::ROW_MAJOR));
    network.layer();
    return verdict(network);
  };
  EXPECT_EQ(multiplied({2, 5, 8}, {8, 4}, {2, 5, 4}), "");
  EXPECT_THAT(multiplied({2, 5, 8}, {2, 8, 4}, {2, 5, 4}),
              HasSubstr("with a matrix, but its layer 'layer0' is of rank 3"));
  EXPECT_THAT(multiplied({2, 8}, {8}, {2}),
              HasSubstr("with a matrix, but its layer 'layer0' is of rank 1"));
}

TEST(VerifyPlan, refusesBrokenConverters) {
  auto after = [](const std::function<void(plan::Layer &)> &edit,
                  bool isMapped = true) {
    Network network;
    edit(isMapped ? map(network, 0, 0) : *network.plan.mutable_layers(0));
    return verdict(network);
  };
  auto dac = [&](const std::function<void(plan::Dac &)> &edit) {
    return after([&](plan::Layer &layer) {
      layer.mutable_dac()->set_bits(8);
      edit(*layer.mutable_dac());
    });
  };
  auto adc = [&](const std::function<void(plan::Adc &)> &edit) {
    return after([&](plan::Layer &layer) {
      layer.mutable_adc()->set_bits(8);
      edit(*layer.mutable_adc());
    });
  };
  EXPECT_EQ(dac([](auto &) {}), "");
  EXPECT_EQ(adc([](auto &) {}), "");
  EXPECT_THAT(after([](auto &layer) { layer.mutable_adc()->set_bits(8); },
                    /*isMapped=*/false),
              HasSubstr("has converters, but no crossbar"));
  EXPECT_THAT(dac([](auto &dac) { dac.set_bits(0); }), HasSubstr("1 to 16"));
  EXPECT_THAT(dac([](auto &dac) {
                dac.set_bits(1);
                dac.set_is_signed(true);
              }),
              HasSubstr("no place for the sign"));
  EXPECT_THAT(dac([](auto &dac) { dac.set_range(NAN); }),
              HasSubstr("of a range"));
  auto curve = [&](std::vector<std::pair<double, double>> points) {
    return dac([&](plan::Dac &dac) {
      for (auto [x, y] : points) {
        dac.add_curve_input(x);
        dac.add_curve_current(y);
      }
    });
  };
  EXPECT_EQ(curve({{0, 0}, {0.5, 0.4}, {1, 1}}), "");
  EXPECT_EQ(curve({{-1, -2}, {0, 0}, {1, 1}}), "");
  EXPECT_THAT(curve({{1, 1}}), HasSubstr("no list of points"));
  EXPECT_THAT(curve({{0, 0}, {0, 0.5}, {1, 1}}), HasSubstr("do not ascend"));
  for (double current : {1e300, -1e300, double(NAN)})
    EXPECT_THAT(curve({{0, 0}, {0.5, current}, {1, 1}}),
                HasSubstr("a current beyond 1e30"));
  EXPECT_THAT(curve({{0, 0.1}, {1, 1}}), HasSubstr("through 0"));
  EXPECT_THAT(curve({{0, 0}, {2, 1}}), HasSubstr("through 0"));
  EXPECT_THAT(dac([](auto &dac) {
                dac.set_serial(true);
                for (double x : {0, 1}) {
                  dac.add_curve_input(x);
                  dac.add_curve_current(x);
                }
              }),
              HasSubstr("serial inputs never see"));
  EXPECT_THAT(dac([](auto &dac) { dac.set_gain_mismatch(-1); }),
              HasSubstr("mismatch"));
  EXPECT_THAT(dac([](auto &dac) {
                dac.set_serial(true);
                dac.set_offset_mismatch(1);
              }),
              HasSubstr("two levels"));
  EXPECT_THAT(dac([](auto &dac) {
                dac.set_gain_mismatch(1);
                for (double x : {0, 1}) {
                  dac.add_curve_input(x);
                  dac.add_curve_current(x);
                }
              }),
              HasSubstr("mismatch and a curve"));
  EXPECT_THAT(after([](auto &layer) { layer.set_compensates_drift(true); }),
              HasSubstr("no device"));
  EXPECT_THAT(adc([](auto &adc) { adc.set_bits(1); }), HasSubstr("2 to 16"));
  EXPECT_THAT(adc([](auto &adc) {
                adc.set_range(plan::Adc::PERCENTILE);
                adc.set_value(0);
              }),
              HasSubstr("percentile"));
  EXPECT_THAT(adc([](auto &adc) {
                adc.set_range(plan::Adc::FRACTION);
                adc.set_value(1.5);
              }),
              HasSubstr("fraction"));
  EXPECT_THAT(adc([](auto &adc) { adc.set_range(plan::Adc::LIMITS); }),
              HasSubstr("lack their limits"));
  EXPECT_THAT(adc([](auto &adc) { adc.add_limits(0); }),
              HasSubstr("limits that are not"));
  EXPECT_EQ(adc([](auto &adc) { adc.add_limits(1); }), "");
  EXPECT_THAT(adc([](auto &adc) {
                adc.add_limits(1);
                adc.add_limits(2);
              }),
              HasSubstr("has 2 limits of its ADCs; expected 1"));
  EXPECT_THAT(adc([](auto &adc) { adc.set_gain_mismatch(-1); }),
              HasSubstr("mismatch"));
  EXPECT_THAT(
      after([](auto &layer) { layer.mutable_read_noise()->set_width(NAN); }),
      HasSubstr("read noise"));
}

TEST(VerifyPlan, refusesBrokenCrossbars) {
  auto after = [](const std::function<void(plan::Layer &)> &edit) {
    Network network;
    edit(map(network, 0, 0));
    return verdict(network);
  };
  EXPECT_EQ(after([](auto &) {}), "");
  // What a crossbar gives a meaning.
  EXPECT_EQ(after([](auto &layer) {
              layer.mutable_shift()->set_unit(plan::MICROSIEMENS);
            }),
            "");
  EXPECT_THAT(
      after([](auto &layer) { layer.mutable_crossbar()->set_array_rows(0); }),
      HasSubstr("1 to 65536"));
  EXPECT_THAT(
      after([](auto &layer) { layer.mutable_crossbar()->set_matrix_rows(7); }),
      HasSubstr("not made of its weights"));
  EXPECT_THAT(
      after([](auto &layer) { layer.mutable_crossbar()->set_groups(0); }),
      HasSubstr("not made of its weights"));
  EXPECT_THAT(after([](auto &layer) {
                layer.mutable_crossbar()->set_groups_per_array(2);
              }),
              HasSubstr("no place"));
  EXPECT_THAT(after([](auto &layer) {
                layer.mutable_crossbar()->set_lowest_conductance(100);
              }),
              HasSubstr("window"));
  for (double highest : {double(NAN), 1e300, 1e-40})
    EXPECT_THAT(after([&](auto &layer) {
                  layer.mutable_crossbar()->set_highest_conductance(highest);
                }),
                HasSubstr("window"));
  EXPECT_THAT(after([](auto &layer) {
                layer.mutable_crossbar()->set_ideal_reference(true);
              }),
              HasSubstr("no reference"));
  EXPECT_THAT(
      after([](auto &layer) { layer.mutable_crossbar()->set_cell_bits(17); }),
      HasSubstr("17 bits"));
  EXPECT_THAT(
      after([](auto &layer) { layer.mutable_crossbar()->set_cell_bits(2); }),
      HasSubstr("mode symmetric per tensor"));
  EXPECT_THAT(after([](auto &layer) {
                layer.mutable_crossbar()->set_cell_bits(2);
                layer.mutable_quantize()->set_bits(1);
                layer.mutable_quantize()->set_mode(plan::Quantize::SYMMETRIC);
              }),
              HasSubstr("1 bits; expected 2 to 16"));
  EXPECT_THAT(after([](auto &layer) {
                layer.mutable_crossbar()->set_cells(plan::Crossbar::OFFSET);
                layer.mutable_crossbar()->set_cell_bits(2);
                layer.mutable_quantize()->set_bits(5);
                layer.mutable_quantize()->set_mode(plan::Quantize::SYMMETRIC);
              }),
              HasSubstr("mode minmax per tensor"));
}

/// Its converters would have another number of columns than its results.
TEST(VerifyPlan, refusesChannelsInAnotherDimension) {
  auto conv = [](PlanBuilder &b) {
    return b.conv(b.input({1, 4, 8, 8}), 8, 3, 1, 1, /*groups=*/2);
  };
  auto gemm = [](bool transposed) {
    return [=](PlanBuilder &b) {
      return b.gemm(b.input({1, 6}, plan::ROW_MAJOR), 4, transposed);
    };
  };
  auto matmul = [](PlanBuilder &b) {
    const uint32_t x = b.input({1, 6}, plan::ROW_MAJOR);
    const uint32_t y =
        b.step("matmul", {x, b.constant({6, 4})}, {1, 4}, plan::ROW_MAJOR);
    b.layer();
    return y;
  };
  auto mapped = [](const std::function<uint32_t(PlanBuilder &)> &network,
                   int axis, int groups = 1) {
    PlanBuilder b;
    b.output(network(b));
    map(b, 0, axis, groups);
    return verdict(b);
  };
  const auto isRefused = HasSubstr("the matrix that its layer 'layer0' makes");
  EXPECT_EQ(mapped(conv, 0, 2), "");
  EXPECT_THAT(mapped(conv, 1, 2), isRefused);
  EXPECT_THAT(mapped(conv, 0, 1), isRefused);
  EXPECT_EQ(mapped(gemm(true), 0), "");
  EXPECT_THAT(mapped(gemm(true), 1), isRefused);
  EXPECT_EQ(mapped(gemm(false), 1), "");
  EXPECT_THAT(mapped(gemm(false), 0), isRefused);
  EXPECT_EQ(mapped(matmul, 1), "");
  EXPECT_THAT(mapped(matmul, 0), isRefused);
}

TEST(VerifyPlan, checksIndicesThatAreConstant) {
  auto gather = [](std::vector<int64_t> indices) {
    PlanBuilder network;
    uint32_t x = network.input({4, 3}, plan::ROW_MAJOR);
    uint32_t i = network.constant({2}, {0.0f, 0.0f});
    plan::Value &value = *network.plan.mutable_values(i);
    value.set_element_type(plan::I64);
    Tensor &tensor = network.tensors[value.constant()];
    tensor.type = plan::I64;
    auto owner = std::make_shared<std::vector<int64_t>>(indices);
    tensor.data = {owner, reinterpret_cast<std::byte *>(owner->data())};
    network.output(network.step("gather", {x, i}, {2, 3}, plan::ROW_MAJOR));
    network.with("axis", 0);
    return verdict(network);
  };
  EXPECT_EQ(gather({-4, 3}), "");
  EXPECT_THAT(gather({0, 4}), HasSubstr("index 4"));
  EXPECT_THAT(gather({-5, 0}), HasSubstr("index -5"));
}

/// One step of every remaining family, right and wrong.
struct OneStep {
  std::string operation;
  std::vector<test::Shape> operands;
  test::Shape result;
  std::function<void(PlanBuilder &)> attributes;
  std::string message; ///< of the error; empty: accepted
};

class VerifyStep : public TestWithParam<OneStep> {};

TEST_P(VerifyStep, followsTheRule) {
  const OneStep &p = GetParam();
  PlanBuilder builder;
  std::vector<uint32_t> operands;
  for (const test::Shape &shape : p.operands)
    operands.push_back(builder.input(shape, plan::ROW_MAJOR));
  builder.output(
      builder.step(p.operation, operands, p.result, plan::ROW_MAJOR));
  if (p.attributes)
    p.attributes(builder);
  if (p.message.empty())
    EXPECT_EQ(verdict(builder), "");
  else
    EXPECT_THAT(verdict(builder), HasSubstr(p.message));
}

auto slice(test::Integers starts, test::Integers sizes, test::Integers steps) {
  return [=](PlanBuilder &b) {
    b.with("starts", starts).with("sizes", sizes).with("steps", steps);
  };
}
auto pad(test::Integers pads, const char *mode) {
  return [=](PlanBuilder &b) {
    b.with("pads", pads).with("mode", mode).with("value", 0.0);
  };
}
auto axis(int axis) {
  return [=](PlanBuilder &b) { b.with("axis", axis); };
}

INSTANTIATE_TEST_SUITE_P(
    , VerifyStep,
    Values(OneStep{"relu", {{2, 3}}, {2, 3}, {}, ""},
           OneStep{"relu", {{2, 3}, {2, 3}}, {2, 3}, {}, "2 operands"},
           OneStep{"not", {{2}}, {2}, {}, "type F32"},
           OneStep{"add", {{1, 4, 2}, {4, 1}}, {1, 4, 2}, {}, ""},
           OneStep{"add", {{1, 4, 2}, {3, 1}}, {1, 4, 2}, {}, "broadcast"},
           OneStep{"less", {{2}, {2}}, {2}, {}, "type BOOL"},
           OneStep{"matmul", {{1, 2, 3}, {3, 4}}, {1, 2, 4}, {}, ""},
           OneStep{"matmul", {{3}, {3, 4}}, {4}, {}, ""},
           OneStep{"matmul", {{1, 2, 3}, {2, 4}}, {1, 2, 4}, {}, "multiply"},
           OneStep{"matmul", {{}, {2, 4}}, {4}, {}, "operand 0"},
           OneStep{"reshape", {{2, 3}}, {6}, {}, ""},
           OneStep{"reshape", {{2, 3}}, {5}, {}, "the shape [5]"},
           OneStep{"expand", {{1, 3}}, {2, 3}, {}, ""},
           OneStep{"expand", {{2, 3}}, {1, 3}, {}, "result of shape [2, 3]"},
           OneStep{"softmax", {{2, 3}}, {2, 3}, axis(1), ""},
           OneStep{"softmax", {{2, 3}}, {2, 3}, axis(2), "axis 2"},
           OneStep{"concat", {{1, 2}, {1, 3}}, {1, 5}, axis(1), ""},
           OneStep{"concat", {{1, 2}, {2, 3}}, {1, 5}, axis(1), "join"},
           OneStep{"slice", {{4}}, {2}, slice({3}, {2}, {-2}), ""},
           OneStep{"slice", {{4}}, {2}, slice({3}, {2}, {2}), "leaves"},
           OneStep{"slice", {{4}}, {2}, slice({0}, {2}, {0}), "leaves"},
           OneStep{"pad", {{4}}, {7}, pad({1, 2}, "reflect"), ""},
           OneStep{"pad", {{4}}, {9}, pad({1, 4}, "reflect"), "copy"},
           OneStep{"pad", {{4}}, {3}, pad({-1, 0}, "constant"), ""},
           OneStep{"pad", {{4}}, {0}, pad({-3, -3}, "constant"), "removes"},
           OneStep{"pad", {{4}}, {6}, pad({1, 1}, "mirror"), "mirror"},
           OneStep{"transpose",
                   {{2, 3}},
                   {3, 2},
                   [](PlanBuilder &b) { b.with("permutation", {1, 0}); },
                   ""},
           OneStep{"transpose",
                   {{2, 3}},
                   {3, 2},
                   [](PlanBuilder &b) { b.with("permutation", {1, 1}); },
                   "no permutation"},
           OneStep{"reduce",
                   {{2, 3, 4}},
                   {2},
                   [](PlanBuilder &b) {
                     b.with("kind", "mean").with("axes", {1, 2});
                     b.with("keep_dimensions", 0);
                   },
                   ""},
           OneStep{"reduce",
                   {{2, 3, 4}},
                   {2},
                   [](PlanBuilder &b) {
                     b.with("kind", "mean").with("axes", {2, 1});
                     b.with("keep_dimensions", 0);
                   },
                   "ascend"},
           OneStep{"relayout", {{1, 3, 2, 2}}, {1, 3, 2, 2}, {}, "equal"},
           OneStep{"top_k",
                   {{2, 3}},
                   {2, 4},
                   [](PlanBuilder &b) {
                     b.with("k", 4).with("axis", 1).with("largest", 1);
                   },
                   "results of type I64"},
           OneStep{"gather_elements",
                   {{2, 3}, {2, 3}},
                   {2, 3},
                   axis(1),
                   "indices that are integers"},
           OneStep{"cumulate",
                   {{2, 3}},
                   {2, 3},
                   [](PlanBuilder &b) {
                     b.with("kind", "sum").with("axis", 1);
                     b.with("exclusive", 0).with("reverse", 0);
                   },
                   ""},
           OneStep{"cumulate",
                   {{2, 3}},
                   {2, 3},
                   [](PlanBuilder &b) {
                     b.with("kind", "mean").with("axis", 1);
                     b.with("exclusive", 0).with("reverse", 0);
                   },
                   "mean"},
           OneStep{"average_pool",
                   {{1, 1, 7, 7}},
                   {1, 1, 4, 4},
                   [](PlanBuilder &b) {
                     b.with("kernel", {2, 2}).with("strides", {2, 2});
                     b.with("pads", {0, 0, 0, 0}).with("dilations", {1, 1});
                     b.with("ceil_mode", 1).with("count_include_pad", 0);
                   },
                   ""}));

} // namespace
