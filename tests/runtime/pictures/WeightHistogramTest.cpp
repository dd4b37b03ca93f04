//===- WeightHistogramTest.cpp - Counting and drawing weights -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/pictures/WeightHistogram.h"
#include "runtime/tensor/Errors.h"
#include "tests/TemporaryFolder.h"
#include "tests/runtime/pictures/SvgText.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <gmock/gmock.h>
#include <numeric>

using namespace cim;
using namespace cim::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace {

plan::Layer layerOf(const std::string &name, int64_t weights) {
  plan::Layer layer;
  layer.set_name(name);
  layer.set_operation("conv");
  layer.add_shape(weights);
  layer.add_shape(1);
  return layer;
}

TEST(WeightHistogramTest, CountsEveryWeightOnce) {
  const Tensor weights =
      makeTensor({6, 1}, std::vector<float>{0, 1, 2, 3, 4, 2});
  const WeightHistogram histogram =
      makeHistogram(layerOf("a", 6), weights, {}, 4);
  EXPECT_THAT(histogram.edges, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(histogram.before, ElementsAre(1, 1, 2, 2));
  EXPECT_EQ(histogram.after, histogram.before);
  EXPECT_THAT(histogram.levels, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(histogram.onLevel, ElementsAre(1, 1, 2, 1, 1));
  EXPECT_EQ(histogram.weights(), 6);
}

// Few bins must not blur them.
TEST(WeightHistogramTest, MomentsAreThoseOfTheWeights) {
  const Tensor weights = makeTensor({4, 1}, std::vector<float>{0, 1, 1, 4});
  plan::Layer layer = layerOf("a", 4);
  layer.mutable_quantize()->set_bits(1);
  for (int64_t bins : {1, 2, 100}) {
    const WeightHistogram histogram = makeHistogram(layer, weights, {}, bins);
    EXPECT_EQ(histogram.momentsBefore.mean, 1.5);
    EXPECT_DOUBLE_EQ(histogram.momentsBefore.deviation, 1.5);
    ASSERT_EQ(histogram.levels.size(), 2u);
    EXPECT_DOUBLE_EQ(histogram.momentsAfter.mean,
                     (3 * histogram.levels[0] + histogram.levels[1]) / 4);
  }
}

// Long ones would run into each other, and their ends tell layers apart.
TEST(WeightHistogramTest, NamesFitTheirPanels) {
  std::vector<WeightHistogram> histograms;
  for (int i = 0; i < 6; ++i)
    histograms.push_back(makeHistogram(
        layerOf(std::string(100, 'x') + "conv" + char('0' + i), 3),
        makeTensor({3, 1}, std::vector<float>{1, 2, 3}), {}, 5));
  const std::string svg = drawHistograms(histograms, "", PictureFormat::svg);
  for (int i = 0; i < 3; ++i) {
    const SvgText left = textWith(svg, "conv" + std::to_string(2 * i)),
                  right = textWith(svg, "conv" + std::to_string(2 * i + 1));
    EXPECT_GT(left.left(), 0);
    EXPECT_LT(right.right(), widthOf(svg));
    if (left.y == right.y) {
      EXPECT_LT(left.right(), right.left());
    }
  }
  const std::string alone =
      drawHistograms({histograms.data(), 1}, "noise", PictureFormat::svg);
  EXPECT_GT(textWith(alone, "conv0: noise").left(), 0);
}

TEST(WeightHistogramTest, SeesQuantizationAndNoise) {
  std::vector<float> values(1000);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = std::sin(i * 0.37f) * std::sin(i * 1.7f);
  const Tensor weights = makeTensor({1000, 1}, values);
  plan::Layer layer = layerOf("a", 1000);
  layer.mutable_quantize()->set_bits(2);
  WeightHistogram histogram = makeHistogram(layer, weights, {}, 100);
  ASSERT_EQ(histogram.levels.size(), 4u);
  EXPECT_NEAR(histogram.levels[1] - histogram.levels[0],
              histogram.levels[3] - histogram.levels[2], 1e-6);
  EXPECT_EQ(std::accumulate(histogram.onLevel.begin(), histogram.onLevel.end(),
                            int64_t(0)),
            1000);
  plan::Noise &noise = *layer.mutable_noise();
  noise.set_width(1);
  noise.set_unit(plan::QUANTIZATION_STEP);
  histogram = makeHistogram(layer, weights, {}, 100);
  EXPECT_TRUE(histogram.levels.empty());
  EXPECT_EQ(std::accumulate(histogram.after.begin(), histogram.after.end(),
                            int64_t(0)),
            1000);
  EXPECT_GT(histogram.edges.back(), 1.0); // the written weights reach farther
  EXPECT_NE(makeHistogram(layer, weights, {.seed = 1}, 100).after,
            histogram.after);
}

TEST(WeightHistogramTest, EqualWeightsHaveABin) {
  for (float value : {0.0f, -3.0f, 1e-30f}) {
    const WeightHistogram histogram =
        makeHistogram(layerOf("a", 3),
                      makeTensor({3, 1}, std::vector<float>(3, value)), {}, 5);
    EXPECT_EQ(histogram.weights(), 3);
    EXPECT_LT(histogram.edges.front(), value);
    EXPECT_GT(histogram.edges.back(), value);
    EXPECT_NE(drawHistograms({&histogram, 1}, "", PictureFormat::png), "");
  }
  EXPECT_THROW(makeHistogram(layerOf("a", 1),
                             makeTensor({1, 1}, std::vector<float>{NAN}), {},
                             5),
               InputError);
}

// Names come from files: none may end a string, a command or a tag.
TEST(WeightHistogramTest, NamesAreNoCommands) {
  const TemporaryFolder folder;
  const std::string trace = folder.path("gnuplot-was-fooled");
  std::vector<WeightHistogram> histograms;
  for (const std::string &name :
       {"a'\nsystem('touch " + trace + "')\n'", "`touch " + trace + "`",
        "\"; !touch " + trace, std::string("<script>&amp;\x01\xff"),
        std::string("EN\nEND\n"), std::string()})
    histograms.push_back(
        makeHistogram(layerOf(name, 3),
                      makeTensor({3, 1}, std::vector<float>{1, 2, 3}), {}, 5));
  for (size_t count : {histograms.size(), size_t(1)}) {
    const std::string svg = drawHistograms(
        {histograms.data(), count}, "'\n!touch " + trace, PictureFormat::svg);
    EXPECT_THAT(svg, HasSubstr("</svg>"));
    EXPECT_THAT(svg, Not(HasSubstr("<script>")));
    EXPECT_THAT(svg, Not(HasSubstr("\x01")));
  }
  EXPECT_FALSE(std::filesystem::exists(trace));
}

TEST(WeightHistogramTest, DrawsAsManyPanelsAsAllowed) {
  const std::vector<WeightHistogram> histograms(
      largestPicture,
      makeHistogram(layerOf("a", 3),
                    makeTensor({3, 1}, std::vector<float>{1, 2, 3}), {}, 5));
  EXPECT_THAT(drawHistograms(histograms, "many", PictureFormat::png),
              testing::StartsWith("\x89PNG"));
}

TEST(WeightHistogramTest, SaysWhenGnuplotIsMissing) {
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nonexistent", 1);
  try {
    runGnuplot("set terminal svg");
    ADD_FAILURE() << "drew without gnuplot";
  } catch (const InputError &error) {
    EXPECT_THAT(error.what(), HasSubstr("gnuplot-nox"));
  }
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_THROW(runGnuplot("this is no command\n"), InputError);
}

} // namespace
