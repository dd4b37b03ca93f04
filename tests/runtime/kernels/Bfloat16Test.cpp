//===- Bfloat16Test.cpp - Rounding, and products of bfloat16 --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Bfloat16.h"
#include "runtime/kernels/ConvolutionKernel.h"
#include "tests/runtime/kernels/EmulatedTiles.h"
#include "tests/runtime/kernels/ReferenceConvolution.h"

#include <gtest/gtest.h>

#include <functional>

namespace cim::kernels {
namespace {

TEST(Bfloat16, TakesTheNearestAndHalvesToEven) {
  EXPECT_EQ(roundToBfloat16(1), 1);
  EXPECT_EQ(roundToBfloat16(1 + 0x1p-8f), 1); // halfway, 1 is even
  EXPECT_EQ(roundToBfloat16(1 + 0x1.8p-8f), 1 + 0x1p-7f);
  EXPECT_EQ(roundToBfloat16(1 + 0x3p-8f), 1 + 0x1p-6f); // halfway
  EXPECT_EQ(roundToBfloat16(-1 - 0x1.8p-8f), -1 - 0x1p-7f);
  EXPECT_EQ(roundToBfloat16(3.39e38f), 0x1.fep127f);
  EXPECT_EQ(roundToBfloat16(std::numeric_limits<float>::max()),
            std::numeric_limits<float>::infinity());
  EXPECT_EQ(toBfloat16(1), 0x3f80);
  EXPECT_TRUE(std::isnan(roundToBfloat16(std::bit_cast<float>(0x7f800001))));
  EXPECT_TRUE(std::signbit(roundToBfloat16(-0.0f)));
}

class RoundToBfloat16 : public EveryInstructionSet {};

TEST_P(RoundToBfloat16, RoundsEveryNumberAsOne) {
  Random random(1);
  for (size_t count : {0, 1, 15, 16, 17, 1000}) {
    AlignedFloats values(count);
    std::vector<uint32_t> expected;
    for (size_t i = 0; i < count; ++i) {
      values.data()[i] = std::bit_cast<float>(uint32_t(random()));
      expected.push_back(toBfloat16(values[i]) << 16);
    }
    roundToBfloat16(values.data(), count);
    for (size_t i = 0; i < count; ++i)
      ASSERT_EQ(std::bit_cast<uint32_t>(values[i]), expected[i]) << i;
  }
}

CIM_FOR_EVERY_INSTRUCTION_SET(RoundToBfloat16);

/// The same images as bfloat16 numbers: behind each, as kernels want it, a
/// pixel of zeros, and NaN everywhere else, as an arena may hold.
class ShortImages {
public:
  /// \p border is \p images' own, or smaller.
  ShortImages(const Images &images, BorderWidths border)
      : view(images.view), border(border) {
    const int tail = view.pixelStride % 32 ? view.pixelStride : 0;
    view.isBfloat16 = true;
    view.rowStride =
        (border.left + view.width + border.right) * view.pixelStride;
    view.imageStride =
        ((border.top + view.height + border.bottom) * view.rowStride + tail +
         31) /
        32 * 32;
    memory.assign(view.imageStride * view.images + beyond, nan);
    view.data =
        reinterpret_cast<float *>(memory.data() + border.top * view.rowStride +
                                  border.left * view.pixelStride);
    for (int n = 0; n < view.images; ++n)
      std::fill_n(memory.begin() + ptrdiff_t(n) * view.imageStride,
                  view.imageStride, uint16_t(0));
    images.forEach([&](int n, int y, int x, int c) {
      at(n, y, x, c) = toBfloat16(images.at(n, y, x, c));
    });
  }

  uint16_t &at(int n, int y, int x, int c) {
    return reinterpret_cast<uint16_t *>(
        view.data)[ptrdiff_t(n) * view.imageStride +
                   ptrdiff_t(y) * view.rowStride +
                   ptrdiff_t(x) * view.pixelStride + c];
  }

  /// Only pixels were written.
  void expectSurroundingsUntouched() {
    std::vector<uint16_t> copy = memory;
    for (int n = 0; n < view.images; ++n)
      for (int y = 0; y < view.height; ++y)
        for (int x = 0; x < view.width; ++x)
          for (int c = 0; c < view.pixelStride; ++c)
            copy[&at(n, y, x, c) - memory.data()] = 0;
    for (size_t i = 0; i < copy.size(); ++i)
      ASSERT_EQ(copy[i], i + beyond < copy.size() ? 0 : nan) << i;
  }

  ImageView view;

private:
  static constexpr uint16_t nan = 0x7fc1;
  static constexpr size_t beyond = 1 << 18;
  BorderWidths border;
  std::vector<uint16_t> memory;
};

/// Input, residual and result each as f32 or as bfloat16 numbers: always the
/// same. \p in and the residual are rounded; epilogue.toBfloat16 is set.
void checkBfloat16Storage(const ConvolutionKernel &kernel, const Images &in,
                          const float *packed, const RandomEpilogue &epilogue,
                          const Images &expected, BorderWidths border,
                          Random &random) {
  const ImageView &size = expected.view;
  const int images = size.images;
  AlignedFloats scratch(kernel.scratch(images), Images::nan());
  Images f32(size.channels, size.width, size.height, images, {1, 0, 2, 1});
  ASSERT_EQ(
      kernel.run(in.view, packed, epilogue.epilogue, f32.view, scratch.data()),
      0);
  ShortImages shortIn(in, border);
  ShortImages shortResidual(epilogue.residualImages(), {0, 1, 1, 0});
  for (int mode : {1, 7, int(random() % 8)}) {
    Epilogue used = epilogue.epilogue;
    if (mode & 2 && used.residual) {
      const ImageView &view = shortResidual.view;
      used.residual = view.data;
      used.residualPixelStride = view.pixelStride;
      used.residualRowStride = view.rowStride;
      used.residualImageStride = view.imageStride;
      used.residualIsBfloat16 = true;
    }
    const ImageView &from = mode & 1 ? shortIn.view : in.view;
    SCOPED_TRACE("storage " + std::to_string(mode));
    if (mode & 4) {
      ShortImages out(Images(size.channels, size.width, size.height, images),
                      {2, 1, 0, 1});
      ASSERT_EQ(kernel.run(from, packed, used, out.view, scratch.data()), 0);
      f32.forEach([&](int n, int y, int x, int k) {
        ASSERT_EQ(fromBfloat16(out.at(n, y, x, k)), f32.at(n, y, x, k));
      });
      out.expectSurroundingsUntouched();
    } else {
      Images out(size.channels, size.width, size.height, images);
      ASSERT_EQ(kernel.run(from, packed, used, out.view, scratch.data()), 0);
      f32.forEach([&](int n, int y, int x, int k) {
        ASSERT_EQ(out.at(n, y, x, k), f32.at(n, y, x, k));
      });
    }
  }
}

using MakeKernel =
    std::function<std::unique_ptr<ConvolutionKernel>(const ConvolutionShape &)>;

/// Against plain loops over rounded inputs and weights, of which the products
/// are exact in f32; in one batch and image by image.
void check(const MakeKernel &make, const Case &test, Random &random) {
  const ConvolutionShape &s = test.shape;
  SCOPED_TRACE(describe(test));
  const auto kernel = make(s);
  Images in(s.channelsIn, s.widthIn, s.heightIn, test.images, kernel->border(),
            test.padded, random() % 2);
  in.fill(random);
  std::vector<float> weights =
      drawMany(random, size_t(s.channelsOut) * s.channelsIn * s.kernelWidth *
                           s.kernelHeight);
  AlignedFloats packed(kernel->packedWeights() + 16, Images::nan());
  const int half = s.channelsOut / 2 / channelBlock * channelBlock;
  kernel->pack(weights.data(), packed.data(), half, s.channelsOut);
  kernel->pack(weights.data(), packed.data(), 0, half);
  ASSERT_TRUE(std::isnan(packed[kernel->packedWeights()]));

  Images out(s.channelsOut, s.widthOut(), s.heightOut(), test.images,
             {1, 0, 2, 1});
  RandomEpilogue epilogue(random, out);
  const Images &residual = epilogue.residualImages();
  residual.forEach([&](int n, int y, int x, int k) {
    residual.at(n, y, x, k) = roundToBfloat16(residual.at(n, y, x, k));
  });
  AlignedFloats scratch(kernel->scratch(test.images) + 16, Images::nan());
  ASSERT_EQ(kernel->run(in.view, packed.data(), epilogue.epilogue, out.view,
                        scratch.data()),
            0);
  for (size_t i = kernel->scratch(test.images); i < scratch.size(); ++i)
    ASSERT_TRUE(std::isnan(scratch[i]));
  in.expectSurroundingsUntouched();

  in.forEach([&](int n, int y, int x, int c) {
    in.at(n, y, x, c) = roundToBfloat16(in.at(n, y, x, c));
  });
  for (float &weight : weights)
    weight = roundToBfloat16(weight);
  out.forEach([&](int n, int y, int x, int k) {
    const auto [sum, magnitude] = convolve(s, in, weights, n, y, x, k);
    ASSERT_NEAR(out.at(n, y, x, k), epilogue.apply(sum, n, y, x, k),
                1e-6 * (1 + magnitude))
        << n << " " << y << " " << x << " " << k;
  });

  epilogue.epilogue.toBfloat16 = true;
  Images again(s.channelsOut, s.widthOut(), s.heightOut(), test.images);
  for (int n = 0; n < test.images; ++n)
    ASSERT_EQ(kernel->run(in.part(n, 1), packed.data(), epilogue.from(n),
                          again.part(n, 1), scratch.data()),
              0);
  out.forEach([&](int n, int y, int x, int k) {
    ASSERT_EQ(again.at(n, y, x, k), roundToBfloat16(out.at(n, y, x, k)));
  });

  if (!test.padded)
    return; // networks' inputs, which are f32
  BorderWidths border = kernel->border();
  if (random() % 2)
    border = {border.left + 1, border.top, border.right, border.bottom + 2};
  checkBfloat16Storage(*kernel, in, packed.data(), epilogue, out, border,
                       random);
}

void checkManyShapes(const MakeKernel &make, int count) {
  Random random(1);
  // Networks' own: with and without strides, stems, dense layers.
  check(make, {shape(16, 16, 32, 3), 2}, random);
  check(make, {shape(32, 64, 16, 3, 2), 2}, random);
  check(make, {shape(64, 64, 8, 3), 3}, random);
  check(make, {shape(3, 16, 32, 3), 2, false}, random);
  check(make, {shape(3, 40, 35, 7, 2), 1, false}, random);
  check(make, {shape(64, 33, 7, 1), 3}, random);
  check(make, {shape(48, 48, 14, 1, 2), 2}, random);
  for (int images : {1, 2, 33, 70}) {
    Case dense = {shape(100, 10, 1, 1), images};
    check(make, dense, random);
    dense.shape.inputMajor = true;
    check(make, dense, random);
  }
  for (int i = 0; i < count; ++i) {
    Case test;
    ConvolutionShape &s = test.shape;
    s.channelsIn = pick(random, {1, 2, 3, 15, 16, 17, 31, 32, 33, 64, 80});
    s.channelsOut = pick(random, {1, 10, 16, 17, 32, 40, 64});
    s.kernelWidth = pick(random, {1, 2, 3, 3, 5});
    s.kernelHeight = pick(random, {1, 2, 3, 3, 5});
    s.strideX = pick(random, {1, 1, 2, 3});
    s.strideY = pick(random, {1, 1, 2, 3});
    s.dilationX = pick(random, {1, 1, 2});
    s.dilationY = pick(random, {1, 1, 3});
    const int spanX = (s.kernelWidth - 1) * s.dilationX + 1;
    const int spanY = (s.kernelHeight - 1) * s.dilationY + 1;
    s.pads = {int(random() % spanX), int(random() % spanY),
              int(random() % spanX), int(random() % spanY)};
    s.widthIn = std::max(spanX - s.pads.left - s.pads.right, 1) + random() % 20;
    s.heightIn = std::max(spanY - s.pads.top - s.pads.bottom, 1) + random() % 6;
    test.images = 1 + random() % 3;
    test.padded = random() % 4 != 0;
    check(make, test, random);
  }
}

/// The kernel for AMX, on tiles in plain C++.
TEST(Bfloat16Convolution, ComputesWithEmulatedTiles) {
  checkManyShapes(
      [](const ConvolutionShape &shape) {
        return std::make_unique<Bfloat16Convolution<TileUnit<EmulatedTiles>>>(
            shape);
      },
      40);
}

TEST(Bfloat16Convolution, ComputesWithDotProducts) {
  if (!isSupported(InstructionSet::avx512bf16))
    GTEST_SKIP() << "NOT TESTED: this processor has no AVX512_BF16";
  checkManyShapes(makeDotConvolution, 150);
}

TEST(Bfloat16Convolution, ComputesWithAmx) {
  if (!isSupported(InstructionSet::amx))
    GTEST_SKIP() << "NOT TESTED: this processor has no AMX";
  checkManyShapes(makeAmxConvolution, 150);
}

/// Not even as weight zero times infinity.
TEST(Bfloat16Convolution, KeepsImagesApart) {
  Random random(4);
  // A dense layer, rows of a matrix, and windows that end with their image.
  ConvolutionShape dense = shape(100, 10, 1, 1), matrix = dense;
  matrix.widthIn = 3;
  ConvolutionShape valid = shape(3, 10, 7, 3);
  valid.pads = {};
  for (const ConvolutionShape &s : {dense, matrix, valid})
    for (bool padded : {true, false}) {
      const Bfloat16Convolution<TileUnit<EmulatedTiles>> kernel(s);
      Images in(s.channelsIn, s.widthIn, s.heightIn, 2, kernel.border(),
                padded);
      in.forEach([&](int n, int y, int x, int c) {
        in.at(n, y, x, c) =
            n == 1 ? std::numeric_limits<float>::infinity() : draw(random);
      });
      const std::vector<float> weights =
          drawMany(random, size_t(s.channelsOut) * s.channelsIn *
                               s.kernelWidth * s.kernelHeight);
      AlignedFloats packed(kernel.packedWeights()),
          scratch(kernel.scratch(2), Images::nan());
      kernel.pack(weights.data(), packed.data(), 0, s.channelsOut);
      Images both(s.channelsOut, s.widthOut(), s.heightOut(), 2),
          alone(s.channelsOut, s.widthOut(), s.heightOut(), 1);
      ASSERT_EQ(
          kernel.run(in.view, packed.data(), {}, both.view, scratch.data()), 0);
      ASSERT_EQ(kernel.run(in.part(0, 1), packed.data(), {}, alone.view,
                           scratch.data()),
                0);
      alone.forEach([&](int, int y, int x, int k) {
        ASSERT_TRUE(std::isfinite(alone.at(0, y, x, k)));
        ASSERT_EQ(both.at(0, y, x, k), alone.at(0, y, x, k));
      });
    }
}

/// What lies behind a row is nobody's number.
TEST(Bfloat16Convolution, ReadsNothingBehindARow) {
  Random random(5);
  const ConvolutionShape s = shape(255, 10, 1, 1);
  const Bfloat16Convolution<TileUnit<EmulatedTiles>> kernel(s);
  Images in(255, 1, 1, 2), out(10, 1, 1, 2);
  in.fill(random);
  for (int n : {0, 1})
    in.at(n, 0, 0, 255) = Images::nan();
  AlignedFloats packed(kernel.packedWeights()), scratch(kernel.scratch(2));
  kernel.pack(drawMany(random, 10 * 255).data(), packed.data(), 0, 10);
  ASSERT_EQ(kernel.run(in.view, packed.data(), {}, out.view, scratch.data()),
            0);
  out.forEach([&](int n, int y, int x, int k) {
    ASSERT_TRUE(std::isfinite(out.at(n, y, x, k)));
  });
}

/// Whatever the activation makes of zero.
TEST(Bfloat16Convolution, LeavesZerosInPaddingChannels) {
  if (!isSupported(InstructionSet::avx512bf16))
    GTEST_SKIP() << "NOT TESTED: this processor has no AVX512_BF16";
  setInstructionSet(InstructionSet::avx512bf16);
  Random random(3);
  const ConvolutionShape s = shape(16, 17, 5, 3);
  const Convolution convolution(s, ConvolutionAlgorithm::bfloat16);
  setInstructionSet(std::nullopt);
  ASSERT_TRUE(convolution.takesBfloat16());
  Images in(16, 5, 5, 1, convolution.border());
  in.fill(random);
  const std::vector<float> weights = drawMany(random, 16 * 17 * 9);
  AlignedFloats packed(convolution.packedWeights()),
      scratch(convolution.scratch(1));
  convolution.pack(weights.data(), packed.data());
  Epilogue epilogue;
  epilogue.lowest = 0.5f;
  ShortImages out(Images(17, 5, 5, 1), {});
  ASSERT_EQ(convolution.run(in.view, packed.data(), epilogue, out.view,
                            scratch.data()),
            0);
  for (int y = 0; y < 5; ++y)
    for (int x = 0; x < 5; ++x)
      for (int c = 0; c < 32; ++c)
        ASSERT_EQ(out.at(0, y, x, c) != 0, c < 17) << y << " " << x << " " << c;
}

/// The instructions themselves must do what the emulation does, bit by bit.
TEST(Bfloat16Convolution, EmulatesAmxExactly) {
  if (!isSupported(InstructionSet::amx))
    GTEST_SKIP() << "NOT TESTED: this processor has no AMX";
  Random random(2);
  const ConvolutionShape s = shape(40, 40, 9, 3);
  const Bfloat16Convolution<TileUnit<EmulatedTiles>> emulated(s);
  const auto amx = makeAmxConvolution(s);
  Images in(40, 9, 9, 2, amx->border());
  in.fill(random);
  const std::vector<float> weights = drawMany(random, 40 * 40 * 9);
  AlignedFloats packed(amx->packedWeights()), scratch(amx->scratch(2));
  amx->pack(weights.data(), packed.data(), 0, 40);
  Images expected(40, 9, 9, 2), computed(40, 9, 9, 2);
  emulated.run(in.view, packed.data(), {}, expected.view, scratch.data());
  amx->run(in.view, packed.data(), {}, computed.view, scratch.data());
  expected.forEach([&](int n, int y, int x, int k) {
    ASSERT_EQ(computed.at(n, y, x, k), expected.at(n, y, x, k));
  });
}

} // namespace
} // namespace cim::kernels
