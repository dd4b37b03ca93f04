//===- TiledConvolutionTest.cpp - Tiles against masked convolutions -------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/TiledConvolution.h"
#include "tests/runtime/kernels/Images.h"

#include <gmock/gmock.h>

namespace cim::kernels {
namespace {

/// Every tile is the convolution whose weights in other rows are zero.
void check(const ConvolutionShape &shape, int64_t tileRows, int images,
           bool strict, Random &random) {
  SCOPED_TRACE(testing::Message()
               << shape.channelsIn << " -> " << shape.channelsOut << ", groups "
               << shape.groups << ", kernel " << shape.kernelWidth << ", side "
               << shape.widthIn << ", stride " << shape.strideX << ", rows "
               << tileRows << (strict ? ", strict" : ""));
  const int64_t rows = int64_t(shape.channelsIn / shape.groups) *
                       shape.kernelHeight * shape.kernelWidth;
  TiledConvolution tiled(shape, tileRows, strict);
  ASSERT_EQ(tiled.tiles(), (rows + tileRows - 1) / tileRows);
  SCOPED_TRACE(tiled.description());
  const Convolution whole(shape, ConvolutionAlgorithm::direct);
  ASSERT_EQ(tiled.border(), whole.border());

  Images in(shape.channelsIn, shape.widthIn, shape.heightIn, images,
            tiled.border());
  in.fill(random);
  const std::vector<float> weights = drawMany(random, shape.channelsOut * rows);
  AlignedFloats packed(tiled.packedWeights(), Images::nan());
  // In parts, as several threads do.
  if (shape.inputMajor || shape.channelsOut <= channelBlock) {
    tiled.pack(weights.data(), packed.data(), 0, shape.channelsOut);
  } else {
    tiled.pack(weights.data(), packed.data(), channelBlock, shape.channelsOut);
    tiled.pack(weights.data(), packed.data(), 0, channelBlock);
  }
  AlignedFloats scratch(tiled.scratch(images) + 16);
  AlignedFloats wholePacked(whole.packedWeights());
  for (int tile = 0; tile < tiled.tiles(); ++tile) {
    std::vector<float> own = weights;
    for (size_t i = 0; i < own.size(); ++i) {
      const int64_t row =
          shape.inputMajor ? int64_t(i) / shape.channelsOut : int64_t(i) % rows;
      if (row / tileRows != tile)
        own[i] = 0;
    }
    whole.pack(own.data(), wholePacked.data());
    Images expected(shape.channelsOut, shape.widthOut(), shape.heightOut(),
                    images),
        result(shape.channelsOut, shape.widthOut(), shape.heightOut(), images);
    ASSERT_EQ(whole.run(in.view, wholePacked.data(), {}, expected.view,
                        scratch.data()),
              0);
    ASSERT_EQ(
        tiled.run(tile, in.view, packed.data(), result.view, scratch.data()),
        0);
    result.expectSurroundingsUntouched();
    const double tolerance = 1e-5 * std::sqrt(double(tileRows));
    result.forEach([&](int n, int y, int x, int c) {
      ASSERT_NEAR(result.at(n, y, x, c), expected.at(n, y, x, c), tolerance)
          << n << " " << y << " " << x << " " << c;
    });
  }
}

class TiledConvolutions : public EveryInstructionSet {};

TEST_P(TiledConvolutions, areConvolutionsOfTheirRows) {
  Random random(1);
  auto square = [](int in, int out, int side, int kernel, int stride = 1,
                   int groups = 1) {
    ConvolutionShape shape;
    shape.channelsIn = in;
    shape.channelsOut = out;
    shape.groups = groups;
    shape.widthIn = shape.heightIn = side;
    shape.kernelWidth = shape.kernelHeight = kernel;
    shape.strideX = shape.strideY = stride;
    shape.pads = {kernel / 2, kernel / 2, kernel / 2, kernel / 2};
    return shape;
  };
  for (bool strict : {false, true}) {
    check(square(16, 16, 16, 3), 128, 2, strict, random);
    check(square(64, 64, 8, 3), 128, 3, strict, random);
    check(square(24, 40, 9, 3), 100, 2, strict, random); // padded channels
    check(square(40, 17, 8, 3), 64, 1, strict, random);
    check(square(3, 16, 12, 5), 32, 2, strict, random); // below a block
    check(square(32, 32, 9, 3, 2), 128, 2, strict, random);
    check(square(48, 16, 7, 1), 20, 2, strict, random);
    check(square(32, 32, 8, 3, 1, 4), 30, 2, strict, random);
    check(square(32, 32, 8, 3, 1, 32), 4, 2, strict, random); // depthwise
    check(square(16, 16, 8, 3), 1000, 1, strict, random);     // one tile
    check(square(2, 3, 6, 3), 1, 1, strict, random);          // a row each
    ConvolutionShape dense;
    dense.channelsIn = 100;
    dense.channelsOut = 20;
    for (bool inputMajor : {false, true}) {
      dense.inputMajor = inputMajor;
      check(dense, 32, 5, strict, random);
    }
  }
}

CIM_FOR_EVERY_INSTRUCTION_SET(TiledConvolutions);

} // namespace
} // namespace cim::kernels
