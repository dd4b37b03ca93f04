//===- Bfloat16Convolution.h - Products of bfloat16 numbers -----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Convolutions of bfloat16 numbers, summed in f32, on instructions that take
// them in pairs. Written over a *unit*, which multiplies a few pixels by a few
// blocks of output channels: DotUnit.h on AVX512_BF16, TileUnit.h on AMX.
//
// The input is copied, rounded, into pixels without padding channels (but an
// even number of them). Then the rows of a window are runs of consecutive
// numbers (its *segments*), and windows begin one pixel, or a stride, after
// each other: rows and columns of a matrix without copying any window. Without
// stride, all windows of an image are one line, which runs over the borders
// between rows; what it computes there is not stored.
//
// This file is compiled once per unit, with other instructions each; nothing in
// it may be inline and shared with other files.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_BFLOAT16CONVOLUTION_H
#define CIM_RUNTIME_KERNELS_BFLOAT16CONVOLUTION_H

#include "runtime/kernels/Bfloat16.h"
#include "runtime/kernels/ConvolutionKernel.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace cim::kernels {

/// Rows of a packed weight block: 16 output channels of a pair of inputs.
inline constexpr int pairedLanes = 2 * channelBlock;
/// Pairs that the packed weights of a segment are padded to, with zeros.
inline constexpr int pairsPerTile = 16;

/// What a unit multiplies: for all pixels p, blocks b and lanes k,
/// sums[b][p][k] = Σ over segments s and pairs of numbers i, j of it:
/// in[segments[s] + p * pixelStride + i] * weights of (b, s, i, k) + same of j.
struct PairProducts {
  const uint16_t *in;
  ptrdiff_t pixelStride;
  const ptrdiff_t *segments;
  int segmentCount;
  int pairs; ///< of each segment
  int tiles; ///< of pairsPerTile, the last filled up with weight zero
  /// (lane and half of pair, pair, segment, block)
  const uint16_t *weights;
  ptrdiff_t blockStride;
};

/// \p Unit has
/// - `static constexpr int mostPixels, mostBlocks`;
/// - `static constexpr const char *name`;
/// - `static void begin()` and `end()`, around all products of a run;
/// - `static int pixelsFor(int64_t remaining, int blocks)`: how many to take
///   next, which may be more than remain;
/// - `static void multiply(const PairProducts &, int pixels, int blocks, float
///   *sums)`, which may read pairsPerTile pairs beyond the last pixel.
template <typename Unit> class Bfloat16Convolution : public ConvolutionKernel {
public:
  explicit Bfloat16Convolution(const ConvolutionShape &shape)
      : shape(shape), around(windowBorder(shape)),
        pixel((shape.channelsIn + 1) / 2 * 2),
        rowPixels(around.left + shape.widthIn + around.right),
        rows(around.top + shape.heightIn + around.bottom),
        blocks(paddedChannels(shape.channelsOut) / channelBlock) {
    const bool wholeRows = shape.dilationX == 1;
    for (int dy = 0; dy < shape.kernelHeight; ++dy)
      for (int dx = 0; dx < (wholeRows ? 1 : shape.kernelWidth); ++dx)
        segments.push_back((ptrdiff_t(dy) * shape.dilationY * rowPixels +
                            ptrdiff_t(dx) * shape.dilationX) *
                           pixel);
    pairs = (wholeRows ? shape.kernelWidth : 1) * pixel / 2;
    tiles = (pairs + pairsPerTile - 1) / pairsPerTile;
  }

  BorderWidths border() const override { return around; }

  size_t packedWeights() const override {
    return blocks * blockStride() * sizeof(uint16_t) / sizeof(float);
  }

  size_t scratch(int images) const override {
    const size_t numbers = copiedNumbers(images) + slack();
    return (numbers * sizeof(uint16_t) + sizeof(float) - 1) / sizeof(float);
  }

  void pack(const float *weights, float *packed, int begin,
            int end) const noexcept override;
  int run(const ImageView &in, const float *packed, const Epilogue &epilogue,
          const ImageView &out, float *scratch) const noexcept override;

  std::string description() const override {
    return std::string("bf16 ") + Unit::name;
  }
  bool roundsResults() const override { return true; }

private:
  /// A vector, whatever this file is compiled for.
  using Lanes =
      float __attribute__((vector_size(channelBlock * sizeof(float))));

  /// Windows that begin a constant number of pixels after each other.
  struct Line {
    const uint16_t *begin;
    int64_t count;
    int64_t rowPixels; ///< after so many, the next row of results begins
    int image, y;      ///< of the first result
  };

  size_t copiedNumbers(int images) const {
    return size_t(images) * rows * rowPixels * pixel;
  }
  /// Numbers behind the copy that units may read.
  size_t slack() const {
    return size_t(Unit::mostPixels) * shape.strideX * pixel + segments.back() +
           2 * size_t(pairsPerTile) * (tiles + 1);
  }
  ptrdiff_t blockStride() const {
    return ptrdiff_t(segments.size()) * tiles * pairsPerTile * pairedLanes;
  }
  /// One pixel per window and nothing between them: a matrix product.
  bool isMatrix() const {
    return shape.kernelWidth == 1 && shape.kernelHeight == 1 &&
           shape.strideX == 1 && shape.strideY == 1 &&
           around == BorderWidths() && shape.widthOut() == shape.widthIn &&
           shape.heightOut() == shape.heightIn;
  }

  void copyInput(const ImageView &in, uint16_t *copy) const;
  void runLine(const Line &line, const uint16_t *packed,
               const Epilogue &epilogue, const ImageView &out) const;
  void storeSums(const float *sums, int pixels, int taken, int firstBlock,
                 int blockCount, const Line &line, int64_t first,
                 const Epilogue &epilogue, const ImageView &out) const;

  ConvolutionShape shape;
  BorderWidths around;
  int pixel; ///< numbers from one pixel of the copy to the next
  int rowPixels, rows, blocks;
  std::vector<ptrdiff_t> segments;
  int pairs, tiles;
};

template <typename Unit>
void Bfloat16Convolution<Unit>::pack(const float *weights, float *packed,
                                     int begin, int end) const noexcept {
  auto *to = reinterpret_cast<uint16_t *>(packed);
  const bool wholeRows = shape.dilationX == 1;
  for (int block = begin / channelBlock; block * channelBlock < end; ++block) {
    uint16_t *base = to + block * blockStride();
    std::fill_n(base, blockStride(), uint16_t(0));
    for (int lane = 0; lane < channelBlock; ++lane) {
      const int k = block * channelBlock + lane;
      if (k >= shape.channelsOut)
        break;
      for (int c = 0; c < shape.channelsIn; ++c)
        for (int dy = 0; dy < shape.kernelHeight; ++dy)
          for (int dx = 0; dx < shape.kernelWidth; ++dx) {
            const size_t from =
                shape.inputMajor
                    ? size_t(c) * shape.channelsOut + k
                    : ((size_t(k) * shape.channelsIn + c) * shape.kernelHeight +
                       dy) * shape.kernelWidth +
                          dx;
            const int segment = wholeRows ? dy : dy * shape.kernelWidth + dx;
            const int number = wholeRows ? dx * pixel + c : c;
            base[(ptrdiff_t(segment) * tiles * pairsPerTile + number / 2) *
                     pairedLanes +
                 2 * lane + number % 2] = toBfloat16(weights[from]);
          }
    }
  }
}

template <typename Unit>
void Bfloat16Convolution<Unit>::copyInput(const ImageView &in,
                                          uint16_t *copy) const {
  uint16_t *to = copy;
  for (int n = 0; n < in.images; ++n)
    for (int y = 0; y < rows; ++y) {
      const float *from = in.data + ptrdiff_t(n) * in.imageStride +
                          ptrdiff_t(y - around.top) * in.rowStride -
                          ptrdiff_t(around.left) * in.pixelStride;
      if (in.pixelStride == pixel) {
        const ptrdiff_t count = ptrdiff_t(rowPixels) * pixel;
        for (ptrdiff_t i = 0; i < count; ++i)
          to[i] = toBfloat16(from[i]);
        to += count;
        continue;
      }
      for (int x = 0; x < rowPixels; ++x, from += in.pixelStride, to += pixel) {
        for (int c = 0; c < shape.channelsIn; ++c)
          to[c] = toBfloat16(from[c]);
        if (pixel > shape.channelsIn)
          to[shape.channelsIn] = 0;
      }
    }
  // Weight zero times what follows must be zero.
  std::fill_n(to, slack(), uint16_t(0));
}

template <typename Unit>
int Bfloat16Convolution<Unit>::run(const ImageView &in, const float *packed,
                                   const Epilogue &epilogue,
                                   const ImageView &out,
                                   float *scratch) const noexcept {
  auto *copy = reinterpret_cast<uint16_t *>(scratch);
  const auto *weights = reinterpret_cast<const uint16_t *>(packed);
  copyInput(in, copy);
  Unit::begin();
  const ptrdiff_t row = ptrdiff_t(rowPixels) * pixel, image = rows * row;
  if (isMatrix()) {
    runLine({copy, int64_t(out.images) * rows * rowPixels, rowPixels, 0, 0},
            weights, epilogue, out);
  } else {
    for (int n = 0; n < out.images; ++n) {
      if (shape.strideX == 1 && shape.strideY == 1) {
        runLine({copy + n * image,
                 int64_t(out.height - 1) * rowPixels + out.width, rowPixels, n,
                 0},
                weights, epilogue, out);
        continue;
      }
      for (int y = 0; y < out.height; ++y)
        runLine({copy + n * image + ptrdiff_t(y) * shape.strideY * row,
                 out.width, out.width, n, y},
                weights, epilogue, out);
    }
  }
  Unit::end();
  return 0;
}

template <typename Unit>
void Bfloat16Convolution<Unit>::runLine(const Line &line,
                                        const uint16_t *packed,
                                        const Epilogue &epilogue,
                                        const ImageView &out) const {
  alignas(64) float sums[Unit::mostPixels * Unit::mostBlocks * channelBlock];
  PairProducts products = {};
  products.pixelStride = ptrdiff_t(shape.strideX) * pixel;
  products.segments = segments.data();
  products.segmentCount = static_cast<int>(segments.size());
  products.pairs = pairs;
  products.tiles = tiles;
  products.blockStride = blockStride();
  for (int64_t first = 0, taken; first < line.count; first += taken) {
    taken = Unit::pixelsFor(line.count - first, blocks);
    const int pixels = static_cast<int>(std::min(taken, line.count - first));
    products.in = line.begin + first * products.pixelStride;
    for (int block = 0; block < blocks; block += Unit::mostBlocks) {
      const int count = std::min(blocks - block, Unit::mostBlocks);
      products.weights = packed + block * products.blockStride;
      Unit::multiply(products, static_cast<int>(taken), count, sums);
      storeSums(sums, pixels, static_cast<int>(taken), block, count, line,
                first, epilogue, out);
    }
  }
}

/// The epilogue (Epilogue.h) of \p pixels results beginning with number
/// \p first of \p line.
template <typename Unit>
void Bfloat16Convolution<Unit>::storeSums(const float *sums, int pixels,
                                          int taken, int firstBlock,
                                          int blockCount, const Line &line,
                                          int64_t first,
                                          const Epilogue &epilogue,
                                          const ImageView &out) const {
  int64_t x = first % line.rowPixels, y = line.y + first / line.rowPixels;
  int64_t n = line.image + y / out.height;
  y %= out.height;
  const ptrdiff_t channel = ptrdiff_t(firstBlock) * channelBlock;
  const float *const scale =
      epilogue.scale ? epilogue.scale + channel : nullptr;
  const float *const offset =
      epilogue.offset ? epilogue.offset + channel : nullptr;
  for (int p = 0; p < pixels; ++p) {
    if (x < out.width) {
      const float *residual =
          epilogue.residual
              ? epilogue.residual + n * epilogue.residualImageStride +
                    y * epilogue.residualRowStride +
                    x * epilogue.residualPixelStride + channel
              : nullptr;
      float *to = out.data + n * out.imageStride + y * out.rowStride +
                  x * out.pixelStride + channel;
      for (int block = 0; block < blockCount; ++block) {
        const ptrdiff_t lane = ptrdiff_t(block) * channelBlock;
        Lanes value, constant;
        std::memcpy(&value,
                    sums + block * taken * channelBlock + p * channelBlock,
                    sizeof(value));
        if (scale) {
          std::memcpy(&constant, scale + lane, sizeof(constant));
          value *= constant;
        }
        if (offset) {
          std::memcpy(&constant, offset + lane, sizeof(constant));
          value += constant;
        }
        if (residual) {
          std::memcpy(&constant, residual + lane, sizeof(constant));
          value += constant;
        }
        value = value < 0 ? value * epilogue.slope : value;
        value = value < epilogue.lowest ? Lanes{} + epilogue.lowest : value;
        value = value > epilogue.highest ? Lanes{} + epilogue.highest : value;
        std::memcpy(to + lane, &value, sizeof(value));
        if (epilogue.toBfloat16)
          for (int k = 0; k < channelBlock; ++k)
            to[lane + k] = roundToBfloat16(to[lane + k]);
      }
    }
    if (++x == line.rowPixels) {
      x = 0;
      if (++y == out.height) {
        y = 0;
        ++n;
      }
    }
  }
}

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_BFLOAT16CONVOLUTION_H
