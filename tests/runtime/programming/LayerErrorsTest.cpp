//===- LayerErrorsTest.cpp - Whether a layer's errors can be applied ------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/programming/Programming.h"
#include "runtime/tensor/Errors.h"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <limits>

using namespace cim;
using testing::HasSubstr;

namespace {

constexpr double Nan = std::numeric_limits<double>::quiet_NaN();

/// The message with which a quantized layer is refused after \p change.
std::string errorOf(const std::function<void(plan::Layer &)> &change,
                    std::vector<float> weights = {1, 2, 3, 4}) {
  plan::Layer layer;
  layer.set_name("conv1");
  layer.add_shape(2);
  layer.add_shape(2);
  layer.mutable_quantize()->set_bits(4);
  change(layer);
  try {
    LayerProgram program(layer, makeTensor({2, 2}, weights));
  } catch (const InputError &error) {
    EXPECT_THAT(error.what(), HasSubstr("layer 'conv1'"));
    return error.what();
  }
  return "";
}

TEST(LayerErrors, Good) {
  EXPECT_EQ(errorOf([](plan::Layer &) {}), "");
}

TEST(LayerErrors, Weights) {
  auto nothing = [](plan::Layer &) {};
  EXPECT_THAT(errorOf(nothing, {1, NAN, 3, 4}),
              HasSubstr("weight 1 is not finite"));
  EXPECT_THAT(errorOf(nothing, {1, 2, 3, -INFINITY}),
              HasSubstr("weight 3 is not finite"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) { layer.set_shape(0, 4); }),
              HasSubstr("another shape"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) { layer.set_index(1 << 24); }),
              HasSubstr("index"));
}

TEST(LayerErrors, Units) {
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.clear_quantize();
                layer.mutable_noise()->set_width(1);
              }),
              HasSubstr("noise in qs needs quantization"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.clear_quantize();
                layer.mutable_shift()->set_amount(1);
              }),
              HasSubstr("shift in qs needs quantization"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_noise()->set_unit(plan::MICROSIEMENS);
              }),
              HasSubstr("noise in uS needs a crossbar"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.clear_quantize();
                layer.mutable_faults()->set_flip(0.1);
              }),
              HasSubstr("flip needs quantization"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_noise()->set_unit(plan::Unit(77));
              }),
              HasSubstr("no known unit"));
}

TEST(LayerErrors, Quantize) {
  for (unsigned bits : {0u, 17u, 4000000000u})
    EXPECT_THAT(errorOf([&](plan::Layer &layer) {
                  layer.mutable_quantize()->set_bits(bits);
                }),
                HasSubstr("1 to 16 bits"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_quantize()->set_bits(1);
                layer.mutable_quantize()->set_mode(plan::Quantize::SYMMETRIC);
              }),
              HasSubstr("2 to 16 bits"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_quantize()->set_mode(plan::Quantize::PERCENTILE);
              }),
              HasSubstr("percentile"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_quantize()->set_mode(plan::Quantize::Mode(9));
              }),
              HasSubstr("no known mode"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_quantize()->set_per_channel(true);
                layer.set_channel_axis(2);
              }),
              HasSubstr("channel axis"));
  for (auto levels : {std::vector<double>{1}, {2, 1}, {1, Nan}})
    EXPECT_THAT(errorOf([&](plan::Layer &layer) {
                  layer.mutable_quantize()->set_mode(plan::Quantize::LEVELS);
                  layer.mutable_quantize()->mutable_levels()->Add(
                      levels.begin(), levels.end());
                }),
                HasSubstr("levels in ascending order"));
}

TEST(LayerErrors, Noise) {
  for (double width : {-1.0, Nan, double(INFINITY), 1e31})
    EXPECT_THAT(errorOf([&](plan::Layer &layer) {
                  layer.mutable_noise()->set_width(width);
                }),
                HasSubstr("finite width"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_noise()->add_level_factor(-1);
              }),
              HasSubstr("factors"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_noise()->set_distribution(plan::Noise::STUDENT_T);
                layer.mutable_noise()->set_parameter(2);
              }),
              HasSubstr("above 2"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_noise()->set_distribution(plan::Noise::LOGNORMAL);
                layer.mutable_noise()->set_parameter(Nan);
              }),
              HasSubstr("shape"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_noise()->set_distribution(
                    plan::Noise::Distribution(17));
              }),
              HasSubstr("no known distribution"));
  for (auto probability :
       {std::vector<double>{}, {0, 0.5}, {0.1, 1}, {0, 1, 0.5}, {0, Nan, 1}})
    EXPECT_THAT(errorOf([&](plan::Layer &layer) {
                  plan::Noise &noise = *layer.mutable_noise();
                  noise.set_distribution(plan::Noise::EMPIRICAL);
                  for (double p : probability) {
                    noise.add_quantile_probability(p);
                    noise.add_quantile_value(p);
                  }
                }),
                HasSubstr("cumulative distribution"));
}

TEST(LayerErrors, ShiftAndFaults) {
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_shift()->set_amount(Nan);
              }),
              HasSubstr("finite amount"));
  for (double fraction : {-0.1, 1.1, Nan})
    EXPECT_THAT(errorOf([&](plan::Layer &layer) {
                  layer.mutable_faults()->set_low(fraction);
                }),
                HasSubstr("fractions of cells"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_faults()->set_low(0.6);
                layer.mutable_faults()->set_high(0.6);
              }),
              HasSubstr("together at most 1"));
}

/// A change that puts the layer on crossbars first.
std::string errorOfMapped(const std::function<void(plan::Layer &)> &change) {
  return errorOf([&](plan::Layer &layer) {
    layer.mutable_crossbar()->set_groups(1);
    layer.mutable_crossbar()->set_highest_conductance(100);
    change(layer);
  });
}

TEST(LayerErrors, Crossbars) {
  EXPECT_EQ(errorOfMapped([](plan::Layer &layer) {
              layer.mutable_noise()->set_unit(plan::MICROSIEMENS);
            }),
            "");
  for (auto [low, high] : {std::pair(5.0, 5.0),
                           {-1.0, 5.0},
                           {0.0, Nan},
                           {0.0, 1e300},
                           {Nan, 1.0},
                           {0.0, 1e-40},
                           {100.0, 100.000001}})
    EXPECT_THAT(errorOfMapped([&](plan::Layer &layer) {
                  layer.mutable_crossbar()->set_lowest_conductance(low);
                  layer.mutable_crossbar()->set_highest_conductance(high);
                }),
                HasSubstr("window must ascend"));
  for (unsigned groups : {0u, 3u})
    EXPECT_THAT(errorOfMapped([&](plan::Layer &layer) {
                  layer.mutable_crossbar()->set_groups(groups);
                }),
                HasSubstr("the same number in each group"));
  EXPECT_THAT(errorOfMapped([](plan::Layer &layer) {
                layer.mutable_crossbar()->set_cells(plan::Crossbar::Cells(7));
              }),
              HasSubstr("no known kind of cells"));
  EXPECT_THAT(errorOfMapped([](plan::Layer &layer) {
                layer.mutable_crossbar()->set_cell_bits(2);
              }),
              HasSubstr("quantize with mode=symmetric, per tensor"));
  EXPECT_THAT(errorOfMapped([](plan::Layer &layer) {
                layer.mutable_crossbar()->set_cell_bits(2);
                layer.mutable_crossbar()->set_cells(plan::Crossbar::OFFSET);
                layer.mutable_quantize()->set_per_channel(true);
              }),
              HasSubstr("quantize with mode=minmax, per tensor"));
  EXPECT_THAT(errorOfMapped([](plan::Layer &layer) {
                layer.mutable_crossbar()->set_cell_bits(17);
                layer.mutable_crossbar()->set_cells(plan::Crossbar::OFFSET);
              }),
              HasSubstr("at most 16"));
}

TEST(LayerErrors, Devices) {
  auto use = [](plan::Layer &layer) {
    layer.mutable_device()->set_name("mine");
    layer.mutable_device()->set_unit("uS");
    layer.mutable_device()->set_highest_conductance(100);
    layer.mutable_device()->add_programming()->add_polynomial(1);
  };
  EXPECT_EQ(errorOfMapped(use), "");
  EXPECT_THAT(errorOf(use), HasSubstr("'mine' needs conductances"));
  EXPECT_THAT(errorOfMapped([&](plan::Layer &layer) {
                use(layer);
                layer.mutable_device()->set_highest_conductance(50);
              }),
              HasSubstr("device 'mine': the window 0:100 leaves"));
  EXPECT_THAT(errorOfMapped([&](plan::Layer &layer) {
                use(layer);
                layer.mutable_device()->set_time(5);
              }),
              HasSubstr("says nothing about time"));
  EXPECT_THAT(errorOfMapped([&](plan::Layer &layer) {
                use(layer);
                layer.mutable_device()->mutable_programming(0)->set_polynomial(
                    0, Nan);
              }),
              HasSubstr("device 'mine': programming"));
  EXPECT_THAT(errorOfMapped([&](plan::Layer &layer) {
                use(layer);
                layer.mutable_device()->set_unit("nA");
                layer.mutable_shift()->set_unit(plan::MICROSIEMENS);
              }),
              HasSubstr("shift is in uS, but the cells of device 'mine' are "
                        "described in nA; use qs, ns or abs"));
  // What no other unit can say.
  auto readNoise = [&](double width) {
    return errorOfMapped([&](plan::Layer &layer) {
      use(layer);
      layer.mutable_device()->set_unit("nA");
      layer.mutable_read_noise()->set_width(width);
    });
  };
  EXPECT_THAT(readNoise(1),
              HasSubstr("read noise is in uS, but the cells of device 'mine' "
                        "are described in nA; leave one of the two out"));
  EXPECT_EQ(readNoise(0), "");
}

/// Puts the layer's 2 x 2 weights onto a crossbar.
void onCrossbar(plan::Layer &layer) {
  plan::Crossbar &crossbar = *layer.mutable_crossbar();
  crossbar.set_highest_conductance(100);
  crossbar.set_array_rows(128);
  crossbar.set_array_columns(128);
  crossbar.set_groups(1);
  crossbar.set_groups_per_array(1);
  crossbar.set_matrix_rows(2);
  crossbar.set_matrix_columns(2);
}

TEST(LayerErrors, Wires) {
  auto wired = [](const std::function<void(plan::Layer &)> &change) {
    return errorOf([&](plan::Layer &layer) {
      onCrossbar(layer);
      layer.mutable_crossbar()->mutable_wires()->set_row(1);
      change(layer);
    });
  };
  EXPECT_EQ(wired([](plan::Layer &) {}), "");
  for (double ohm : {-1.0, Nan, double(INFINITY)})
    EXPECT_THAT(wired([&](plan::Layer &layer) {
                  layer.mutable_crossbar()->mutable_wires()->set_column(ohm);
                }),
                HasSubstr("resistances of 0 to 1e9 ohm"));
  EXPECT_THAT(wired([](plan::Layer &layer) {
                layer.mutable_crossbar()->set_matrix_rows(3);
              }),
              HasSubstr("matrices are not its weights"));
  EXPECT_THAT(wired([](plan::Layer &layer) {
                layer.mutable_device()->set_unit("nA");
                layer.mutable_device()->set_highest_conductance(100);
              }),
              HasSubstr("resistance in ohm"));
}

TEST(LayerErrors, WriteVerify) {
  auto verified = [](const std::function<void(plan::Layer &)> &change) {
    return errorOf([&](plan::Layer &layer) {
      onCrossbar(layer);
      layer.mutable_noise()->set_width(1);
      layer.mutable_noise()->set_unit(plan::MICROSIEMENS);
      layer.mutable_write_verify()->set_tolerance(1);
      layer.mutable_write_verify()->set_pulses(3);
      change(layer);
    });
  };
  EXPECT_EQ(verified([](plan::Layer &) {}), "");
  for (double tolerance : {0.0, -1.0, 1e-50, 1e31, Nan})
    EXPECT_THAT(verified([&](plan::Layer &layer) {
                  layer.mutable_write_verify()->set_tolerance(tolerance);
                }),
                HasSubstr("a tolerance from 1e-30 to 1e30"));
  for (unsigned pulses : {0u, 65u})
    EXPECT_THAT(verified([&](plan::Layer &layer) {
                  layer.mutable_write_verify()->set_pulses(pulses);
                }),
                HasSubstr("1 to 64 pulses"));
  EXPECT_THAT(verified([](plan::Layer &layer) { layer.clear_noise(); }),
              HasSubstr("nothing to verify"));
  EXPECT_THAT(verified([](plan::Layer &layer) {
                layer.clear_crossbar();
                layer.clear_noise();
              }),
              HasSubstr("write-verify in uS needs a crossbar; put the layer on "
                        "one (--crossbar RxC)"));
}

TEST(LayerErrors, CorrelatedAndReadDisturb) {
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_correlated()->set_die(Nan);
              }),
              HasSubstr("finite widths"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_correlated()->set_column(1);
                layer.mutable_correlated()->set_unit(plan::MICROSIEMENS);
              }),
              HasSubstr("correlated in uS needs a crossbar"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_correlated()->set_array(1);
                layer.mutable_correlated()->set_unit(plan::ABSOLUTE);
              }),
              HasSubstr("give them in uS"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_read_disturb()->set_amount(1);
                layer.mutable_read_disturb()->set_per(1);
              }),
              HasSubstr("add reads=N"));
  for (double per : {0.0, -1.0, Nan})
    EXPECT_THAT(errorOf([&](plan::Layer &layer) {
                  layer.mutable_read_disturb()->set_reads(1);
                  layer.mutable_read_disturb()->set_per(per);
                }),
                HasSubstr("per above 0"));
  EXPECT_THAT(errorOf([](plan::Layer &layer) {
                layer.mutable_read_disturb()->set_amount(1e20);
                layer.mutable_read_disturb()->set_reads(1e18);
                layer.mutable_read_disturb()->set_per(1);
                layer.mutable_read_disturb()->set_exponent(4);
              }),
              HasSubstr("finite amount"));
}

} // namespace
