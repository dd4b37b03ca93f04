//===- ReadNoiseTest.cpp - What every read of an array adds ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/runtime/LayerOnArrays.h"

#include <functional>
#include <mutex>

using namespace cim;
using namespace cim::test;

namespace {

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
