//===- LayerOnArrays.h - One layer on arrays, for tests ---------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_LAYERONARRAYS_H
#define CIM_TESTS_RUNTIME_LAYERONARRAYS_H

#include "runtime/calibration/Calibrate.h"
#include "runtime/converters/LayerConverters.h"
#include "runtime/executor/Executor.h"
#include "runtime/reference/ReferenceExecutor.h"
#include "tests/runtime/InParts.h"
#include "tests/runtime/PlanBuilder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

namespace cim::test {

inline constexpr int64_t images = 6;

/// Image \p index, of \p count numbers.
inline void readImage(int64_t index, float *image, int64_t count) {
  std::mt19937 random(index);
  std::normal_distribution<float> normal;
  std::generate_n(image, count, [&] { return normal(random); });
}

struct Run {
  std::vector<float> results;
  std::vector<ConverterCounts> counts;
};

/// What the executor makes of \p count images on \p chip.
inline Run runFast(const PlanBuilder &b, ExecutorOptions options = {},
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

/// What the reference makes of all images, and what it counts on the way.
inline std::vector<double> runReference(const PlanBuilder &b, const Chip &chip,
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
inline std::vector<std::pair<std::string, Layer>> layers() {
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
inline double largestStep(const Layer &layer, const Chip &chip) {
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
inline void check(const Layer &layer, Precision precision = Precision::f32) {
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
  if (layer.b.plan.image_wise()) {
    const Run again = runFast(
        layer.b,
        {.threads = 2,
         .precision = precision,
         .parts = cutIntoParts(layer.b.plan, layer.b.tensors, precision)},
        chip);
    ASSERT_EQ(again.results, run.results) << "in parts";
    EXPECT_EQ(again.counts[0].clippedSums, counts.clippedSums);
  }
}

} // namespace cim::test

#endif // CIM_TESTS_RUNTIME_LAYERONARRAYS_H
