//===- CellsTest.cpp - Weights as conductances, and their errors ----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/devices/DeviceModels.h"
#include "runtime/programming/DeviceErrors.h"
#include "runtime/programming/Programming.h"
#include "runtime/random/DrawTable.h"
#include "tests/runtime/programming/ReferenceCells.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <random>

using namespace cim;
using testing::HasSubstr;

namespace {

using Change = std::function<void(plan::Layer &)>;

Tensor exampleWeights() {
  std::mt19937 generator(5);
  std::normal_distribution<float> normal;
  std::vector<float> values(12 * 7 * 3 * 5);
  for (float &value : values)
    value = normal(generator) * 0.1f + 0.03f;
  return makeTensor({12, 7, 3, 5}, values);
}

/// Every way to hold weights in cells.
std::vector<std::pair<std::string, plan::Layer>> everyMapping() {
  plan::Layer layer;
  layer.set_name("conv1");
  layer.set_index(3);
  for (int64_t dimension : {12, 7, 3, 5})
    layer.add_shape(dimension);
  layer.mutable_crossbar()->set_groups(1);
  layer.mutable_crossbar()->set_array_rows(16);
  layer.mutable_crossbar()->set_array_columns(5);
  layer.mutable_crossbar()->set_lowest_conductance(2);
  layer.mutable_crossbar()->set_highest_conductance(40);
  std::vector<std::pair<std::string, plan::Layer>> result;
  auto add = [&](const std::string &name, const plan::Layer &mapped) {
    result.emplace_back(name, mapped);
  };
  add("differential", layer);
  plan::Layer grouped = layer;
  grouped.mutable_crossbar()->set_cells(plan::Crossbar::OFFSET);
  add("offset", grouped);
  grouped.mutable_crossbar()->set_groups(4);
  add("offset, groups", grouped);
  for (unsigned axis : {1u, 2u, 3u}) {
    grouped.mutable_crossbar()->set_groups(axis == 1 ? 7 : 1);
    grouped.set_channel_axis(axis);
    add("offset, other channel axis", grouped);
  }
  grouped.mutable_crossbar()->set_ideal_reference(true);
  add("offset, ideal reference", grouped);
  using Q = plan::Quantize;
  for (auto mode : {Q::MINMAX, Q::SYMMETRIC, Q::PERCENTILE})
    for (auto cells : {plan::Crossbar::DIFFERENTIAL, plan::Crossbar::OFFSET}) {
      plan::Layer quantized = layer;
      quantized.mutable_quantize()->set_mode(mode);
      quantized.mutable_quantize()->set_bits(4);
      quantized.mutable_quantize()->set_percentile(90);
      quantized.mutable_crossbar()->set_cells(cells);
      add("quantized", quantized);
      quantized.mutable_quantize()->set_per_channel(true);
      add("quantized per channel", quantized);
    }
  for (unsigned bits : {2u, 5u, 8u, 9u, 16u})
    for (unsigned cellBits : {1u, 2u, 4u, 8u, 16u}) {
      if (cellBits > bits) // would magnify what single precision rounds
        continue;
      plan::Layer sliced = layer;
      sliced.mutable_quantize()->set_bits(bits);
      sliced.mutable_crossbar()->set_cell_bits(cellBits);
      sliced.mutable_quantize()->set_mode(Q::SYMMETRIC);
      add("sliced differential", sliced);
      sliced.mutable_quantize()->set_mode(Q::MINMAX);
      sliced.mutable_crossbar()->set_cells(plan::Crossbar::OFFSET);
      add("sliced offset", sliced);
    }
  return result;
}

/// Every error that cells can have, and some of weights beside.
std::vector<std::pair<std::string, Change>> everyError() {
  auto noise = [](double width, std::vector<double> factors = {}) {
    return [=](plan::Layer &layer) {
      layer.mutable_noise()->set_width(width);
      layer.mutable_noise()->set_unit(plan::MICROSIEMENS);
      layer.mutable_noise()->mutable_level_factor()->Add(factors.begin(),
                                                         factors.end());
    };
  };
  auto shift = [](double amount, std::vector<double> factors = {}) {
    return [=](plan::Layer &layer) {
      layer.mutable_shift()->set_amount(amount);
      layer.mutable_shift()->set_unit(plan::MICROSIEMENS);
      layer.mutable_shift()->mutable_level_factor()->Add(factors.begin(),
                                                         factors.end());
    };
  };
  auto faults = [](plan::Layer &layer) {
    layer.mutable_faults()->set_low(0.3);
    layer.mutable_faults()->set_high(0.4);
  };
  auto weightNoise = [](plan::Layer &layer) {
    layer.mutable_noise()->set_width(0.1);
    layer.mutable_noise()->set_unit(plan::NORMALISED_SCALE);
  };
  auto clip = [](plan::Layer &layer) {
    layer.mutable_crossbar()->set_clip_to_window(true);
  };
  auto device = [](const char *name, std::optional<double> time) {
    return [=](plan::Layer &layer) {
      DeviceModel model = readDeviceModel(CIM_DEVICE_MODELS + std::string("/") +
                                          name + ".yaml");
      *layer.mutable_device() = model.device;
      layer.mutable_device()->set_forced(true);
      layer.mutable_device()->set_levels(0);
      if (time)
        layer.mutable_device()->set_time(*time);
    };
  };
  auto both = [](Change a, Change b) {
    return [=](plan::Layer &layer) {
      a(layer);
      b(layer);
    };
  };
  auto verify = [](double tolerance, unsigned pulses) {
    return [=](plan::Layer &layer) {
      layer.mutable_write_verify()->set_tolerance(tolerance);
      layer.mutable_write_verify()->set_pulses(pulses);
    };
  };
  auto correlated = [](double column, double array, double die) {
    return [=](plan::Layer &layer) {
      layer.mutable_correlated()->set_column(column);
      layer.mutable_correlated()->set_array(array);
      layer.mutable_correlated()->set_die(die);
      layer.mutable_correlated()->set_unit(plan::MICROSIEMENS);
    };
  };
  auto disturb = [](plan::Layer &layer) {
    layer.mutable_read_disturb()->set_amount(-3);
    layer.mutable_read_disturb()->set_unit(plan::MICROSIEMENS);
    layer.mutable_read_disturb()->set_per(100);
    layer.mutable_read_disturb()->set_exponent(0.5);
    layer.mutable_read_disturb()->set_reads(200);
  };
  std::vector<std::pair<std::string, Change>> result = {
      {"verified noise", both(noise(3), verify(2, 4))},
      {"verified device", both(device("pcm-joshi2020", 86400), verify(1, 64))},
      {"verified device and noise",
       both(device("reram-cmo-hfox", 3600), both(noise(1), verify(1, 3)))},
      {"columns", correlated(1, 0, 0)},
      {"arrays", correlated(0, 1, 0)},
      {"die", correlated(0, 0, 2)},
      {"columns, arrays, die, noise", both(correlated(1, 2, 3), noise(1))},
      {"shift by read disturb", disturb},
      {"read disturb, faults", both(disturb, faults)},
      {"noise", noise(3)},
      {"noise per level", noise(3, {0.5, 2, 1})},
      {"shift", shift(-4)},
      {"shift per level", shift(4, {-1, 2})},
      {"faults", faults},
      {"noise clipped", both(noise(10), clip)},
      {"faults, errors of weights", both(faults, weightNoise)},
      {"noise, shift, faults", both(noise(2), both(shift(1), faults))},
      {"drift", device("pcm-joshi2020", 86400)},
      {"scaled", device("reram-wan2022", {})},
      {"between two times", device("reram-wan2022", 5000)},
      {"beyond all times", device("reram-wan2022", 1e6)},
      {"between two times, linear", device("sonos-agrawal2022", 200000)},
      {"relaxation", device("reram-cmo-hfox", 3600)},
      {"variation, errors of weights",
       both(device("sot-mram-2025", {}), weightNoise)},
      {"device, shift, faults, clipped",
       both(device("reram-milo2021", {}), both(shift(1), both(faults, clip)))},
  };
  return result;
}

constexpr Chip chip{.seed = 12, .trial = 34, .epoch = 5};

std::vector<float> write(const LayerProgram &program, size_t count) {
  std::vector<float> written(count);
  program.write(chip, 0, written);
  return written;
}

TEST(Cells, WithoutErrorsAreTheWeights) {
  Tensor weights = exampleWeights();
  for (auto [name, layer] : everyMapping()) {
    plan::Layer unmapped = layer;
    unmapped.clear_crossbar();
    size_t count = weights.elements();
    EXPECT_EQ(write(LayerProgram(layer, weights), count),
              write(LayerProgram(unmapped, weights), count))
        << name;
    std::vector<double> reference =
        referenceCells(layer, weights.as<float>(), chip);
    std::vector<float> written = write(LayerProgram(unmapped, weights), count);
    for (size_t i = 0; i < count; ++i)
      ASSERT_NEAR(written[i], reference[i], 1e-6) << name;
  }
}

/// Errors of weights mean the same with and without conductances.
TEST(Cells, ErrorsOfWeightsStay) {
  Tensor weights = exampleWeights();
  for (auto [name, layer] : everyMapping()) {
    layer.mutable_noise()->set_width(0.1);
    layer.mutable_noise()->set_unit(plan::NORMALISED_SCALE);
    layer.mutable_shift()->set_amount(-0.1);
    layer.mutable_shift()->set_unit(plan::ABSOLUTE);
    if (layer.has_quantize())
      layer.mutable_faults()->set_flip(0.1);
    plan::Layer unmapped = layer;
    unmapped.clear_crossbar();
    size_t count = weights.elements();
    EXPECT_EQ(write(LayerProgram(layer, weights), count),
              write(LayerProgram(unmapped, weights), count))
        << name;
  }
}

TEST(Cells, EveryErrorFollowsTheReference) {
  Tensor weights = exampleWeights();
  size_t count = weights.elements();
  for (const auto &[mapping, layer] : everyMapping())
    for (const auto &[error, change] : everyError()) {
      plan::Layer changed = layer;
      change(changed);
      LayerProgram program(changed, weights);
      EXPECT_FALSE(error.find("shift") != 0 && program.isDeterministic());
      std::vector<float> written = write(program, count);
      std::vector<double> reference =
          referenceCells(changed, weights.as<float>(), chip);
      for (size_t i = 0; i < count; ++i)
        ASSERT_NEAR(written[i], reference[i],
                    1e-5 * std::max(0.5, std::abs(reference[i])))
            << mapping << ", " << error << ", weight " << i << ": "
            << changed.ShortDebugString();
    }
}

TEST(Cells, SlicesAndTheDigitalPartAreTheWeight) {
  Tensor weights = exampleWeights();
  size_t count = weights.elements();
  for (const auto &[mapping, layer] : everyMapping()) {
    auto errors = everyError();
    errors.emplace_back("none", [](plan::Layer &) {});
    for (const auto &[error, change] : errors) {
      plan::Layer changed = layer;
      change(changed);
      LayerProgram program(changed, weights);
      std::vector<float> whole = write(program, count);
      std::vector<double> sum(count, program.digitalPart());
      for (unsigned slice = 0; slice < program.slices(); ++slice) {
        std::vector<float> read(count);
        program.writeArrays(chip, slice, 0, read);
        std::vector<float> part(count / 2);
        program.writeArrays(chip, slice, 17, part);
        EXPECT_EQ(std::memcmp(part.data(), read.data() + 17, part.size() * 4),
                  0);
        for (size_t i = 0; i < count; ++i)
          sum[i] += read[i];
      }
      for (size_t i = 0; i < count; ++i)
        ASSERT_NEAR(sum[i], whole[i], 1e-6 * std::max(1.0f, std::abs(whole[i])))
            << mapping << ", " << error << ", weight " << i;
    }
  }
}

/// What one slice reads back as, by hand: digits of the code in their place.
TEST(Cells, SlicesAreDigits) {
  plan::Layer layer;
  layer.set_name("fc");
  layer.add_shape(1);
  layer.add_shape(4);
  layer.mutable_quantize()->set_bits(4);
  layer.mutable_crossbar()->set_groups(1);
  layer.mutable_crossbar()->set_highest_conductance(100);
  layer.mutable_crossbar()->set_cell_bits(2);
  auto read = [&](unsigned slice, std::vector<float> weights) {
    LayerProgram program(layer, makeTensor({1, 4}, weights));
    EXPECT_EQ(program.slices(), 2u);
    program.writeArrays(chip, slice, 0, weights);
    return weights;
  };
  layer.mutable_quantize()->set_mode(plan::Quantize::SYMMETRIC);
  EXPECT_EQ(read(0, {7, -5, 6, 0}), (std::vector<float>{3, -1, 2, 0}));
  EXPECT_EQ(read(1, {7, -5, 6, 0}), (std::vector<float>{4, -4, 4, 0}));
  layer.mutable_quantize()->set_mode(plan::Quantize::MINMAX);
  layer.mutable_crossbar()->set_cells(plan::Crossbar::OFFSET);
  EXPECT_EQ(read(0, {-2, 13, 0, 5}), (std::vector<float>{0, 3, 2, 3}));
  EXPECT_EQ(read(1, {-2, 13, 0, 5}), (std::vector<float>{0, 12, 0, 4}));
  EXPECT_EQ(
      LayerProgram(layer, makeTensor({1, 4}, std::vector<float>{-2, 13, 0, 5}))
          .digitalPart(),
      -2);
  // A weight's own error is shared by its slices as their worth is.
  layer.mutable_shift()->set_amount(5);
  layer.mutable_shift()->set_unit(plan::ABSOLUTE);
  EXPECT_EQ(read(0, {-2, 13, 0, 5}), (std::vector<float>{1, 4, 3, 4}));
  EXPECT_EQ(read(1, {-2, 13, 0, 5}), (std::vector<float>{4, 16, 4, 8}));
}

TEST(Cells, SameBitsOnEveryInstructionSetAndForAnySplit) {
  struct Guard {
    ~Guard() { random::setDrawKernels(nullptr); }
  } guard;
  Tensor weights = exampleWeights();
  size_t count = weights.elements();
  std::mt19937 generator(1);
  for (const auto &[mapping, layer] : everyMapping())
    for (const auto &[error, change] : everyError()) {
      plan::Layer changed = layer;
      change(changed);
      LayerProgram program(changed, weights);
      random::setDrawKernels(&random::baselineDraws);
      std::vector<float> baseline = write(program, count);
      random::setDrawKernels(nullptr);
      std::vector<float> parts(count);
      for (size_t begin = 0; begin < count;) {
        size_t cells = std::min<size_t>(generator() % 200, count - begin);
        program.write(chip, begin, std::span(parts).subspan(begin, cells));
        begin += cells;
      }
      EXPECT_EQ(std::memcmp(baseline.data(), parts.data(), count * 4), 0)
          << mapping << ", " << error;
    }
}

TEST(Cells, WeightsAllAlikeHaveNoErrors) {
  plan::Layer layer;
  layer.set_name("fc");
  layer.add_shape(2);
  layer.add_shape(2);
  layer.mutable_crossbar()->set_groups(1);
  layer.mutable_crossbar()->set_highest_conductance(100);
  layer.mutable_noise()->set_width(3);
  layer.mutable_noise()->set_unit(plan::MICROSIEMENS);
  for (float value : {0.0f, 0.5f}) {
    layer.mutable_crossbar()->set_cells(
        value == 0 ? plan::Crossbar::DIFFERENTIAL : plan::Crossbar::OFFSET);
    std::vector<float> weights(4, value);
    LayerProgram program(layer, makeTensor({2, 2}, weights));
    EXPECT_EQ(write(program, 4), weights);
    ASSERT_EQ(program.warnings().size(), 1u);
    EXPECT_THAT(program.warnings()[0], HasSubstr("all alike"));
  }
}

/// Without codes, they are added digitally.
TEST(Cells, WeightsAllAlikeAreNotSliced) {
  plan::Layer layer;
  layer.set_name("fc");
  layer.add_shape(2);
  layer.add_shape(2);
  layer.mutable_quantize()->set_bits(4);
  layer.mutable_crossbar()->set_groups(1);
  layer.mutable_crossbar()->set_highest_conductance(100);
  layer.mutable_crossbar()->set_cell_bits(2);
  for (bool isOffset : {false, true}) {
    layer.mutable_crossbar()->set_cells(
        isOffset ? plan::Crossbar::OFFSET : plan::Crossbar::DIFFERENTIAL);
    layer.mutable_quantize()->set_mode(isOffset ? plan::Quantize::MINMAX
                                                : plan::Quantize::SYMMETRIC);
    const std::vector<float> weights(4, -0.5f);
    LayerProgram program(layer, makeTensor({2, 2}, weights));
    EXPECT_EQ(write(program, 4), weights);
    EXPECT_EQ(program.digitalPart(), -0.5f);
    for (unsigned slice = 0; slice < program.slices(); ++slice) {
      std::vector<float> read(4, 1);
      program.writeArrays(chip, slice, 0, read);
      EXPECT_EQ(read, std::vector<float>(4, 0));
    }
    ASSERT_EQ(program.warnings().size(), 1u);
    EXPECT_THAT(program.warnings()[0], HasSubstr("not quantized"));
  }
}

/// A thousand cells of a normal error of 1 uS, verified to within 1 uS: erf(1 /
/// sqrt 2) of all pulses succeed, so that the number of pulses is geometric,
/// and what stays is the normal distribution cut off there.
TEST(Cells, VerifiedCellsFollowTheTruncatedDistribution) {
  constexpr int64_t count = 100'000;
  plan::Layer layer;
  layer.set_name("fc");
  layer.add_shape(count / 10);
  layer.add_shape(10);
  layer.mutable_crossbar()->set_groups(1);
  layer.mutable_crossbar()->set_highest_conductance(100);
  layer.mutable_crossbar()->set_cells(plan::Crossbar::OFFSET);
  layer.mutable_crossbar()->set_ideal_reference(true);
  layer.mutable_noise()->set_width(1);
  layer.mutable_noise()->set_unit(plan::MICROSIEMENS);
  layer.mutable_write_verify()->set_tolerance(1);
  layer.mutable_write_verify()->set_pulses(64);
  std::vector<float> values(count, 50);
  values[0] = 0; // 1 uS for each unit
  values[1] = 100;
  auto writeAll = [&](WriteCounts &counts) {
    LayerProgram program(layer, makeTensor({count / 10, 10}, values));
    std::vector<float> written(count);
    program.write(chip, 0, written, &counts);
    return written;
  };
  WriteCounts counts;
  const auto written = writeAll(counts);
  const double succeeds = std::erf(std::sqrt(0.5));
  EXPECT_EQ(counts.cells, uint64_t(count));
  EXPECT_EQ(counts.failed, 0u);
  EXPECT_NEAR(double(counts.pulses) / count, 1 / succeeds, 0.012);
  double square = 0;
  for (int64_t i = 2; i < count; ++i) {
    ASSERT_LE(std::abs(written[i] - 50), 1.00001);
    square += (written[i] - 50) * (written[i] - 50);
  }
  const double density = std::exp(-0.5) / std::sqrt(2 * M_PI);
  EXPECT_NEAR(square / count, 1 - 2 * density / succeeds, 0.005);

  // With three pulses at most, (1 - p)^3 of the cells stay outside.
  layer.mutable_write_verify()->set_pulses(3);
  WriteCounts few;
  const auto left = writeAll(few);
  EXPECT_NEAR(double(few.failed) / count, std::pow(1 - succeeds, 3), 0.003);
  EXPECT_EQ(
      few.failed,
      uint64_t(std::count_if(left.begin() + 2, left.end(),
                             [](float v) { return std::abs(v - 50) > 1; })) +
          (std::abs(left[0]) > 1) + (std::abs(left[1] - 100) > 1));
}

/// Columns of a row share a reference cell, which is written once.
TEST(Cells, ReferenceCellsAreWrittenOnce) {
  plan::Layer layer;
  layer.set_name("fc");
  layer.add_shape(6);
  layer.add_shape(8);
  layer.mutable_crossbar()->set_groups(1);
  layer.mutable_crossbar()->set_highest_conductance(100);
  layer.mutable_crossbar()->set_cells(plan::Crossbar::OFFSET);
  layer.mutable_noise()->set_width(1);
  layer.mutable_noise()->set_unit(plan::MICROSIEMENS);
  std::vector<float> values(48);
  std::iota(values.begin(), values.end(), 0.0f);
  for (uint32_t axis : {0, 1}) {
    layer.set_channel_axis(axis);
    LayerProgram program(layer, makeTensor({6, 8}, values));
    std::vector<float> written(48);
    WriteCounts counts;
    program.write(chip, 0, written, &counts);
    EXPECT_EQ(counts.cells, 48u + (axis == 0 ? 8u : 6u));
    EXPECT_EQ(counts.pulses, counts.cells);
  }
}

/// All cells of a column, an array or the chip move together, and apart from
/// those of others.
TEST(Cells, CorrelatedErrorsAreShared) {
  plan::Layer layer;
  layer.set_name("fc");
  layer.add_shape(6);
  layer.add_shape(8);
  plan::Crossbar &crossbar = *layer.mutable_crossbar();
  crossbar.set_groups(1);
  crossbar.set_array_rows(4);
  crossbar.set_array_columns(3);
  crossbar.set_highest_conductance(100);
  crossbar.set_cells(plan::Crossbar::OFFSET);
  crossbar.set_ideal_reference(true);
  std::vector<float> values(48, 50);
  values[0] = 0;
  values[1] = 100;
  auto errors = [&](uint64_t trial) {
    LayerProgram program(layer, makeTensor({6, 8}, values));
    std::vector<float> written(48);
    program.write({.trial = trial}, 0, written);
    for (size_t i = 0; i < written.size(); ++i)
      written[i] = std::round((written[i] - values[i]) * 1000);
    written[0] = written[8]; // which 0 uS may clip
    return written;
  };
  auto distinct = [](std::vector<float> list) {
    std::sort(list.begin(), list.end());
    return std::unique(list.begin(), list.end()) - list.begin();
  };
  plan::Correlated &correlated = *layer.mutable_correlated();
  correlated.set_unit(plan::MICROSIEMENS);
  correlated.set_die(5);
  EXPECT_EQ(distinct(errors(0)), 1);
  EXPECT_NE(errors(0), errors(1));
  correlated.set_die(0);
  correlated.set_array(5); // rows are dimension 1: 2 x 2 arrays
  EXPECT_EQ(distinct(errors(0)), 4);
  correlated.set_array(0);
  correlated.set_column(5);
  EXPECT_EQ(distinct(errors(0)), 12);
  // Of weights, a column is an output channel.
  correlated.set_unit(plan::ABSOLUTE);
  EXPECT_EQ(distinct(errors(0)), 6);
  EXPECT_FALSE(
      LayerProgram(layer, makeTensor({6, 8}, values)).isDeterministic());
}

/// A model that scales is the same in fractions of any window.
TEST(DeviceErrors, ReadsScaleWithTheWindow) {
  plan::Device device;
  device.set_highest_conductance(100);
  device.set_scales_with_window(true);
  device.set_time(1);
  plan::Device::Read &read = *device.mutable_read();
  read.set_per_decade(0.5);
  const std::vector<float> own = {0.5f, 1, 5, 50, 100};
  std::vector<float> twice;
  for (float conductance : own)
    twice.push_back(2 * conductance);
  auto variances = [&](double highest, const std::vector<float> &conductance) {
    std::vector<float> variance(conductance.size());
    DeviceErrors(device, highest)
        .addReadVariance(conductance, conductance.data(), 1, variance.data());
    return variance;
  };
  const std::vector<float> ofDecades = variances(100, own);
  EXPECT_EQ(ofDecades[0], 0);
  EXPECT_FLOAT_EQ(ofDecades[4], 1);
  read.mutable_spread()->add_polynomial(0.2);
  read.mutable_spread()->add_polynomial(0.02);
  read.mutable_power()->set_factor(0.01);
  read.mutable_power()->set_exponent(0.65);
  read.mutable_power()->set_floor(1e-3);
  read.mutable_power()->set_cap(0.2);
  const std::vector<float> expected = variances(100, own);
  const std::vector<float> scaled = variances(200, twice);
  for (size_t i = 0; i < own.size(); ++i) {
    EXPECT_GT(expected[i], ofDecades[i]);
    EXPECT_FLOAT_EQ(scaled[i], 4 * expected[i]);
  }
}

/// Published results depend on these: they never change.
TEST(Cells, GoldenValues) {
  plan::Layer layer;
  layer.set_index(2);
  layer.add_shape(2);
  layer.add_shape(2);
  layer.mutable_crossbar()->set_groups(1);
  layer.mutable_crossbar()->set_highest_conductance(25);
  *layer.mutable_device() =
      readDeviceModel(CIM_DEVICE_MODELS "/pcm-joshi2020.yaml").device;
  layer.mutable_device()->set_time(86400);
  LayerProgram program(
      layer, makeTensor({2, 2}, std::vector<float>{0.25f, -1, 0.5f, 1}));
  std::vector<float> written = write(program, 4);
  EXPECT_EQ(written[0], 0x1.2f017cp-3f);
  EXPECT_EQ(written[1], -0x1.30d46ep-1f);
}

} // namespace
