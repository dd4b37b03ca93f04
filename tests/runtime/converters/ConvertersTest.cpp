//===- ConvertersTest.cpp - Codes, and how converters differ --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/converters/Adc.h"
#include "runtime/converters/Dac.h"
#include "runtime/converters/ReadNoise.h"
#include "runtime/tensor/Errors.h"

#include <gmock/gmock.h>

#include <cmath>

using namespace cim;
using namespace testing;

namespace {

plan::Dac dacPlan(unsigned bits, double range, bool isSigned) {
  plan::Dac dac;
  dac.set_bits(bits);
  dac.set_range(range);
  dac.set_is_signed(isSigned);
  return dac;
}

TEST(Dac, hasTheCodesOfTheGuide) {
  const Dac positive(dacPlan(8, 2.55, false));
  EXPECT_EQ(positive.highest(), 255);
  EXPECT_EQ(positive.lowest(), 0);
  EXPECT_DOUBLE_EQ(positive.step(), 0.01);
  const Dac both(dacPlan(8, 1.27, true));
  EXPECT_EQ(both.highest(), 127);
  EXPECT_EQ(both.lowest(), -127);
  EXPECT_DOUBLE_EQ(both.step(), 0.01);
  EXPECT_EQ(both.code(-5), -127);
  EXPECT_EQ(positive.code(-5), 0);
  EXPECT_EQ(positive.code(5), 255);
  // Halves to even.
  const Dac halves(dacPlan(3, 7, false));
  EXPECT_EQ(halves.code(0.5), 0);
  EXPECT_EQ(halves.code(1.5), 2);
  EXPECT_EQ(halves.code(2.5), 2);
  // Only what clipping changes by half a step or more is clipped.
  EXPECT_FALSE(halves.clips(7.4));
  EXPECT_TRUE(halves.clips(7.6));
  EXPECT_TRUE(halves.clips(-0.6));
  EXPECT_DOUBLE_EQ(Dac(dacPlan(1, 3, false)).drive(1, 0), 3);
}

TEST(Dac, appliesBitByBitWhatItAppliesAtOnce) {
  for (bool isSigned : {false, true}) {
    plan::Dac plan = dacPlan(5, 1.7, isSigned);
    const Dac parallel(plan);
    plan.set_serial(true);
    const Dac serial(plan);
    EXPECT_EQ(serial.applications(), isSigned ? 4u : 5u);
    for (int64_t code = serial.lowest(); code <= serial.highest(); ++code) {
      double sum = 0;
      for (unsigned which = 0; which < serial.applications(); ++which) {
        const double drive = serial.drive(code, which);
        EXPECT_TRUE(drive == 0 || std::abs(drive) == 1.7);
        sum += serial.significance(which) * drive;
      }
      EXPECT_NEAR(sum, parallel.drive(code, 0), 1e-12);
    }
  }
}

TEST(Dac, bendsDrivesAlongACurve) {
  plan::Dac plan = dacPlan(3, 6, true);
  for (auto [x, y] : {std::pair(0.0, 0.0), {0.5, 0.2}, {1.0, 0.9}}) {
    plan.add_curve_input(x);
    plan.add_curve_current(y);
  }
  const Dac odd(plan);
  EXPECT_DOUBLE_EQ(odd.drive(0, 0), 0);
  EXPECT_DOUBLE_EQ(odd.drive(3, 0), 6 * 0.9);
  EXPECT_DOUBLE_EQ(odd.drive(-3, 0), -6 * 0.9);
  EXPECT_NEAR(odd.drive(1, 0), 6 * 0.2 * 2 / 3, 1e-12);
  plan.mutable_curve_input()->Clear();
  plan.mutable_curve_current()->Clear();
  for (auto [x, y] : {std::pair(-1.0, -0.5), {0.0, 0.0}, {1.0, 1.0}}) {
    plan.add_curve_input(x);
    plan.add_curve_current(y);
  }
  EXPECT_DOUBLE_EQ(Dac(plan).drive(-3, 0), -3);
}

TEST(Dac, keepsWhatIsNotANumber) {
  plan::Dac linear = dacPlan(5, 1.7, true), serial = linear, bent = linear;
  serial.set_serial(true);
  for (double x : {0.0, 1.0}) {
    bent.add_curve_input(x);
    bent.add_curve_current(x);
  }
  for (const plan::Dac &plan : {linear, serial, bent}) {
    const Dac dac(plan);
    EXPECT_FALSE(dac.clips(NAN));
    for (unsigned which = 0; which < dac.applications(); ++which)
      EXPECT_TRUE(std::isnan(dac.drive(dac.code(NAN), which)));
  }
}

/// 300 x 70 weights on arrays of 128 x 64.
plan::Layer adcLayer(unsigned bits) {
  plan::Layer layer;
  layer.set_index(5);
  layer.add_shape(70);
  layer.add_shape(300);
  plan::Crossbar &crossbar = *layer.mutable_crossbar();
  crossbar.set_array_rows(128);
  crossbar.set_array_columns(64);
  crossbar.set_highest_conductance(100);
  crossbar.set_groups(1);
  crossbar.set_groups_per_array(1);
  crossbar.set_matrix_rows(300);
  crossbar.set_matrix_columns(70);
  layer.mutable_adc()->set_bits(bits);
  layer.mutable_adc()->add_limits(12.7);
  return layer;
}

TEST(Adc, hasTheCodesOfTheGuide) {
  const AdcBank bank(adcLayer(8));
  EXPECT_EQ(bank.lastCode(), 127);
  const AdcColumn &column = bank.column(0, 2, 69);
  EXPECT_DOUBLE_EQ(column.step, 0.1);
  EXPECT_DOUBLE_EQ(column.convert(0.04, 127), 0);
  EXPECT_DOUBLE_EQ(column.convert(0.06, 127), 0.1);
  EXPECT_DOUBLE_EQ(column.convert(100, 127), 12.7);
  EXPECT_DOUBLE_EQ(column.convert(-100, 127), -12.7);
  EXPECT_FALSE(column.clips(12.7, 127));
  EXPECT_TRUE(column.clips(12.76, 127));
}

TEST(Adc, hasALimitForEverySliceAndTileIfAsked) {
  plan::Layer layer = adcLayer(8);
  EXPECT_EQ(limitCount(layer), 1u);
  layer.mutable_adc()->set_per_tile(true);
  EXPECT_EQ(limitCount(layer), 6u); // 3 row tiles, 2 column tiles
  EXPECT_EQ(limitOf(layer, 0, 0, 63), 0u);
  EXPECT_EQ(limitOf(layer, 0, 0, 64), 1u);
  EXPECT_EQ(limitOf(layer, 0, 2, 0), 4u);
  layer.mutable_adc()->clear_limits();
  for (int i = 1; i <= 6; ++i)
    layer.mutable_adc()->add_limits(127 * i);
  EXPECT_DOUBLE_EQ(AdcBank(layer).column(0, 1, 69).step, 4);
}

TEST(Adc, differsFromConverterToConverterAndFromChipToChip) {
  plan::Layer layer = adcLayer(8);
  layer.mutable_adc()->set_gain_mismatch(0.1);
  layer.mutable_adc()->set_offset_mismatch(2);
  layer.mutable_adc()->set_nonlinearity_mismatch(0.5);
  AdcBank bank(layer);
  EXPECT_TRUE(bank.isRandom());
  const double bendOfOne = 1.5 * std::sqrt(3.0);
  double gain = 0, offset = 0, bend = 0;
  int count = 0;
  for (uint64_t trial = 0; trial < 50; ++trial) {
    bank.draw({1, trial, 0});
    for (uint32_t tile = 0; tile < 3; ++tile)
      for (uint32_t channel = 0; channel < 70; ++channel, ++count) {
        const AdcColumn &column = bank.column(0, tile, channel);
        gain += std::pow(column.perSum * column.step - 1, 2);
        offset += std::pow(column.offset, 2);
        bend += std::pow(column.bend / bendOfOne, 2);
      }
  }
  EXPECT_NEAR(std::sqrt(gain / count), 0.1, 0.003);
  EXPECT_NEAR(std::sqrt(offset / count), 2, 0.06);
  EXPECT_NEAR(std::sqrt(bend / count), 0.5, 0.015);

  AdcBank again(layer);
  again.draw({1, 49, 0});
  EXPECT_EQ(again.column(0, 2, 69).offset, bank.column(0, 2, 69).offset);
  again.draw({1, 48, 0});
  EXPECT_NE(again.column(0, 2, 69).offset, bank.column(0, 2, 69).offset);
  EXPECT_NE(bank.column(0, 1, 3).offset, bank.column(0, 2, 3).offset);
}

TEST(Adc, bendsMostWhereItsNonlinearityIsMeasured) {
  // The largest deviation of bend (u - u^3) is at u = 1/sqrt(3), of one code
  // for bend 3 sqrt(3) / 2.
  AdcColumn column;
  column.perSum = 1;
  column.step = 1;
  column.bend = 1.5 * std::sqrt(3.0);
  double most = 0;
  for (double sum = 0; sum <= 1000; ++sum)
    most = std::max(most, std::abs(column.convert(sum, 1000) - sum));
  EXPECT_EQ(most, 1);
  EXPECT_EQ(column.convert(1000, 1000), 1000);
  EXPECT_EQ(column.convert(0, 1000), 0);
  EXPECT_EQ(column.convert(577, 1000), 578);
  EXPECT_EQ(column.convert(-577, 1000), -578);
}

/// Two groups of 300 rows, whose DACs have 255 steps of 0.01.
plan::Layer dacLayer() {
  plan::Layer layer = adcLayer(8);
  layer.set_channel_axis(0);
  layer.set_shape(0, 140); // 70 channels of each group
  layer.mutable_crossbar()->set_groups(2);
  layer.mutable_dac()->set_bits(8);
  layer.mutable_dac()->set_range(2.55);
  layer.mutable_dac()->set_is_signed(false);
  return layer;
}

TEST(DacBank, differsFromRowToRowAndFromChipToChip) {
  plan::Layer layer = dacLayer();
  layer.mutable_dac()->set_gain_mismatch(0.1);
  layer.mutable_dac()->set_offset_mismatch(2);
  layer.mutable_dac()->set_nonlinearity_mismatch(0.5);
  DacBank bank(layer);
  EXPECT_EQ(bank.rowOf(0).gain, 0); // before the first chip
  double gain = 0, offset = 0, bend = 0;
  int count = 0;
  for (uint64_t trial = 0; trial < 30; ++trial) {
    bank.draw({1, trial, 0});
    for (uint64_t group : {0, 1})
      for (uint64_t row = 0; row < 300; ++row, ++count) {
        const DacRow &dac = bank.rowOf(group * 70 * 300 + row);
        gain += std::pow(dac.gain, 2);
        offset += std::pow(dac.offset, 2);
        bend += std::pow(dac.bend, 2);
      }
  }
  EXPECT_NEAR(std::sqrt(gain / count), 0.1, 0.003);
  EXPECT_NEAR(std::sqrt(offset / count), 2 * 0.01, 0.0006);
  EXPECT_NEAR(std::sqrt(bend / count), 0.5, 0.015);
  // One for all columns of a row, another one for the same row of a group.
  EXPECT_EQ(bank.rowOf(7).gain, bank.rowOf(69 * 300 + 7).gain);
  EXPECT_NE(bank.rowOf(7).gain, bank.rowOf(70 * 300 + 7).gain);
  EXPECT_NE(bank.rowOf(7).gain, bank.rowOf(8).gain);

  DacBank again(layer);
  again.draw({1, 29, 0});
  EXPECT_EQ(again.rowOf(299).offset, bank.rowOf(299).offset);
  again.draw({1, 28, 0});
  EXPECT_NE(again.rowOf(299).offset, bank.rowOf(299).offset);
}

TEST(Dac, bendsMostWhereItsNonlinearityIsMeasured) {
  const Dac dac(dacLayer().dac());
  EXPECT_EQ(dac.bent(0), 0);
  EXPECT_EQ(dac.bent(255), 0);
  double most = 0;
  for (int64_t code = 0; code <= 255; ++code)
    most = std::max(most, dac.bent(code));
  EXPECT_NEAR(most, dac.step(), 1e-4 * dac.step());
  EXPECT_EQ(most, dac.bent(147)); // 255 / sqrt(3)
}

TEST(ReadNoise, belongsToImageArrayAndResult) {
  ReadNoise noise{{3, 1, 0}, 2, 1000};
  std::vector<float> all(1000), part(100), other(1000);
  noise.draw(7, 0, 0, 0, all);
  noise.draw(7, 0, 0, 300, part);
  EXPECT_THAT(part, ElementsAreArray(all.begin() + 300, all.begin() + 400));
  auto differs = [&](const ReadNoise &from, uint64_t image, uint32_t array) {
    from.draw(image, 0, array, 0, other);
    int equal = 0;
    for (size_t i = 0; i < all.size(); ++i)
      equal += all[i] == other[i];
    return equal < 5;
  };
  EXPECT_FALSE(differs(noise, 7, 0));
  EXPECT_TRUE(differs(noise, 8, 0));
  EXPECT_TRUE(differs(noise, 7 + (1 << 22), 0));
  EXPECT_TRUE(differs(noise, 7, 1));
  noise.chip.trial = 2;
  EXPECT_TRUE(differs(noise, 7, 0));
  noise.chip.trial = 1;
  noise.layer = 3;
  EXPECT_TRUE(differs(noise, 7, 0));
  noise.layer = 2;
  noise.first = 500;
  EXPECT_TRUE(differs(noise, 7, 0));
}

TEST(ReadNoise, tellsRowsApart) {
  const auto drawn = [](const ReadNoise &from, uint64_t image, uint64_t row) {
    std::vector<float> draws(10);
    from.draw(image, row, 0, 0, draws);
    return draws;
  };
  // Two rows of each image: row 5 of a call is the second of its third image.
  ReadNoise noise{{3, 1, 0}, 2, 10, 2, 1};
  EXPECT_EQ(drawn(noise, 7, 5), drawn(noise, 9, 1));
  EXPECT_NE(drawn(noise, 7, 5), drawn(noise, 9, 0));
  EXPECT_NE(drawn(noise, 7, 5), drawn(noise, 10, 0));
  // Three rows of a call of two images.
  noise.rows = 3;
  noise.images = 2;
  EXPECT_EQ(drawn(noise, 6, 4), drawn(noise, 8, 1));
}

/// A plan of two images at a time, whose steps all use one layer: an operation
/// and the shape of its result each.
plan::Plan
readingPlan(std::vector<std::pair<const char *, std::vector<int64_t>>> uses) {
  plan::Plan plan;
  plan.add_values()->add_shape(2);
  plan.add_inputs(0);
  *plan.add_layers() = adcLayer(8);
  plan.mutable_layers(0)->set_name("shared");
  plan.mutable_layers(0)->mutable_read_noise()->set_width(1);
  for (const auto &[operation, shape] : uses) {
    plan::Step &step = *plan.add_steps();
    step.set_operation(operation);
    step.set_layer(0);
    step.add_outputs(plan.values_size());
    plan.add_values()->mutable_shape()->Add(shape.begin(), shape.end());
  }
  return plan;
}

TEST(ReadNoise, isApartForEveryUseOfALayer) {
  const plan::Plan plan = readingPlan({{"conv", {2, 70, 4, 5}},
                                       {"conv", {8, 70, 2, 1}},
                                       {"conv", {3, 70, 1, 1}},
                                       {"gemm", {2, 70}},
                                       {"conv", {2, 70, 4, 5}}});
  std::vector<ReadNoise> noises;
  for (const plan::Step &step : plan.steps())
    noises.push_back(readNoiseOf(plan, step));
  auto numbers = [&](auto field) {
    std::vector<uint64_t> all;
    for (const ReadNoise &noise : noises)
      all.push_back(noise.*field);
    return all;
  };
  EXPECT_THAT(numbers(&ReadNoise::results),
              ElementsAre(1400, 140, 70, 140, 1400));
  // A call's images do not share three rows, nor a matrix.
  EXPECT_THAT(numbers(&ReadNoise::rows), ElementsAre(1, 4, 3, 1, 1));
  EXPECT_THAT(numbers(&ReadNoise::images), ElementsAre(1, 1, 2, 2, 1));
  // Three row tiles.
  EXPECT_THAT(numbers(&ReadNoise::first),
              ElementsAre(0, 3 * 1400, 3 * (1400 + 560), 3 * (1400 + 560 + 210),
                          3 * (1400 + 560 + 210 + 140)));
}

TEST(ReadNoise, hasNumbersForSoManyReads) {
  // 3 row tiles x 70 channels x 2^25 pixels: twice, but not three times.
  const std::vector<int64_t> shape = {2, 70, 1 << 13, 1 << 12};
  plan::Plan plan =
      readingPlan({{"conv", shape}, {"conv", shape}, {"conv", shape}});
  EXPECT_EQ(readNoiseOf(plan, plan.steps(1)).first, 210ull << 25);
  try {
    readNoiseOf(plan, plan.steps(2));
    FAIL();
  } catch (const InputError &error) {
    EXPECT_THAT(error.what(), HasSubstr("layer 'shared'"));
  }
  plan.mutable_layers(0)->clear_read_noise();
  EXPECT_EQ(readNoiseOf(plan, plan.steps(2)).first, 0u);
}

} // namespace
