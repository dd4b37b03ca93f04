//===- ConvolutionTest.cpp - Convolutions against plain loops ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Convolution.h"
#include "runtime/kernels/Algorithms.h"
#include "tests/runtime/kernels/ReferenceConvolution.h"

#include <gmock/gmock.h>

namespace cim::kernels {
namespace {

void check(const Case &test, Random &random,
           ConvolutionAlgorithm algorithm = ConvolutionAlgorithm::direct,
           double tolerance = 1e-6) {
  const ConvolutionShape &s = test.shape;
  SCOPED_TRACE(describe(test));
  Convolution convolution(s, algorithm);
  SCOPED_TRACE(convolution.description());

  Images in(s.channelsIn, s.widthIn, s.heightIn, test.images,
            convolution.border(), test.padded, random() % 2);
  in.fill(random);
  const std::vector<float> weights =
      drawMany(random, size_t(s.channelsOut) * s.channelsIn / s.groups *
                           s.kernelWidth * s.kernelHeight);
  AlignedFloats packed(convolution.packedWeights() + 16, Images::nan());
  // In two pieces, as two threads would.
  const int half = s.channelsOut / 2 / channelBlock * channelBlock;
  convolution.pack(weights.data(), packed.data(), half, s.channelsOut);
  convolution.pack(weights.data(), packed.data(), 0, half);
  for (size_t i = 0; i < convolution.packedWeights(); ++i)
    ASSERT_FALSE(std::isnan(packed[i])) << "packed weight " << i;
  ASSERT_TRUE(std::isnan(packed[convolution.packedWeights()]));

  const BorderWidths border = {int(random() % 3), int(random() % 3),
                               int(random() % 3), int(random() % 3)};
  Images out(s.channelsOut, s.widthOut(), s.heightOut(), test.images, border);
  RandomEpilogue epilogue(random, out);
  AlignedFloats scratch(convolution.scratch(test.images), Images::nan());
  ASSERT_EQ(convolution.run(in.view, packed.data(), epilogue.epilogue, out.view,
                            scratch.data()),
            0);
  out.expectSurroundingsUntouched();
  in.expectSurroundingsUntouched();
  out.forEach([&](int n, int y, int x, int k) {
    const auto [sum, magnitude] = convolve(s, in, weights, n, y, x, k);
    ASSERT_NEAR(out.at(n, y, x, k), epilogue.apply(sum, n, y, x, k),
                tolerance * (1 + magnitude))
        << n << " " << y << " " << x << " " << k;
  });

  // The same bits image by image and in uneven batches.
  Images again(s.channelsOut, s.widthOut(), s.heightOut(), test.images, border);
  for (int first = 0, count; first < test.images; first += count) {
    count = std::min(test.images - first, 1 + first);
    ASSERT_EQ(convolution.run(in.part(first, count), packed.data(),
                              epilogue.from(first), again.part(first, count),
                              scratch.data()),
              0);
  }
  out.forEach([&](int n, int y, int x, int k) {
    ASSERT_EQ(out.at(n, y, x, k), again.at(n, y, x, k));
  });
}

class DirectConvolution : public EveryInstructionSet {};

/// Every tile, each with widths that it divides and widths that it does not.
TEST_P(DirectConvolution, Tiles) {
  Random random(1);
  for (int width : {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 28})
    for (int channels : {16, 32, 48, 64, 128}) {
      ConvolutionShape s = shape(5, channels, width, 3);
      s.heightIn = pick(random, {1, 2, 3, 4, 5});
      check({s, 2}, random);
    }
}

TEST_P(DirectConvolution, AnyShape) {
  Random random(2);
  for (int i = 0; i < 150; ++i) {
    Case test;
    ConvolutionShape &s = test.shape;
    s.groups = pick(random, {1, 1, 1, 2, 3, 4});
    s.channelsIn = s.groups * pick(random, {1, 3, 4, 10, 16, 17, 32});
    s.channelsOut = s.groups * pick(random, {1, 3, 4, 10, 16, 17, 32, 100});
    s.kernelWidth = pick(random, {1, 1, 2, 3, 3, 5, 7});
    s.kernelHeight = pick(random, {1, 1, 2, 3, 3, 5, 7});
    s.strideX = pick(random, {1, 1, 2, 3});
    s.strideY = pick(random, {1, 1, 2, 3});
    s.dilationX = pick(random, {1, 1, 2});
    s.dilationY = pick(random, {1, 1, 3});
    const int spanX = (s.kernelWidth - 1) * s.dilationX + 1;
    const int spanY = (s.kernelHeight - 1) * s.dilationY + 1;
    s.pads = {int(random() % spanX), int(random() % spanY),
              int(random() % spanX), int(random() % spanY)};
    s.widthIn = std::max(spanX - s.pads.left - s.pads.right, 1) + random() % 12;
    s.heightIn = std::max(spanY - s.pads.top - s.pads.bottom, 1) + random() % 6;
    test.images = 1 + random() % 4;
    test.padded = random() % 4 != 0;
    check(test, random);
  }
}

/// The first convolution of a network, on images as they are read.
TEST_P(DirectConvolution, Stems) {
  Random random(3);
  for (int channels : {1, 3}) {
    check({shape(channels, 16, 32, 3), 2, false}, random);
    check({shape(channels, 64, 32, 7, 2), 1, false}, random);
    check({shape(channels, 96, 35, 11, 4), 1, false}, random);
  }
}

TEST_P(DirectConvolution, DenseLayers) {
  Random random(4);
  for (int inputs : {1, 10, 64, 100, 784})
    for (int outputs : {1, 10, 16, 100, 256})
      for (int images : {1, 2, 7, 33}) {
        Case test = {shape(inputs, outputs, 1, 1), images};
        test.shape.inputMajor = random() % 2;
        check(test, random);
      }
}

TEST_P(DirectConvolution, Groups) {
  Random random(5);
  ConvolutionShape s = shape(64, 64, 9, 3);
  for (int groups : {2, 4, 8, 16, 32}) {
    s.groups = groups;
    check({s, 2}, random);
  }
  s.channelsOut = 128; // two filters per channel
  s.groups = 64;
  check({s, 2}, random);
  s = shape(3, 3, 9, 3);
  s.groups = 3;
  check({s, 2, false}, random);
}

TEST_P(DirectConvolution, Depthwise) {
  Random random(6);
  for (int channels : {16, 17, 32, 100})
    for (int size : {1, 2, 5, 7, 8, 11, 14})
      for (int stride : {1, 2}) {
        ConvolutionShape s =
            shape(channels, channels, size, pick(random, {1, 3, 5}), stride);
        s.groups = channels;
        if (size > 3)
          s.dilationX = pick(random, {1, 2});
        check({s, 3}, random);
      }
}

/// A view may have more overlapping elements than Halide can count.
TEST_P(DirectConvolution, SplitsWhatIsTooLarge) {
  if (GetParam() != InstructionSet::avx512)
    GTEST_SKIP() << "takes seconds";
  ConvolutionShape s = shape(1, 1, 1, 1);
  s.widthIn = 20000;
  s.heightIn = 22;
  s.kernelWidth = 10000;
  Convolution convolution(s, ConvolutionAlgorithm::direct);
  Images in(1, s.widthIn, s.heightIn, 1, convolution.border(), false);
  Images out(1, s.widthOut(), s.heightOut(), 1);
  in.at(0, 21, 19999, 0) = 2;
  in.at(0, 0, 0, 0) = 5;
  std::vector<float> weights(10000, 0.0f), packed(convolution.packedWeights());
  weights.front() = 7;
  weights.back() = 3;
  convolution.pack(weights.data(), packed.data());
  ASSERT_EQ(convolution.run(in.view, packed.data(), {}, out.view, nullptr), 0);
  out.forEach([&](int, int y, int x, int) {
    const bool first = x == 0 && y == 0, last = x == 10000 && y == 21;
    ASSERT_EQ(out.at(0, y, x, 0), first ? 35 : last ? 6 : 0) << y << " " << x;
  });
}

TEST_P(DirectConvolution, SplitsDepthwiseLayersThatAreTooLarge) {
  Random random(7);
  ConvolutionShape s = shape(16, 16, 244, 65); // 2.2e9 products
  s.groups = 16;
  s.pads = {};
  const Convolution convolution(s);
  EXPECT_THAT(convolution.description(), testing::StartsWith("depthwise"));
  Images in(16, 244, 244, 1), out(16, 180, 180, 1);
  in.fill(random);
  const std::vector<float> weights = drawMany(random, 16 * 65 * 65);
  AlignedFloats packed(convolution.packedWeights());
  convolution.pack(weights.data(), packed.data());
  RandomEpilogue epilogue(random, out);
  ASSERT_EQ(convolution.run(in.view, packed.data(), epilogue.epilogue, out.view,
                            nullptr),
            0);

  // The same bits as of the last rows alone.
  constexpr int first = 170;
  s.heightIn -= first;
  ImageView lastIn = in.view;
  lastIn.data = &in.at(0, first, 0, 0);
  lastIn.height = s.heightIn;
  Epilogue lastEpilogue = epilogue.epilogue;
  if (lastEpilogue.residual)
    lastEpilogue.residual += first * lastEpilogue.residualRowStride;
  Images last(16, 180, 180 - first, 1);
  ASSERT_EQ(Convolution(s).run(lastIn, packed.data(), lastEpilogue, last.view,
                               nullptr),
            0);
  last.forEach([&](int, int y, int x, int k) {
    ASSERT_EQ(out.at(0, first + y, x, k), last.at(0, y, x, k));
  });
}

CIM_FOR_EVERY_INSTRUCTION_SET(DirectConvolution);

class WinogradConvolution : public EveryInstructionSet {
protected:
  /// Both algorithms; their largest errors, as fractions of one, which is as
  /// large as what epilogues add, plus a result's sum of magnitudes.
  static constexpr std::pair<ConvolutionAlgorithm, double> winograds[] = {
      {ConvolutionAlgorithm::winograd2, 1.5e-6},
      {ConvolutionAlgorithm::winograd4, 4e-6}};

  void checkWinograd(const Case &test, Random &random) {
    for (auto [algorithm, tolerance] : winograds) {
      EXPECT_THAT(Convolution(test.shape, algorithm).description(),
                  testing::StartsWith("winograd"));
      check(test, random, algorithm, tolerance);
    }
  }
};

/// Sizes that tiles divide and sizes that they do not, few and many tiles.
TEST_P(WinogradConvolution, Sizes) {
  Random random(1);
  for (int width : {4, 5, 6, 7, 8, 14, 17})
    for (int height : {4, 7, 8})
      for (int images : {1, 3}) {
        ConvolutionShape s = shape(16, 32, width, 3);
        s.heightIn = height;
        checkWinograd({s, images}, random);
      }
}

/// Of which only F(2×2) has a tile.
TEST_P(WinogradConvolution, SmallSizes) {
  Random random(5);
  for (int width : {2, 3, 9})
    for (int images : {1, 2, 17}) {
      ConvolutionShape s = shape(16, 32, width, 3);
      s.heightIn = 2;
      EXPECT_THAT(Convolution(s, ConvolutionAlgorithm::winograd2).description(),
                  testing::StartsWith("winograd"));
      check({s, images}, random, ConvolutionAlgorithm::winograd2, 1.5e-6);
    }
}

TEST_P(WinogradConvolution, Channels) {
  Random random(2);
  for (int inputs : {16, 17, 40, 64, 100})
    for (int outputs : {1, 16, 17, 32, 48, 100})
      checkWinograd({shape(inputs, outputs, 9, 3), 2}, random);
}

TEST_P(WinogradConvolution, Pads) {
  Random random(3);
  for (int i = 0; i < 20; ++i) {
    ConvolutionShape s = shape(20, 20, 8, 3);
    s.pads = {int(random() % 3), int(random() % 3), int(random() % 3),
              int(random() % 3)};
    checkWinograd({s, 2}, random);
  }
}

/// Where the algorithm does not apply, the direct one runs.
TEST_P(WinogradConvolution, ElseDirect) {
  Random random(4);
  ConvolutionShape s[] = {shape(16, 16, 1, 3), shape(16, 16, 9, 3, 2),
                          shape(3, 16, 9, 3),  shape(16, 16, 9, 5),
                          shape(32, 32, 9, 3), shape(16, 16, 9, 3)};
  s[4].groups = 2;
  s[5].dilationX = 2;
  for (const ConvolutionShape &direct : s)
    for (auto [algorithm, tolerance] : winograds) {
      EXPECT_THAT(Convolution(direct, algorithm).description(),
                  testing::StartsWith("direct"));
      check({direct, 2}, random, algorithm);
    }
}

/// What is not a number shows in all results of its windows, behind a ReLU,
/// too.
TEST_P(WinogradConvolution, KeepsNotANumber) {
  Random random(6);
  ConvolutionShape whole = shape(16, 32, 9, 3), depthwise = shape(32, 32, 9, 3);
  depthwise.groups = 32;
  for (const ConvolutionShape &s : {whole, depthwise})
    for (ConvolutionAlgorithm algorithm :
         {ConvolutionAlgorithm::direct, ConvolutionAlgorithm::winograd2,
          ConvolutionAlgorithm::winograd4}) {
      Convolution convolution(s, algorithm);
      SCOPED_TRACE(convolution.description());
      Images in(s.channelsIn, 9, 9, 1, convolution.border()),
          out(s.channelsOut, 9, 9, 1);
      in.fill(random);
      in.at(0, 4, 6, 5) = Images::nan();
      AlignedFloats packed(convolution.packedWeights()),
          scratch(convolution.scratch(1));
      convolution.pack(
          drawMany(random, size_t(s.channelsOut) * s.channelsIn / s.groups * 9)
              .data(),
          packed.data());
      Epilogue relu;
      relu.lowest = 0;
      ASSERT_EQ(convolution.run(in.view, packed.data(), relu, out.view,
                                scratch.data()),
                0);
      for (int y = 3; y <= 5; ++y)
        for (int x = 5; x <= 7; ++x)
          for (int k = 0; k < s.channelsOut; ++k)
            EXPECT_EQ(std::isnan(out.at(0, y, x, k)), s.groups == 1 || k == 5);
    }
}

/// Behind an upper bound other channels are finite again; padding channels must
/// be too, since the next layer multiplies them by weight zero.
TEST_P(WinogradConvolution, BoundsPaddingChannels) {
  Random random(7);
  const ConvolutionShape s = shape(16, 20, 9, 3);
  for (ConvolutionAlgorithm algorithm :
       {ConvolutionAlgorithm::direct, ConvolutionAlgorithm::winograd2,
        ConvolutionAlgorithm::winograd4}) {
    Convolution convolution(s, algorithm);
    SCOPED_TRACE(convolution.description());
    Images in(16, 9, 9, 1, convolution.border()), out(20, 9, 9, 1);
    in.fill(random);
    in.at(0, 4, 6, 5) = std::numeric_limits<float>::infinity();
    AlignedFloats packed(convolution.packedWeights()),
        scratch(convolution.scratch(1));
    convolution.pack(drawMany(random, 20 * 16 * 9).data(), packed.data());
    Epilogue clip;
    clip.lowest = 0;
    clip.highest = 6;
    ASSERT_EQ(
        convolution.run(in.view, packed.data(), clip, out.view, scratch.data()),
        0);
    for (int y = 0; y < 9; ++y)
      for (int x = 0; x < 9; ++x)
        for (int c = 20; c < 32; ++c)
          ASSERT_EQ(out.at(0, y, x, c), 0) << y << " " << x << " " << c;
  }
}

/// Moving tiles inwards must not cost more than Winograd saves.
TEST_P(WinogradConvolution, AutomaticWhereItPays) {
  auto chosen = [](int size) {
    return Convolution(shape(32, 32, size, 3)).description();
  };
  for (int size : {4, 6, 7, 8, 14, 32})
    EXPECT_THAT(chosen(size), testing::StartsWith("winograd 4x4")) << size;
  for (int size : {1, 2})
    EXPECT_THAT(chosen(size), testing::StartsWith("direct")) << size;
}

/// With one image, the four tiles of F(4×4) fill half of the kernel's block.
TEST(Algorithms, PrefersSmallTilesOnRaggedMaps) {
  const ConvolutionShape s = shape(512, 512, 7, 3);
  const double direct = estimatedTime(ConvolutionAlgorithm::direct, s, 1);
  const double two = estimatedTime(ConvolutionAlgorithm::winograd2, s, 1);
  const double four = estimatedTime(ConvolutionAlgorithm::winograd4, s, 1);
  EXPECT_LT(two, four);
  EXPECT_LT(four, direct);
  EXPECT_LT(estimatedTime(ConvolutionAlgorithm::winograd4, s, 8), two);
}

CIM_FOR_EVERY_INSTRUCTION_SET(WinogradConvolution);

TEST(InstructionSets, AreOrderedAndNamed) {
  EXPECT_TRUE(isSupported(InstructionSet::baseline));
  EXPECT_EQ(instructionSet(), bestInstructionSet());
  setInstructionSet(InstructionSet::baseline);
  EXPECT_EQ(instructionSet(), InstructionSet::baseline);
  setInstructionSet(std::nullopt);
  EXPECT_EQ(instructionSet(), bestInstructionSet());
  EXPECT_EQ(nameOf(InstructionSet::avx2), "avx2");
}

} // namespace
} // namespace cim::kernels
