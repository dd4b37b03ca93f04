//===- LayerGradientsTest.cpp - Backward through convolutions ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The oracle walks over all products of the convolution, as ONNX defines it,
// and sends each result's gradient to the two factors of every product.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/DataGradient.h"
#include "runtime/kernels/WeightGradient.h"
#include "tests/runtime/kernels/Images.h"

#include <functional>
#include <string>

namespace cim::kernels {
namespace {

std::string describe(const ConvolutionShape &s) {
  std::string text;
  for (int number :
       {s.channelsIn, s.channelsOut, s.groups, s.widthIn, s.heightIn,
        s.kernelWidth, s.kernelHeight, s.strideX, s.strideY, s.dilationX,
        s.dilationY, s.pads.left, s.pads.top, s.pads.right, s.pads.bottom})
    text += std::to_string(number) + " ";
  return "channels, groups, image, kernel, stride, dilation, pads: " + text;
}

size_t countWeights(const ConvolutionShape &s) {
  return size_t(s.channelsOut) * s.channelsIn / s.groups * s.kernelWidth *
         s.kernelHeight;
}

/// One product of a convolution: of the input (iy, ix, c) and a weight, for the
/// result (y, x, k).
struct Product {
  int y, x, k, iy, ix, c;
  size_t weight;
};
void forEachProduct(const ConvolutionShape &s,
                    const std::function<void(const Product &)> &visit) {
  const int inputs = s.channelsIn / s.groups,
            outputs = s.channelsOut / s.groups;
  for (int y = 0; y < s.heightOut(); ++y)
    for (int x = 0; x < s.widthOut(); ++x)
      for (int dy = 0; dy < s.kernelHeight; ++dy)
        for (int dx = 0; dx < s.kernelWidth; ++dx) {
          const int iy = y * s.strideY + dy * s.dilationY - s.pads.top;
          const int ix = x * s.strideX + dx * s.dilationX - s.pads.left;
          if (iy < 0 || iy >= s.heightIn || ix < 0 || ix >= s.widthIn)
            continue;
          for (int k = 0; k < s.channelsOut; ++k)
            for (int c = 0; c < inputs; ++c)
              visit({y, x, k, iy, ix, k / outputs * inputs + c,
                     s.inputMajor ? size_t(c) * s.channelsOut + k
                                  : ((size_t(k) * inputs + c) * s.kernelHeight +
                                     dy) * s.kernelWidth +
                                        dx});
        }
}

void checkDataGradient(const ConvolutionShape &s, int images, Random &random,
                       ConvolutionAlgorithm algorithm, double tolerance) {
  DataGradient backward(s, algorithm);
  Images gradient(s.channelsOut, s.widthOut(), s.heightOut(), images,
                  backward.border(), true, random() % 2);
  gradient.fill(random);
  Images out(s.channelsIn, s.widthIn, s.heightIn, images, {1, 0, 2, 1});
  const std::vector<float> weights = drawMany(random, countWeights(s));
  const std::vector<float> factors = drawMany(random, s.channelsOut);
  const bool scaled = random() % 2;
  RandomEpilogue epilogue(random, out);
  epilogue.epilogue.scale = epilogue.epilogue.offset = nullptr;
  epilogue.epilogue.slope = 1;
  epilogue.epilogue.lowest = -std::numeric_limits<float>::infinity();
  epilogue.epilogue.highest = std::numeric_limits<float>::infinity();

  AlignedFloats packed(backward.packedWeights(), Images::nan());
  backward.pack(weights.data(), scaled ? factors.data() : nullptr,
                packed.data());
  AlignedFloats scratch(backward.scratch(images), Images::nan());
  ASSERT_EQ(backward.run(gradient.view, packed.data(), epilogue.epilogue,
                         out.view, scratch.data()),
            0);
  out.expectSurroundingsUntouched();
  for (int n = 0; n < images; ++n) {
    std::vector<double> expected(size_t(s.heightIn) * s.widthIn * s.channelsIn),
        magnitude(expected.size());
    forEachProduct(s, [&](const Product &p) {
      const double product = double(weights[p.weight]) *
                             (scaled ? factors[p.k] : 1) *
                             gradient.at(n, p.y, p.x, p.k);
      const size_t at = (size_t(p.iy) * s.widthIn + p.ix) * s.channelsIn + p.c;
      expected[at] += product;
      magnitude[at] += std::abs(product);
    });
    for (int y = 0; y < s.heightIn; ++y)
      for (int x = 0; x < s.widthIn; ++x)
        for (int c = 0; c < s.channelsIn; ++c) {
          const size_t at = (size_t(y) * s.widthIn + x) * s.channelsIn + c;
          ASSERT_NEAR(out.at(n, y, x, c),
                      epilogue.apply(expected[at], n, y, x, c),
                      tolerance * (1 + magnitude[at]))
              << n << " " << y << " " << x << " " << c;
        }
  }
}

void checkWeightGradient(const ConvolutionShape &s, int images, Random &random,
                         ConvolutionAlgorithm algorithm, double tolerance) {
  WeightGradient backward(s, algorithm);
  const bool padded = s.channelsIn >= channelBlock || random() % 2;
  Images in(s.channelsIn, s.widthIn, s.heightIn, images, backward.border(),
            padded, random() % 2);
  in.fill(random);
  const BorderWidths wanted = backward.gradientBorder();
  Images gradient(s.channelsOut, s.widthOut(), s.heightOut(), images,
                  {1, 0, wanted.right, wanted.bottom + 2});
  gradient.fill(random);

  // Two parts of the images, as two threads would; what is there already
  // stays.
  const int half = images / 2;
  AlignedFloats first(backward.packedWeights()),
      second(backward.packedWeights());
  AlignedFloats scratch(backward.scratch(images), Images::nan());
  ASSERT_EQ(backward.run(in.part(0, half), gradient.part(0, half), first.data(),
                         scratch.data()),
            0);
  for (int n = half; n < images; ++n)
    ASSERT_EQ(backward.run(in.part(n, 1), gradient.part(n, 1), second.data(),
                           scratch.data()),
              0);
  std::vector<float> weights(countWeights(s), Images::nan());
  const float *parts[] = {first.data(), second.data()};
  backward.unpack(parts, weights.data(), 0, 1);
  backward.unpack(parts, weights.data(), 1, backward.blocks());

  std::vector<double> expected(weights.size()), magnitude(weights.size());
  for (int n = 0; n < images; ++n)
    forEachProduct(s, [&](const Product &p) {
      const double product =
          double(in.at(n, p.iy, p.ix, p.c)) * gradient.at(n, p.y, p.x, p.k);
      expected[p.weight] += product;
      magnitude[p.weight] += std::abs(product);
    });
  for (size_t i = 0; i < weights.size(); ++i)
    ASSERT_NEAR(weights[i], expected[i], tolerance * (1 + magnitude[i]))
        << "weight " << i;
}

ConvolutionShape randomShape(Random &random) {
  ConvolutionShape s;
  s.groups = pick(random, {1, 1, 1, 2, 3});
  s.channelsIn = s.groups * pick(random, {1, 3, 8, 16, 24});
  s.channelsOut = s.groups * pick(random, {1, 5, 16, 32});
  if (random() % 8 == 0)
    s.groups = s.channelsIn = s.channelsOut = pick(random, {16, 20, 33});
  s.kernelWidth = pick(random, {1, 2, 3, 3, 5});
  s.kernelHeight = pick(random, {1, 2, 3, 3, 5});
  s.strideX = pick(random, {1, 1, 2, 3});
  s.strideY = pick(random, {1, 1, 2, 3});
  s.dilationX = pick(random, {1, 1, 2, 3});
  s.dilationY = pick(random, {1, 1, 2});
  s.pads = {pick(random, {0, 1, 2}), pick(random, {0, 1, 2}),
            pick(random, {0, 1, 2}), pick(random, {0, 1, 2})};
  s.widthIn = (s.kernelWidth - 1) * s.dilationX + pick(random, {1, 2, 5, 8});
  s.heightIn = (s.kernelHeight - 1) * s.dilationY + pick(random, {1, 3, 6});
  return s;
}

class LayerGradients : public EveryInstructionSet {};

TEST_P(LayerGradients, ofAnyShape) {
  Random random(1);
  for (int i = 0; i < 60; ++i) {
    const ConvolutionShape s = randomShape(random);
    SCOPED_TRACE(describe(s));
    checkDataGradient(s, 2, random, ConvolutionAlgorithm::direct, 1e-6);
    checkWeightGradient(s, 3, random, ConvolutionAlgorithm::direct, 1e-6);
    if (HasFatalFailure())
      return;
  }
}

TEST_P(LayerGradients, ofLayersAsInResNets) {
  Random random(2);
  for (int channels : {16, 32, 48, 64})
    for (int stride : {1, 2}) {
      ConvolutionShape s;
      s.channelsIn = s.channelsOut = channels;
      s.widthIn = s.heightIn = 8;
      s.kernelWidth = s.kernelHeight = 3;
      s.strideX = s.strideY = stride;
      s.pads = {1, 1, 1, 1};
      SCOPED_TRACE(describe(s));
      checkDataGradient(s, 2, random, ConvolutionAlgorithm::automatic, 1e-5);
      checkWeightGradient(s, 5, random, ConvolutionAlgorithm::automatic, 4e-6);
      checkWeightGradient(s, 5, random, ConvolutionAlgorithm::direct, 1e-6);
    }
}

TEST_P(LayerGradients, ofWeightsByWinograd) {
  Random random(4);
  for (int i = 0; i < 30;) {
    ConvolutionShape s;
    s.channelsIn = pick(random, {16, 16, 32, 48});
    s.channelsOut = pick(random, {5, 16, 24, 32, 48});
    s.kernelWidth = s.kernelHeight = 3;
    s.pads = {pick(random, {0, 1, 2}), pick(random, {0, 1, 2}),
              pick(random, {0, 1, 2}), pick(random, {0, 1, 2})};
    s.widthIn = pick(random, {6, 7, 8, 13});
    s.heightIn = pick(random, {6, 8, 11});
    if (!WinogradWeightGradient::pays(s))
      continue;
    SCOPED_TRACE(describe(s));
    // Enough for several blocks of tiles, in the end.
    checkWeightGradient(s, 2 + i++ % 12, random,
                        ConvolutionAlgorithm::automatic, 4e-6);
    if (HasFatalFailure())
      return;
  }
}

/// Where the next image would lie does not matter to a single one, however far
/// that is.
TEST_P(LayerGradients, ofAnImageInAHugeArena) {
  Random random(5);
  ConvolutionShape s;
  s.channelsIn = s.channelsOut = 16;
  s.widthIn = s.heightIn = 8;
  s.kernelWidth = s.kernelHeight = 3;
  s.pads = {1, 1, 1, 1};
  ASSERT_TRUE(WinogradWeightGradient::pays(s));
  WeightGradient backward(s, ConvolutionAlgorithm::automatic);
  const BorderWidths wanted = backward.gradientBorder();
  Images in(16, 8, 8, 1, backward.border(), true, false),
      gradient(16, 8, 8, 1, {1, 0, wanted.right, wanted.bottom + 2});
  in.fill(random);
  gradient.fill(random);
  auto sumsWith = [&](ImageView x, ImageView g, int64_t imageStride) {
    x.imageStride = g.imageStride = imageStride;
    AlignedFloats sums(backward.packedWeights());
    AlignedFloats scratch(backward.scratch(1), Images::nan());
    EXPECT_EQ(backward.run(x, g, sums.data(), scratch.data()), 0);
    return std::vector<float>(sums.data(), sums.data() + sums.size());
  };
  EXPECT_EQ(sumsWith(in.part(0, 1), gradient.part(0, 1), int64_t(1) << 30),
            sumsWith(in.part(0, 1), gradient.part(0, 1), int64_t(1) << 16));
}

TEST_P(LayerGradients, ofDenseLayers) {
  Random random(3);
  for (bool inputMajor : {false, true})
    for (int channels : {3, 64, 100}) {
      ConvolutionShape s;
      s.channelsIn = channels;
      s.channelsOut = 10;
      s.inputMajor = inputMajor;
      SCOPED_TRACE(describe(s));
      checkDataGradient(s, 7, random, ConvolutionAlgorithm::direct, 1e-6);
      checkWeightGradient(s, 7, random, ConvolutionAlgorithm::automatic, 1e-6);
    }
}

CIM_FOR_EVERY_INSTRUCTION_SET(LayerGradients);

} // namespace
} // namespace cim::kernels
