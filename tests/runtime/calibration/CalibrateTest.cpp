//===- CalibrateTest.cpp - The ranges of converters -----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/calibration/Calibrate.h"

#include "runtime/tensor/Errors.h"
#include "tests/runtime/LayerOnArrays.h"

#include <gmock/gmock.h>

using namespace cim;
using namespace cim::test;
using namespace testing;

namespace {

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

} // namespace
