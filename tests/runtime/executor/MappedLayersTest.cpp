//===- MappedLayersTest.cpp - Layers on arrays, against the reference -----===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Bfloat16.h"
#include "runtime/kernels/InstructionSet.h"
#include "tests/runtime/LayerOnArrays.h"
#include "tests/runtime/kernels/InstructionSetGuard.h"

using namespace cim;
using namespace cim::test;

namespace {

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
  const InstructionSetGuard guard;
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

} // namespace
