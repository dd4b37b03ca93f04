//===- ConvertersTest.cpp - Converters against their definition -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Converters.h"
#include "runtime/converters/Adc.h"
#include "runtime/converters/Dac.h"
#include "tests/runtime/kernels/Images.h"

#include <gmock/gmock.h>

namespace cim::kernels {
namespace {

class Converters : public EveryInstructionSet {};

Drive levelsOf(const cim::Dac &dac, const std::vector<float> &curve,
               unsigned which) {
  Drive levels;
  levels.perInput = 1 / dac.step();
  levels.lowest = dac.lowest();
  levels.highest = dac.highest();
  levels.step = dac.isSerial() ? dac.drive(1 << which, which) : dac.step();
  levels.bit = dac.isSerial() ? int(which) : -1;
  levels.curve = curve.empty() ? nullptr : curve.data();
  return levels;
}

plan::Dac dacPlan(unsigned bits, bool isSigned, bool isSerial) {
  plan::Dac plan;
  plan.set_bits(bits);
  plan.set_range(2);
  plan.set_is_signed(isSigned);
  plan.set_serial(isSerial);
  return plan;
}

/// Whose drives are squares.
cim::Dac bentDac() {
  plan::Dac plan = dacPlan(6, true, false);
  for (double x : {0.0, 0.5, 1.0}) {
    plan.add_curve_input(x);
    plan.add_curve_current(x * x);
  }
  return cim::Dac(plan);
}

std::vector<float> curveOf(const cim::Dac &dac) {
  std::vector<float> curve;
  for (int64_t code = dac.lowest(); code <= dac.highest(); ++code)
    curve.push_back(dac.drive(code, 0));
  return curve;
}

/// All drives of an image with \p channels channels, and what was clipped.
void checkDrives(const cim::Dac &dac, const std::vector<float> &curve,
                 int channels, Random &random) {
  for (unsigned which = 0; which < dac.applications(); ++which) {
    Images in(channels, 5, 3, 2, {1, 1, 1, 1}),
        out(channels, 5, 3, 2, {1, 1, 1, 1});
    in.forEach([&](int n, int y, int x, int c) {
      in.at(n, y, x, c) = 3 * draw(random);
    });
    int64_t clipped = 0;
    const int64_t counted =
        drive(in.view, levelsOf(dac, curve, which), out.view);
    in.forEach([&](int n, int y, int x, int c) {
      const float input = in.at(n, y, x, c);
      clipped += dac.clips(input);
      // A number half-way between two codes may go to either in f32.
      const double expected = dac.drive(dac.code(input), which);
      const double other = dac.drive(dac.code(input * (1 + 1e-6)), which);
      const double another = dac.drive(dac.code(input * (1 - 1e-6)), which);
      const double value = out.at(n, y, x, c);
      const double near =
          std::min({std::abs(value - expected), std::abs(value - other),
                    std::abs(value - another)});
      ASSERT_LE(near, 1e-6) << input << " -> " << value << ", not " << expected;
    });
    EXPECT_EQ(counted, clipped);
    out.expectSurroundingsUntouched();
  }
}

TEST_P(Converters, driveAsDefined) {
  Random random(2);
  for (bool isSigned : {false, true})
    for (bool isSerial : {false, true})
      for (unsigned bits : {2u, 5u, 8u})
        for (int channels : {16, 20, 3})
          checkDrives(cim::Dac(dacPlan(bits, isSigned, isSerial)), {}, channels,
                      random);
  const cim::Dac bent = bentDac();
  checkDrives(bent, curveOf(bent), 20, random);
}

/// What lies behind a row is nobody's input.
TEST_P(Converters, countNothingBehindARow) {
  Random random(5);
  const cim::Dac dac(dacPlan(8, true, false));
  Images in(100, 1, 1, 3), out(100, 1, 1, 3);
  in.fill(random);
  for (int n = 0; n < 3; ++n)
    for (int c = 100; c < 112; ++c)
      in.at(n, 0, 0, c) = 1e9;
  EXPECT_EQ(drive(in.view, levelsOf(dac, {}, 0), out.view), 0);
  in.at(1, 0, 0, 99) = 3;
  EXPECT_EQ(drive(in.view, levelsOf(dac, {}, 0), out.view), 1);
}

TEST_P(Converters, keepNotANumber) {
  Random random(6);
  const cim::Dac linear(dacPlan(5, true, false)),
      serial(dacPlan(5, true, true));
  const std::vector<float> straight;
  for (const auto &[dac, curve] : {std::pair(linear, straight),
                                   {bentDac(), curveOf(bentDac())},
                                   {serial, straight}})
    for (unsigned which = 0; which < dac.applications(); ++which) {
      Images in(20, 2, 1, 1), out(20, 2, 1, 1);
      in.fill(random);
      for (int c : {3, 18})
        in.at(0, 0, 1, c) = Images::nan();
      EXPECT_EQ(drive(in.view, levelsOf(dac, curve, which), out.view), 0);
      in.forEach([&](int n, int y, int x, int c) {
        EXPECT_EQ(std::isnan(out.at(n, y, x, c)),
                  std::isnan(in.at(n, y, x, c)));
      });
    }
}

TEST_P(Converters, convertAsDefined) {
  Random random(3);
  for (int channels : {16, 37}) {
    const int padded = paddedChannels(channels);
    std::vector<AdcColumn> columns(channels);
    std::vector<float> perSum(padded), offset(padded), bend(padded),
        step(padded);
    for (int c = 0; c < channels; ++c) {
      AdcColumn &column = columns[c];
      column.step = 0.05 + 0.01 * draw(random);
      column.perSum = (1 + 0.1 * draw(random)) / column.step;
      column.offset = draw(random);
      column.bend = 2 * draw(random);
      perSum[c] = column.perSum;
      offset[c] = column.offset;
      bend[c] = column.bend;
      step[c] = column.step;
    }
    const int pixels = 11;
    std::vector<float> sums(pixels * padded), total(pixels * padded, 7);
    for (int p = 0; p < pixels; ++p)
      for (int c = 0; c < channels; ++c)
        sums[p * padded + c] = 1.5f * draw(random);
    for (bool isBent : {false, true})
      for (bool isFirst : {true, false}) {
        AdcColumns view = {perSum.data(), offset.data(),
                           isBent ? bend.data() : nullptr, step.data(), 15};
        const std::vector<float> before = total;
        const int64_t clipped = convert(sums.data(), pixels, channels, view,
                                        0.5f, isFirst, total.data());
        int64_t expectedClipped = 0, others = 0;
        for (int p = 0; p < pixels; ++p)
          for (int c = 0; c < channels; ++c) {
            AdcColumn column = columns[c];
            column.bend = isBent ? column.bend : 0;
            const int i = p * padded + c;
            expectedClipped += column.clips(sums[i], 15);
            const double expected =
                (isFirst ? 0 : before[i]) + 0.5 * column.convert(sums[i], 15);
            // Half-way numbers may go to either code.
            const double difference = std::abs(total[i] - expected);
            others += difference > 1e-5;
            ASSERT_LE(difference, 0.5 * column.step + 1e-5);
          }
        EXPECT_EQ(clipped, expectedClipped);
        EXPECT_LE(others, 1);
        EXPECT_GT(clipped, 0);
        for (int p = 0; p < pixels; ++p)
          for (int c = channels; c < padded; ++c)
            ASSERT_EQ(total[p * padded + c],
                      isFirst ? 0 : before[p * padded + c]);
      }
  }
}

TEST_P(Converters, addNoiseOfTheirVariance) {
  Random random(4);
  const int pixels = 7, channels = 32;
  std::vector<float> variance(pixels * channels), draws(pixels * channels);
  for (size_t i = 0; i < draws.size(); ++i) {
    variance[i] = std::abs(draw(random));
    draws[i] = draw(random);
  }
  for (bool isPerPixel : {false, true}) {
    std::vector<float> sums(pixels * channels, 1);
    addNoise(variance.data(), isPerPixel, 4, draws.data(), pixels, channels,
             sums.data());
    for (int i = 0; i < pixels * channels; ++i) {
      const float v = variance[isPerPixel ? i / channels * channelBlock : i];
      ASSERT_NEAR(sums[i], 1 + 2 * std::sqrt(v) * draws[i], 1e-5) << i;
    }
  }
}

CIM_FOR_EVERY_INSTRUCTION_SET(Converters);

} // namespace
} // namespace cim::kernels
