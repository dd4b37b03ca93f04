//===- MappedLayersTest.cpp - Layers on arrays, against the reference -----===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/calibration/Calibrate.h"
#include "runtime/converters/LayerConverters.h"
#include "runtime/executor/Executor.h"
#include "runtime/kernels/Bfloat16.h"
#include "runtime/kernels/InstructionSet.h"
#include "runtime/reference/ReferenceExecutor.h"
#include "runtime/tensor/Errors.h"
#include "tests/runtime/PlanBuilder.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <mutex>
#include <random>

using namespace cim;
using namespace cim::test;
using namespace testing;

namespace {

constexpr int64_t images = 6;

void readImage(int64_t index, float *image, int64_t count) {
  std::mt19937 random(index);
  std::normal_distribution<float> normal;
  std::generate_n(image, count, [&] { return normal(random); });
}

struct Run {
  std::vector<float> results;
  std::vector<ConverterCounts> counts;
};

Run runFast(const PlanBuilder &b, ExecutorOptions options = {},
            const Chip &chip = {}, int64_t count = images) {
  Executor executor(b.plan, b.tensors, options);
  executor.program({9, 9, 0}); // something else before
  executor.program(chip);
  const int64_t in = executor.inputElements(), out = executor.outputElements();
  Run run;
  run.results.resize(count * out);
  executor.run(
      count, [&](int64_t index, float *image) { readImage(index, image, in); },
      [&](int64_t index, const float *row) {
        std::copy_n(row, out, run.results.begin() + index * out);
      });
  run.counts = executor.converterCounts();
  return run;
}

std::vector<double> runReference(const PlanBuilder &b, const Chip &chip,
                                 ConverterCounts &counts,
                                 Precision precision = Precision::f32) {
  ReferenceExecutor executor(b.plan, b.tensors, precision);
  executor.program(chip);
  const int64_t in = executor.inputElements(), out = executor.outputElements();
  std::vector<double> results(images * out);
  executor.run(
      images, [&](int64_t index, float *image) { readImage(index, image, in); },
      [&](int64_t index, const double *row) {
        std::copy_n(row, out, results.begin() + index * out);
      });
  counts = executor.converterCounts()[0];
  return results;
}

/// One layer on arrays, whose results are the network's.
struct Layer {
  PlanBuilder b{7};

  Layer &conv(int64_t in, int64_t out, int64_t side, int64_t kernel,
              int64_t stride = 1, int64_t groups = 1) {
    b.output(b.conv(b.input({1, in, side, side}), out, kernel, stride,
                    kernel / 2, groups));
    return map(in / groups * kernel * kernel, out / groups, groups);
  }
  Layer &dense(int64_t in, int64_t out, bool transposed) {
    b.output(b.gemm(b.input({1, in}, plan::ROW_MAJOR), out, transposed));
    layer().set_channel_axis(transposed ? 0 : 1);
    return map(in, out, 1);
  }
  /// A matrix whose rows kernels cannot store: of 10 numbers.
  Layer &withoutKernel() {
    uint32_t x = b.input({1, 5, 40}, plan::ROW_MAJOR);
    uint32_t y = b.step("matmul", {x, b.constant({40, 10})}, {1, 5, 10},
                        plan::ROW_MAJOR);
    b.layer().set_channel_axis(1);
    b.output(y);
    return map(40, 10, 1);
  }
  Layer &map(int64_t rows, int64_t columns, int64_t groups) {
    plan::Crossbar &crossbar = *layer().mutable_crossbar();
    crossbar.set_array_rows(64);
    crossbar.set_array_columns(12);
    crossbar.set_highest_conductance(100);
    crossbar.set_matrix_rows(rows);
    crossbar.set_matrix_columns(columns);
    crossbar.set_groups(groups);
    crossbar.set_groups_per_array(1);
    return *this;
  }
  Layer &offset() {
    layer().mutable_crossbar()->set_cells(plan::Crossbar::OFFSET);
    layer().mutable_crossbar()->set_lowest_conductance(5);
    return *this;
  }
  Layer &slices() {
    const bool isOffset = layer().crossbar().cells() == plan::Crossbar::OFFSET;
    layer().mutable_quantize()->set_bits(5);
    layer().mutable_quantize()->set_mode(isOffset ? plan::Quantize::MINMAX
                                                  : plan::Quantize::SYMMETRIC);
    layer().mutable_crossbar()->set_cell_bits(2);
    return *this;
  }
  Layer &dac(unsigned bits, bool isSerial = false) {
    layer().mutable_dac()->set_bits(bits);
    layer().mutable_dac()->set_serial(isSerial);
    return *this;
  }
  Layer &adc(unsigned bits) {
    layer().mutable_adc()->set_bits(bits);
    return *this;
  }
  Layer &noise(double width) {
    layer().mutable_read_noise()->set_width(width);
    return *this;
  }
  Layer &dacMismatch() {
    plan::Dac &dac = *layer().mutable_dac();
    dac.set_gain_mismatch(0.1);
    if (!dac.serial()) {
      dac.set_offset_mismatch(1);
      dac.set_nonlinearity_mismatch(2);
    }
    return *this;
  }
  Layer &errors() {
    layer().mutable_noise()->set_width(2);
    layer().mutable_noise()->set_unit(plan::MICROSIEMENS);
    return *this;
  }
  /// Reads whose noise grows with the conductance.
  Layer &noisyDevice() {
    plan::Device &device = *layer().mutable_device();
    device.set_name("noisy");
    device.set_unit("uS");
    device.set_highest_conductance(100);
    device.set_earliest_time(1);
    device.set_time(100);
    device.add_programming()->add_polynomial(1);
    plan::Device::Spread &read = *device.mutable_read()->mutable_spread();
    read.add_polynomial(0.2);
    read.add_polynomial(0.02);
    return *this;
  }
  /// Cells that lose (t/t0)^-(0.1 ± spread) of their conductance, t = 1,000 t0.
  Layer &drift(double spread) {
    plan::Device &device = *layer().mutable_device();
    device.set_name("drifting");
    device.set_unit("uS");
    device.set_highest_conductance(100);
    device.set_earliest_time(1);
    device.set_time(1000);
    plan::Device::Drift &drift = *device.mutable_drift();
    drift.set_t0(1);
    drift.mutable_mean()->set_lowest(0.1);
    drift.mutable_mean()->set_highest(0.1);
    drift.mutable_std()->set_lowest(spread);
    drift.mutable_std()->set_highest(spread);
    return *this;
  }
  /// Several images per call, without a promise to keep them apart.
  Layer &batchesOf(int64_t size) {
    b.plan.set_image_wise(false);
    for (plan::Value &value : *b.plan.mutable_values())
      if (value.constant().empty())
        value.set_shape(0, size);
    return *this;
  }
  /// Cells whose current is 0.25 of the largest at half the voltage, linear
  /// between.
  Layer &curve() {
    for (auto [input, current] : {std::pair(0.0, 0.0), {0.5, 0.25}, {1, 1}}) {
      layer().mutable_dac()->add_curve_input(input);
      layer().mutable_dac()->add_curve_current(current);
    }
    return *this;
  }
  /// Weights that are all alike.
  Layer &flat() {
    Tensor &weights = b.tensors.at(layer().weights());
    weights = makeTensor(weights.shape,
                         std::vector<float>(weights.elements(), -0.25f));
    return *this;
  }
  plan::Layer &layer() { return *b.plan.mutable_layers(0); }

  /// Finds the ranges.
  Layer &calibrate(int64_t count = 4, ExecutorOptions options = {}) {
    warnings = cim::calibrate(
        b.plan, b.tensors, count,
        [&](int64_t index, float *image) {
          readImage(index, image,
                    Executor(plain(), b.tensors, {1, 1}).inputElements());
        },
        options);
    return *this;
  }
  plan::Plan plain() const {
    plan::Plan plan = b.plan;
    plan.mutable_layers(0)->clear_dac();
    plan.mutable_layers(0)->clear_adc();
    return plan;
  }
  std::vector<std::string> warnings;
};

/// All layers that are tested.
std::vector<std::pair<std::string, Layer>> layers() {
  return {
      {"padded channels", Layer().conv(24, 20, 9, 3)},
      {"Winograd", Layer().conv(32, 32, 8, 3)},
      {"few channels", Layer().conv(3, 16, 10, 5)},
      {"stride", Layer().conv(16, 16, 9, 3, 2)},
      {"1x1", Layer().conv(80, 16, 5, 1)},
      {"groups", Layer().conv(32, 32, 6, 3, 1, 2)},
      {"depthwise", Layer().conv(16, 16, 8, 3, 1, 16)},
      {"dense", Layer().dense(150, 13, true)},
      {"dense, inputs first", Layer().dense(150, 13, false)},
      {"no kernel", Layer().withoutKernel()},
  };
}

/// What one code more or less can make of a result of \p layer: of the coarsest
/// ADC, and of a DAC at the largest weight.
double largestStep(const Layer &layer, const Chip &chip) {
  const plan::Layer &mapped = layer.b.plan.layers(0);
  const Tensor &weights = layer.b.tensors.at(mapped.weights());
  LayerProgram program(mapped, weights);
  std::vector<float> written(weights.elements());
  program.writeAll(chip, written);
  double largestWeight = 0, step = 0, significance = 1;
  for (float weight : written)
    largestWeight = std::max<double>(largestWeight, std::abs(weight));
  if (mapped.has_dac()) {
    const Dac dac = dacOf(mapped);
    step += dac.step() * largestWeight;
    significance = dac.significance(dac.applications() - 1);
  }
  if (mapped.has_adc())
    step += std::ranges::max(mapped.adc().limits()) /
            ((1 << (mapped.adc().bits() - 1)) - 1) * significance *
            program.driftCompensation();
  return step;
}

/// The executor has the reference's codes, but for numbers half-way between
/// two, and runs to the same bits in any way.
void check(const Layer &layer, Precision precision = Precision::f32) {
  const Chip chip{5, 2, 0};
  ConverterCounts expectedCounts;
  const std::vector<double> expected =
      runReference(layer.b, chip, expectedCounts, precision);
  const Run run = runFast(layer.b, {1, 4, precision}, chip);
  double largest = 0;
  for (double number : expected)
    largest = std::max(largest, std::abs(number));
  ASSERT_GT(largest, 0);
  // Rarely two conversions of one result; and a curve can be twice as steep.
  const double step = 2 * largestStep(layer, chip) + 1e-4 * largest;
  size_t others = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::abs(run.results[i] - expected[i]);
    ASSERT_LT(difference, step);
    others += difference > 1e-4 * largest;
  }
  EXPECT_LE(others, std::max<size_t>(2, expected.size() / 100));
  const ConverterCounts &counts = run.counts[0];
  EXPECT_EQ(counts.inputs, expectedCounts.inputs);
  EXPECT_EQ(counts.clippedInputs, expectedCounts.clippedInputs);
  EXPECT_EQ(counts.sums, expectedCounts.sums);
  EXPECT_NEAR(counts.clippedSums, expectedCounts.clippedSums,
              1 + expectedCounts.clippedSums / 100);
  for (auto [threads, microBatch] : {std::pair(1u, 1u), {2u, 3u}, {3u, 8u}}) {
    const Run again = runFast(layer.b, {threads, microBatch, precision}, chip);
    ASSERT_EQ(0, std::memcmp(again.results.data(), run.results.data(),
                             run.results.size() * sizeof(float)))
        << threads << " threads, micro-batch " << microBatch;
    EXPECT_EQ(again.counts[0].clippedSums, counts.clippedSums);
  }
}

TEST(MappedLayers, haveTheReferencesCodes) {
  for (auto &[name, layer] : layers()) {
    SCOPED_TRACE(name);
    check(layer.dac(6).adc(8).calibrate());
  }
}

TEST(MappedLayers, haveTheReferencesCodesWithErrorsInSlices) {
  for (auto &[name, layer] : layers())
    for (bool isOffset : {false, true}) {
      SCOPED_TRACE(name + (isOffset ? ", offset" : ""));
      Layer sliced = layer;
      if (isOffset)
        sliced.offset();
      sliced.slices().errors().dac(5).adc(6);
      sliced.layer().mutable_adc()->set_per_tile(true);
      sliced.layer().mutable_adc()->set_range(plan::Adc::PERCENTILE);
      sliced.layer().mutable_adc()->set_value(99);
      sliced.calibrate();
      EXPECT_GT(sliced.layer().adc().limits_size(), 1);
      check(sliced);
    }
}

TEST(MappedLayers, haveTheReferencesCodesBitByBit) {
  for (auto &[name, layer] : layers()) {
    SCOPED_TRACE(name);
    check(layer.dac(4, true).adc(7).calibrate());
  }
}

TEST(MappedLayers, haveTheReferencesMismatchAndNoise) {
  for (auto &[name, layer] : layers()) {
    SCOPED_TRACE(name);
    layer.offset().slices().dac(5).adc(8).noise(0.5);
    plan::Adc &adc = *layer.layer().mutable_adc();
    adc.set_gain_mismatch(0.1);
    adc.set_offset_mismatch(1);
    adc.set_nonlinearity_mismatch(2);
    check(layer.calibrate());
  }
}

TEST(MappedLayers, haveTheReferencesMismatchOfDacs) {
  for (auto &[name, layer] : layers())
    for (bool isConverted : {false, true})
      for (bool isSerial : {false, true}) {
        SCOPED_TRACE(name + (isConverted ? ", converted" : "") +
                     (isSerial ? ", serial" : ""));
        Layer different = layer;
        different.offset().slices().dac(5, isSerial).dacMismatch();
        if (isConverted)
          different.adc(8).errors();
        check(different.calibrate());
      }
}

/// What a dense layer of 30 inputs, with signed DACs of 6 bits, holds on one
/// chip, and what the codes of image 0 stand for: for results by hand.
struct WrittenDense {
  WrittenDense(Layer &layer, const Chip &chip) {
    const Tensor &weights = layer.b.tensors.at(layer.layer().weights());
    LayerProgram program(layer.layer(), weights);
    cells.resize(weights.elements());
    program.writeArrays(chip, std::nullopt, 0, cells);
    digitalPart = program.digitalPart();
    EXPECT_TRUE(layer.layer().dac().is_signed());
    range = layer.layer().dac().range();
    step = range / 31;
    std::vector<float> x(30);
    readImage(0, x.data(), 30);
    for (float input : x)
      driven.push_back(step * std::rint(input / step));
    const plan::Step &gemm = layer.b.plan.steps(0);
    const auto offset =
        layer.b.tensors
            .at(layer.b.plan.values(gemm.epilogue().offset()).constant())
            .as<float>();
    bias.assign(offset.begin(), offset.end());
  }

  std::vector<float> cells, bias;
  std::vector<double> driven;
  double range = 0, step = 0, digitalPart = 0;
};

/// Inputs times gains, with offsets and bends, times weights: by hand.
TEST(MappedLayers, addUpWhatTheirDacsGive) {
  for (bool isOffset : {false, true}) {
    Layer layer = Layer().dense(30, 7, true).dac(6).dacMismatch();
    if (isOffset) // with a digital part, which knows no DAC
      layer.offset().slices();
    layer.calibrate();
    const Chip chip{5, 2, 0};
    const auto run = runFast(layer.b, {}, chip, 1);
    DacBank bank(layer.layer());
    bank.draw(chip);
    const WrittenDense written(layer, chip);
    const double step = written.step;
    for (int channel = 0; channel < 7; ++channel) {
      double sum = written.bias[channel];
      for (int row = 0; row < 30; ++row) {
        const double driven = written.driven[row];
        const double share = driven / written.range;
        const DacRow &dac = bank.rowOf(channel * 30 + row);
        const double off = dac.gain * driven + dac.offset +
                           dac.bend * step * 1.5 * std::sqrt(3.0) *
                               (share - share * share * share);
        sum += written.cells[channel * 30 + row] * (driven + off) +
               written.digitalPart * driven;
      }
      EXPECT_NEAR(run.results[channel], sum, 1e-4);
    }
  }
}

TEST(MappedLayers, haveTheReferencesCompensationOfDrift) {
  for (auto &[name, layer] : layers())
    for (bool isConverted : {false, true})
      for (bool isNoisy : {false, true}) {
        SCOPED_TRACE(name + (isConverted ? ", converted" : "") +
                     (isNoisy ? ", noisy" : ""));
        Layer drifting = layer;
        drifting.offset().slices().drift(0.05);
        drifting.layer().set_compensates_drift(true);
        if (isNoisy)
          drifting.noise(0.5);
        if (isConverted)
          drifting.dac(5).adc(7);
        check(drifting.calibrate());
      }
}

/// Cells that all lose the same share lose nothing behind the compensation.
TEST(MappedLayers, loseNothingThatIsCompensated) {
  for (auto &[name, layer] : layers())
    for (bool isConverted : {false, true})
      for (bool isOffset : {false, true}) {
        SCOPED_TRACE(name + (isConverted ? ", converted" : "") +
                     (isOffset ? ", offset" : ""));
        Layer fresh = layer;
        if (isOffset) // what slices have at zero is subtracted digitally
          fresh.offset().layer().mutable_crossbar()->set_lowest_conductance(0);
        fresh.slices();
        if (isConverted) // so finely that less current has enough codes
          fresh.adc(16).calibrate(images);
        Layer drifting = fresh;
        drifting.drift(0);
        const std::vector<float> expected = runFast(fresh.b).results;
        const std::vector<float> lost = runFast(drifting.b).results;
        drifting.layer().set_compensates_drift(true);
        const std::vector<float> results = runFast(drifting.b).results;
        double largest = 0, loss = 0;
        for (float number : expected)
          largest = std::max<double>(largest, std::abs(number));
        for (size_t i = 0; i < results.size(); ++i) {
          ASSERT_NEAR(results[i], expected[i],
                      (isConverted ? 1e-3 : 1e-5) * largest);
          loss = std::max<double>(loss, std::abs(lost[i] - expected[i]));
        }
        EXPECT_GT(loss, 0.1 * largest);
      }
}

TEST(MappedLayers, haveTheReferencesNoiseWithoutConverters) {
  for (auto &[name, layer] : layers())
    for (bool isSerial : {false, true}) {
      SCOPED_TRACE(name);
      Layer noisy = layer;
      noisy.slices().noise(1);
      if (isSerial)
        noisy.dac(4, true);
      check(noisy.calibrate());
    }
}

TEST(MappedLayers, haveTheReferencesNoiseOfTheirDevice) {
  for (auto &[name, layer] : layers())
    for (bool isConverted : {false, true}) {
      SCOPED_TRACE(name + (isConverted ? ", converted" : ""));
      Layer noisy = layer;
      noisy.slices().noisyDevice();
      if (isConverted)
        noisy.dac(5).adc(7).noise(0.5);
      check(noisy.calibrate());
    }
}

TEST(MappedLayers, haveTheReferencesCurve) {
  for (auto &[name, layer] : layers())
    for (bool isOffset : {false, true})
      for (bool isConverted : {false, true}) {
        SCOPED_TRACE(name + (isOffset ? ", offset" : "") +
                     (isConverted ? ", converted" : ""));
        Layer curved = layer;
        if (isOffset)
          curved.offset().slices();
        curved.dac(5).curve();
        if (isConverted)
          curved.adc(8).noise(0.5);
        check(curved.calibrate());
      }
}

/// The curve is the cells'; what is added digitally knows none. By hand.
TEST(MappedLayers, addTheirDigitalPartWithoutTheCurve) {
  for (bool isConverted : {false, true}) {
    Layer layer = Layer().dense(30, 7, true).offset().slices().dac(6).curve();
    if (isConverted) // so finely that codes do not show
      layer.adc(16);
    layer.calibrate();
    const auto run = runFast(layer.b, {}, {}, 1);
    const WrittenDense written(layer, {});
    ASSERT_NE(written.digitalPart, 0);
    for (int channel = 0; channel < 7; ++channel) {
      double sum = written.bias[channel];
      for (int row = 0; row < 30; ++row) {
        const double digital = written.driven[row];
        const double share = std::abs(digital) / written.range;
        const double current =
            share < 0.5 ? 0.5 * share : 0.25 + 1.5 * (share - 0.5);
        sum += written.cells[channel * 30 + row] *
                   std::copysign(current, digital) * written.range +
               written.digitalPart * digital;
      }
      EXPECT_NEAR(run.results[channel], sum, isConverted ? 1e-2 : 1e-4);
    }
  }
}

TEST(MappedLayers, haveTheReferencesCodesInBfloat16) {
  kernels::setInstructionSet(kernels::bestBfloat16InstructionSet());
  for (auto &[name, layer] : layers())
    for (bool isConverted : {false, true}) {
      SCOPED_TRACE(name + (isConverted ? ", converted" : ""));
      Layer rounded = layer;
      rounded.slices().errors().noise(0.5);
      if (isConverted)
        rounded.dac(6).adc(8);
      check(rounded.calibrate(), Precision::bf16);
    }
  kernels::setInstructionSet(std::nullopt);
}

/// Results for images of numbers that are bfloat16 already.
std::vector<float> runRounded(const PlanBuilder &b, Precision precision) {
  Executor executor(b.plan, b.tensors, {1, 4, precision});
  executor.program({});
  const int64_t in = executor.inputElements(), out = executor.outputElements();
  std::vector<float> results(images * out);
  executor.run(
      images,
      [&](int64_t index, float *image) {
        readImage(index, image, in);
        kernels::roundToBfloat16(image, in);
      },
      [&](int64_t index, const float *row) {
        std::copy_n(row, out, results.begin() + index * out);
      });
  return results;
}

/// Nothing that cells hold, converters see or noise comes from is rounded: of
/// such images, and with results that are not rounded as they are the
/// network's, bfloat16 changes nothing, unless arrays are no more than a matrix
/// of weights.
TEST(MappedLayers, keepTheirCellsInBfloat16) {
  for (auto &[name, layer] : layers()) {
    SCOPED_TRACE(name);
    Layer noisy = layer, converted = layer, driven = layer;
    converted.dac(6).adc(8).calibrate();
    for (const Layer &read : {noisy.noise(0.5), converted})
      EXPECT_EQ(runRounded(read.b, Precision::bf16),
                runRounded(read.b, Precision::f32));
    driven.dac(6).calibrate();
    EXPECT_NE(runRounded(driven.b, Precision::bf16),
              runRounded(driven.b, Precision::f32));
  }
}

TEST(MappedLayers, areTheLayerWithFineConverters) {
  for (auto &[name, layer] : layers())
    for (bool isOffset : {false, true}) {
      SCOPED_TRACE(name + (isOffset ? ", offset" : ""));
      Layer fine = layer;
      if (isOffset)
        fine.offset();
      fine.slices();
      const std::vector<float> expected = runFast(fine.b).results;
      fine.dac(16).adc(16).calibrate(images);
      const std::vector<float> results = runFast(fine.b).results;
      const float largest = std::abs(*std::ranges::max_element(
          expected, {}, [](float x) { return std::abs(x); }));
      for (size_t i = 0; i < results.size(); ++i)
        ASSERT_NEAR(results[i], expected[i], 3e-3 * largest) << i;
    }
}

/// Without codes, they are added digitally.
TEST(MappedLayers, keepWeightsThatAreAllAlike) {
  for (auto &[name, layer] : layers())
    for (bool isOffset : {false, true}) {
      SCOPED_TRACE(name + (isOffset ? ", offset" : ""));
      Layer alike = layer;
      if (isOffset)
        alike.offset();
      alike.slices().flat();
      const std::vector<float> expected = runFast(alike.b).results;
      check(alike.adc(8).calibrate());
      const std::vector<float> results = runFast(alike.b).results;
      float largest = 0;
      for (float number : expected)
        largest = std::max(largest, std::abs(number));
      for (size_t i = 0; i < results.size(); ++i)
        ASSERT_NEAR(results[i], expected[i], 1e-4 * largest) << i;
    }
}

/// Zeros fill the second batch up.
TEST(MappedLayers, countImagesOnly) {
  for (auto &[name, layer] : layers()) {
    SCOPED_TRACE(name);
    layer.dac(6).adc(6).calibrate(2); // so that other images are clipped
    const ConverterCounts expected = runFast(layer.b).counts[0];
    layer.batchesOf(4);
    ConverterCounts ofReference;
    runReference(layer.b, {}, ofReference);
    for (const ConverterCounts &counts :
         {runFast(layer.b).counts[0], ofReference}) {
      EXPECT_EQ(counts.inputs, expected.inputs);
      EXPECT_EQ(counts.clippedInputs, expected.clippedInputs);
      EXPECT_EQ(counts.sums, expected.sums);
      EXPECT_NEAR(counts.clippedSums, expected.clippedSums,
                  1 + expected.clippedSums / 100);
    }
  }
}

/// Not what later layers leave behind the 100 numbers of a row.
TEST(MappedLayers, countInputsOnly) {
  Layer layer;
  PlanBuilder &b = layer.b;
  uint32_t x = b.gemm(b.input({1, 100}, plan::ROW_MAJOR), 256);
  layer.layer().set_channel_axis(0);
  layer.map(100, 256, 1).dac(6);
  layer.layer().mutable_dac()->set_range(0.5);
  layer.layer().mutable_dac()->set_is_signed(true);
  x = b.gemm(b.gemm(x, 256), 10);
  b.output(x);
  ConverterCounts expected;
  runReference(b, {}, expected);
  EXPECT_GT(expected.clippedInputs, 0);
  for (auto [threads, microBatch] : {std::pair(1u, 1u), {2u, 3u}, {3u, 8u}}) {
    Executor executor(b.plan, b.tensors, {threads, microBatch});
    executor.program({});
    for (int runs : {1, 2}) {
      executor.run(
          images,
          [&](int64_t index, float *image) { readImage(index, image, 100); },
          [](int64_t, const float *) {});
      const ConverterCounts counts = executor.converterCounts()[0];
      EXPECT_EQ(counts.inputs, runs * expected.inputs);
      EXPECT_EQ(counts.clippedInputs, runs * expected.clippedInputs);
    }
  }
}

TEST(MappedLayers, losePrecisionBitByBit) {
  Layer layer = Layer().conv(24, 20, 9, 3);
  const std::vector<float> exact = runFast(layer.b).results;
  auto error = [&](unsigned bits) {
    Layer coarse = layer;
    const std::vector<float> results =
        runFast(coarse.adc(bits).calibrate(images).b).results;
    double sum = 0;
    for (size_t i = 0; i < exact.size(); ++i)
      sum += std::pow(results[i] - exact[i], 2);
    return std::sqrt(sum / exact.size());
  };
  // A uniform error of LSB/sqrt(12) in each of four tiles.
  double limit = Layer(layer).adc(8).calibrate(images).layer().adc().limits(0);
  for (unsigned bits : {4u, 6u, 8u, 10u}) {
    const double step = limit / ((1 << (bits - 1)) - 1);
    EXPECT_NEAR(error(bits), step * std::sqrt(4 / 12.0), 0.15 * step) << bits;
  }
}

//===----------------------------------------------------------------------===//
// Calibration
//===----------------------------------------------------------------------===//

TEST(Calibration, findsTheLargestInputAndItsSign) {
  Layer layer = Layer().dense(8, 4, true).dac(8).calibrate(3);
  float lowest = 0, highest = 0;
  for (int64_t image = 0; image < 3; ++image) {
    std::vector<float> pixels(8);
    readImage(image, pixels.data(), 8);
    lowest = std::min(lowest, *std::ranges::min_element(pixels));
    highest = std::max(highest, *std::ranges::max_element(pixels));
  }
  EXPECT_FLOAT_EQ(layer.layer().dac().range(), std::max(-lowest, highest));
  EXPECT_TRUE(layer.layer().dac().is_signed());
  EXPECT_FALSE(needsCalibration(layer.b.plan));
}

/// 4 x 2 weights with an array for each two rows.
Layer twoTiles() {
  Layer layer;
  uint32_t x = layer.b.input({1, 4}, plan::ROW_MAJOR);
  uint32_t w =
      layer.b.constant({4, 2}, {1, 2, 3, 4, -5, 6, 7, 8}); // inputs first
  uint32_t y = layer.b.step("matmul", {x, w}, {1, 2}, plan::ROW_MAJOR);
  layer.b.layer().set_channel_axis(1);
  layer.b.output(y);
  layer.map(4, 2, 1);
  layer.layer().mutable_crossbar()->set_array_rows(2);
  layer.layer().mutable_crossbar()->set_array_columns(1);
  return layer;
}

/// Calibrates on the given rows of four inputs.
std::vector<std::string> calibrateOn(Layer &layer,
                                     std::vector<std::vector<float>> rows) {
  return calibrate(layer.b.plan, layer.b.tensors, rows.size(),
                   [&](int64_t index, float *image) {
                     std::ranges::copy(rows[index], image);
                   },
                   {});
}

TEST(Calibration, findsTheLargestPartialSum) {
  Layer layer = twoTiles().adc(8);
  calibrateOn(layer, {{1, 1, 0, 0}, {0, 0, 1, -1}, {0, 0, -1, 0}});
  // Sums are (4, 6), (-12, -2), (5, -6).
  EXPECT_THAT(layer.layer().adc().limits(), ElementsAre(12));
  Layer tiles = twoTiles().adc(8);
  tiles.layer().mutable_adc()->set_per_tile(true);
  calibrateOn(tiles, {{1, 1, 0, 0}, {0, 0, 1, -1}, {0, 0, -1, 0}});
  EXPECT_THAT(tiles.layer().adc().limits(), ElementsAre(4, 6, 12, 6));
}

TEST(Calibration, takesAFractionOfTheWorstCase) {
  Layer layer = twoTiles().adc(8);
  layer.layer().mutable_adc()->set_range(plan::Adc::FRACTION);
  layer.layer().mutable_adc()->set_value(0.5);
  const auto warnings =
      calibrateOn(layer, {{1, 1, 0, 0}, {0, 0, 3, 0}, {0, 0, 0, -2}});
  // Two rows, the largest input 3, the largest weight 8.
  EXPECT_THAT(layer.layer().adc().limits(), ElementsAre(24));
  EXPECT_THAT(warnings, IsEmpty()); // 18 of 24
  Layer wasteful = twoTiles().adc(8);
  wasteful.layer().mutable_adc()->set_range(plan::Adc::FRACTION);
  wasteful.layer().mutable_adc()->set_value(1);
  EXPECT_THAT(calibrateOn(wasteful, {{1, 1, 0, 0}, {0, 0, 3, 0}}),
              ElementsAre(AllOf(HasSubstr("stay unused"), HasSubstr("'layer0'"),
                                HasSubstr("38 %"))));
}

TEST(Calibration, measuresSlicesOfTheQuantizedCode) {
  Layer layer = twoTiles().adc(8);
  layer.layer().mutable_quantize()->set_bits(5);
  layer.layer().mutable_quantize()->set_mode(plan::Quantize::SYMMETRIC);
  layer.layer().mutable_crossbar()->set_cell_bits(2);
  // Codes are rint(15 w / 8): 2, 4, 6, 8, -9, 11, 13, 15.
  calibrateOn(layer, {{1, 0, 0, 0}, {0, 0, 0, 1}});
  const double step = 8 / 15.0;
  // Low digits 2, 0 and 1, 3; high digits 0, 1 and 3, 3.
  ASSERT_EQ(layer.layer().adc().limits_size(), 2);
  EXPECT_NEAR(layer.layer().adc().limits(0), 3 * step, 1e-5);
  EXPECT_NEAR(layer.layer().adc().limits(1), 4 * 3 * step, 1e-5);
}

TEST(Calibration, findsPercentiles) {
  Layer layer = Layer().conv(16, 16, 12, 3).adc(8);
  layer.layer().mutable_adc()->set_range(plan::Adc::PERCENTILE);
  layer.layer().mutable_adc()->set_value(95);
  Layer largest = Layer().conv(16, 16, 12, 3).adc(8).calibrate(8);
  layer.calibrate(8);
  const double limit = layer.layer().adc().limits(0);
  EXPECT_LT(limit, 0.8 * largest.layer().adc().limits(0));
  // On the same images one sum in twenty is beyond the 95th percentile; with
  // 14 bits, only those half a step beyond count, which is next to none less.
  layer.layer().mutable_adc()->set_bits(14);
  const ConverterCounts counts = runFast(layer.b, {}, {}, 8).counts[0];
  EXPECT_NEAR(double(counts.clippedSums) / counts.sums, 0.05, 0.002);
}

TEST(Calibration, leavesOutZerosThatFillABatchUp) {
  for (auto &[name, layer] : layers()) {
    SCOPED_TRACE(name);
    layer.adc(8).layer().mutable_adc()->set_range(plan::Adc::PERCENTILE);
    layer.layer().mutable_adc()->set_value(95);
    Layer batched = layer;
    layer.calibrate(images);
    batched.batchesOf(4).calibrate(images);
    const double expected = layer.layer().adc().limits(0);
    EXPECT_NEAR(batched.layer().adc().limits(0), expected, 0.01 * expected);
  }
}

/// A number x that becomes 5 - x, 16 times, before it comes to the layer; and
/// \p batch of them in a call. A zero would give the largest input and sums.
Layer behindABias(int64_t batch) {
  Layer layer;
  PlanBuilder &b = layer.b;
  const uint32_t x = b.input({1, 1}, plan::ROW_MAJOR);
  const uint32_t minus = b.constant({1, 16}, std::vector<float>(16, -1));
  const uint32_t y = b.step("matmul", {x, minus}, {1, 16}, plan::ROW_MAJOR);
  const uint32_t five = b.constant({16}, std::vector<float>(16, 5));
  b.epilogue().set_offset(five);
  const uint32_t ones = b.constant({16, 16}, std::vector<float>(256, 1));
  b.output(b.step("matmul", {y, ones}, {1, 16}, plan::ROW_MAJOR));
  b.layer().set_channel_axis(1);
  layer.map(16, 16, 1).dac(8).adc(8);
  return layer.batchesOf(batch);
}

TEST(Calibration, leavesOutWhatZerosThatFillABatchUpBecome) {
  for (int64_t batch : {1, 2}) {
    Layer layer = behindABias(batch);
    calibrateOn(layer, {{3}, {4}, {3}});
    EXPECT_FLOAT_EQ(layer.layer().dac().range(), 2);
    EXPECT_FALSE(layer.layer().dac().is_signed());
    EXPECT_THAT(layer.layer().adc().limits(), ElementsAre(32));
    Executor executor(layer.b.plan, layer.b.tensors, {});
    executor.program({});
    executor.run(
        3, [](int64_t, float *image) { *image = 3; },
        [](int64_t, const float *) {});
    const ConverterCounts counts = executor.converterCounts()[0];
    EXPECT_EQ(counts.inputs, 3 * 16);
    EXPECT_EQ(counts.clippedInputs, 0);
    EXPECT_EQ(counts.sums, 3 * 16);
    EXPECT_EQ(counts.clippedSums, 0);
  }
}

TEST(Calibration, refusesWhatIsNotFinite) {
  auto problemOf = [](Layer layer, std::vector<float> row) -> std::string {
    try {
      calibrateOn(layer, {row});
    } catch (const InputError &error) {
      return error.what();
    }
    return "";
  };
  Layer largest = twoTiles().adc(8), percentile = largest;
  percentile.layer().mutable_adc()->set_range(plan::Adc::PERCENTILE);
  percentile.layer().mutable_adc()->set_value(99);
  for (const Layer &layer : {largest, percentile, twoTiles().dac(8)})
    for (float number : {NAN, INFINITY})
      EXPECT_THAT(problemOf(layer, {number, 0, 0, 0}),
                  HasSubstr("layer 'layer0': inputs are not finite"));
  for (const Layer &layer : {largest, percentile})
    EXPECT_THAT(problemOf(layer, {3e38f, 3e38f, 0, 0}),
                HasSubstr("layer 'layer0': partial sums are not finite"));
}

TEST(Calibration, isTheSameHoweverItRuns) {
  auto calibrated = [](ExecutorOptions options) {
    Layer layer = Layer().conv(24, 20, 9, 3).slices().dac(4, true).adc(6);
    layer.layer().mutable_adc()->set_range(plan::Adc::PERCENTILE);
    layer.layer().mutable_adc()->set_value(99.9);
    layer.calibrate(7, options);
    return layer.layer().SerializeAsString();
  };
  const std::string once = calibrated({1, 1});
  EXPECT_EQ(calibrated({3, 2}), once);
  EXPECT_EQ(calibrated({2, 8}), once);
}

TEST(Calibration, doesNotSeeErrors) {
  Layer clean = Layer().conv(24, 20, 9, 3).dac(6).adc(6);
  Layer noisy = clean;
  noisy.errors().noise(5);
  EXPECT_EQ(clean.calibrate().layer().adc().limits(0),
            noisy.calibrate().layer().adc().limits(0));
}

TEST(Calibration, refusesASignWithoutABit) {
  Layer layer = Layer().dense(8, 4, true).dac(1);
  EXPECT_THROW(layer.calibrate(), InputError);
}

TEST(Calibration, isNeededToRun) {
  Layer layer = Layer().dense(8, 4, true).dac(8);
  try {
    runFast(layer.b);
    FAIL();
  } catch (const InputError &error) {
    EXPECT_THAT(error.what(), HasSubstr("converters without ranges"));
  }
}

//===----------------------------------------------------------------------===//
// Read noise
//===----------------------------------------------------------------------===//

double squareOf(const std::vector<float> &numbers) {
  double sum = 0;
  for (float number : numbers)
    sum += double(number) * number;
  return sum;
}

/// What noise adds to the results of \p layer.
std::vector<float> noiseOf(const Layer &layer) {
  Layer exact = layer;
  exact.layer().clear_read_noise();
  std::vector<float> noise = runFast(layer.b).results;
  const std::vector<float> without = runFast(exact.b).results;
  std::ranges::transform(noise, without, noise.begin(), std::minus());
  return noise;
}

/// Nodes with the same weights read the same cells, each for itself.
TEST(ReadNoise, isFreshForEveryNode) {
  const Layer once = Layer().conv(24, 20, 9, 3).noise(2);
  Layer twice;
  PlanBuilder &b = twice.b;
  const uint32_t x = b.input({1, 24, 9, 9});
  const uint32_t first = b.conv(x, 20, 3, 1, 1);
  const uint32_t second =
      b.step("conv", {x, b.plan.steps(0).inputs(1)}, b.shapeOf(first));
  *b.plan.mutable_steps(1)->mutable_attributes() = b.plan.steps(0).attributes();
  b.plan.mutable_steps(1)->set_layer(0);
  b.output(b.step("sub", {first, second}, b.shapeOf(first)));
  twice.map(24 * 9, 20, 1).noise(2);
  const double expected = 2 * squareOf(noiseOf(once));
  EXPECT_NEAR(squareOf(runFast(b).results), expected, 0.1 * expected);
  check(twice);
  check(twice.dac(4, true).adc(8).calibrate());
}

/// A convolution of 16 filters sees four patches of 8 x 8 of each of \p images
/// images.
Layer patches(int64_t images) {
  Layer layer;
  PlanBuilder &b = layer.b;
  b.plan.set_image_wise(false);
  uint32_t x = b.input({images, 12, 8, 8}, plan::ROW_MAJOR);
  x = b.step("reshape", {x}, {4 * images, 3, 8, 8}, plan::ROW_MAJOR);
  x = b.step("relayout", {x}, {4 * images, 3, 8, 8});
  x = b.conv(x, 16, 3, 1, 1);
  layer.map(27, 16, 1);
  x = b.step("relayout", {x}, {4 * images, 16, 8, 8}, plan::ROW_MAJOR);
  b.output(b.step("reshape", {x}, {images, 64, 8, 8}, plan::ROW_MAJOR));
  return layer;
}

TEST(ReadNoise, isFreshForEveryPartOfAnImage) {
  for (int64_t batch : {1, 2}) {
    Layer layer = patches(batch).noise(2);
    check(layer);
    const std::vector<float> noise = noiseOf(layer);
    const size_t count = 16 * 8 * 8;
    ASSERT_EQ(noise.size(), images * 4 * count);
    auto part = [&](size_t index) {
      return std::vector<float>(noise.begin() + index * count,
                                noise.begin() + (index + 1) * count);
    };
    for (size_t i = 0; i < 4 * images; ++i)
      for (size_t j = 0; j < i; ++j) {
        const std::vector<float> a = part(i), b = part(j);
        double product = 0;
        for (size_t k = 0; k < count; ++k)
          product += double(a[k]) * b[k];
        EXPECT_LT(std::abs(product), 0.2 * std::sqrt(squareOf(a) * squareOf(b)))
            << i << " and " << j;
      }
  }
}

/// The standard deviation of a result of \p layer, and what one cell of each
/// weight would give: of the same input at every read.
std::pair<double, double> spreadOfReads(const Layer &layer) {
  Executor executor(layer.b.plan, layer.b.tensors, {});
  executor.program({});
  constexpr int64_t reads = 2000;
  std::vector<double> sum(16), squares(16);
  std::mutex mutex;
  double energy = 0;
  executor.run(
      reads, [&](int64_t, float *image) { readImage(3, image, 48); },
      [&](int64_t, const float *row) {
        const std::scoped_lock lock(mutex);
        for (int i = 0; i < 16; ++i) {
          sum[i] += row[i];
          squares[i] += row[i] * row[i];
        }
      });
  std::vector<float> x(48);
  readImage(3, x.data(), 48);
  for (float number : x)
    energy += number * number;
  double mean = 0;
  for (int i = 0; i < 16; ++i)
    mean += std::sqrt(squares[i] / reads - std::pow(sum[i] / reads, 2)) / 16;
  const plan::Layer &mapped = layer.b.plan.layers(0);
  const double window = mapped.crossbar().highest_conductance() -
                        mapped.crossbar().lowest_conductance();
  return {mean, std::sqrt(energy) * mapped.read_noise().width() / window};
}

TEST(ReadNoise, hasTheVarianceOfItsCells) {
  const Layer pair = Layer().dense(48, 16, true).noise(2);
  const auto weights =
      pair.b.tensors.at(pair.b.plan.layers(0).weights()).as<float>();
  const auto [low, high] = std::ranges::minmax_element(weights);
  const double largest = std::max(-*low, *high), range = *high - *low;
  auto check = [](const Layer &layer, double worth, double cells) {
    const auto [spread, ofCell] = spreadOfReads(layer);
    const double expected = worth * std::sqrt(cells) * ofCell;
    EXPECT_NEAR(spread, expected, 0.03 * expected);
  };
  check(pair, largest, 2);
  // A cell and the reference of its row, which has no noise if it is ideal.
  Layer offset = pair;
  offset.offset();
  check(offset, range, 2);
  offset.layer().mutable_crossbar()->set_ideal_reference(true);
  check(offset, range, 1);
  // Three slices of two bits, worth 3, 12 and 48 of 31 steps, no reference.
  Layer sliced = pair;
  sliced.offset().slices();
  check(sliced, range / 31, 3 * 3 + 12 * 12 + 48 * 48);
}

} // namespace
