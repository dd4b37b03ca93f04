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
// stride, all windows of all images are one line, which runs over the borders
// between rows and images; what it computes there is not stored.
//
// Sums are stored one step late, while the next are computed: what a matrix
// unit has just written cannot be read for a while.
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

/// The results of a block of output channels, whatever vectors a file uses.
using Lanes = float __attribute__((vector_size(channelBlock * sizeof(float))));

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
///   *sums)`, which may read pairsPerTile pairs beyond the last pixel;
/// - `static void round(const float *from, uint16_t *to, ptrdiff_t count)` and
///   `static void round(Lanes &)`: to the nearest bfloat16.
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
  /// Windows that begin a constant number of pixels after each other.
  struct Line {
    const uint16_t *begin;
    int64_t count;
    int64_t rowPixels; ///< after so many, the next row of results begins
    int64_t rows;      ///< after so many, the next image does
    int image, y;      ///< of the first result
  };

  /// Sums that wait for being stored.
  struct Waiting {
    const float *sums = nullptr;
    int pixels, taken; ///< that exist; that sums has of each block
    int firstBlock, blocks;
    int64_t x, y, image; ///< of the first
    int64_t rowPixels, rows;
  };

  /// Where the sums of a run go: through the epilogue into the results.
  class Results {
  public:
    Results(const Epilogue &epilogue, const ImageView &out)
        : epilogue(epilogue), out(out) {}
    /// What the next sums may be written to.
    float *next() { return buffers[turn]; }
    /// Takes what next() has got, and stores what waited.
    void add(const Waiting &added) {
      finish();
      waiting = added;
      turn ^= 1;
    }
    void finish() {
      if (waiting.sums)
        store(waiting);
      waiting.sums = nullptr;
    }

  private:
    void store(const Waiting &sums) const;
    template <bool AddsResidual, bool Rounds>
    void storeRow(const float *sums, int count, ptrdiff_t channel,
                  const float *residual, float *to) const;

    const Epilogue &epilogue;
    const ImageView &out;
    alignas(64) float buffers[2][Unit::mostPixels * Unit::mostBlocks *
                                 channelBlock];
    int turn = 0;
    Waiting waiting;
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
  void copyInput(const ImageView &in, uint16_t *copy) const;
  void runLine(const Line &line, const uint16_t *packed,
               Results &results) const;

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
        Unit::round(from, to, count);
        to += count;
        continue;
      }
      for (int x = 0; x < rowPixels; ++x, from += in.pixelStride, to += pixel) {
        Unit::round(from, to, shape.channelsIn);
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
  Results results(epilogue, out);
  Unit::begin();
  const ptrdiff_t row = ptrdiff_t(rowPixels) * pixel, image = rows * row;
  if (shape.strideX == 1 && shape.strideY == 1) {
    const int64_t last = int64_t(out.height - 1) * rowPixels + out.width;
    runLine({copy, int64_t(out.images - 1) * rows * rowPixels + last, rowPixels,
             rows, 0, 0},
            weights, results);
  } else {
    for (int n = 0; n < out.images; ++n)
      for (int y = 0; y < out.height; ++y)
        runLine({copy + n * image + ptrdiff_t(y) * shape.strideY * row,
                 out.width, out.width, out.height, n, y},
                weights, results);
  }
  results.finish();
  Unit::end();
  return 0;
}

template <typename Unit>
void Bfloat16Convolution<Unit>::runLine(const Line &line,
                                        const uint16_t *packed,
                                        Results &results) const {
  PairProducts products = {};
  products.pixelStride = ptrdiff_t(shape.strideX) * pixel;
  products.segments = segments.data();
  products.segmentCount = static_cast<int>(segments.size());
  products.pairs = pairs;
  products.tiles = tiles;
  products.blockStride = blockStride();
  Waiting sums;
  sums.rowPixels = line.rowPixels;
  sums.rows = line.rows;
  for (int64_t first = 0; first < line.count; first += sums.taken) {
    sums.taken = Unit::pixelsFor(line.count - first, blocks);
    sums.pixels =
        static_cast<int>(std::min<int64_t>(sums.taken, line.count - first));
    sums.x = first % line.rowPixels;
    sums.y = line.y + first / line.rowPixels;
    sums.image = line.image + sums.y / line.rows;
    sums.y %= line.rows;
    products.in = line.begin + first * products.pixelStride;
    for (int block = 0; block < blocks; block += Unit::mostBlocks) {
      sums.firstBlock = block;
      sums.blocks = std::min(blocks - block, Unit::mostBlocks);
      products.weights = packed + block * products.blockStride;
      float *to = results.next();
      Unit::multiply(products, sums.taken, sums.blocks, to);
      sums.sums = to;
      results.add(sums);
    }
  }
}

template <typename Unit>
void Bfloat16Convolution<Unit>::Results::store(const Waiting &sums) const {
  int64_t x = sums.x, y = sums.y, n = sums.image;
  for (int p = 0; p < sums.pixels;) {
    const int64_t row = std::min<int64_t>(sums.pixels - p, sums.rowPixels - x);
    const int count = static_cast<int>(std::min<int64_t>(row, out.width - x));
    if (y < out.height && count > 0)
      for (int block = 0; block < sums.blocks; ++block) {
        const ptrdiff_t channel =
            ptrdiff_t(sums.firstBlock + block) * channelBlock;
        const float *from = sums.sums + (block * sums.taken + p) * channelBlock;
        float *to = out.data + n * out.imageStride + y * out.rowStride +
                    x * out.pixelStride + channel;
        if (!epilogue.residual) {
          epilogue.toBfloat16
              ? storeRow<false, true>(from, count, channel, nullptr, to)
              : storeRow<false, false>(from, count, channel, nullptr, to);
          continue;
        }
        const float *residual = epilogue.residual +
                                n * epilogue.residualImageStride +
                                y * epilogue.residualRowStride +
                                x * epilogue.residualPixelStride + channel;
        epilogue.toBfloat16
            ? storeRow<true, true>(from, count, channel, residual, to)
            : storeRow<true, false>(from, count, channel, residual, to);
      }
    p += row;
    x = 0;
    if (++y == sums.rows) {
      y = 0;
      ++n;
    }
  }
}

/// The epilogue (Epilogue.h) of \p count results beside each other.
template <typename Unit>
template <bool AddsResidual, bool Rounds>
void Bfloat16Convolution<Unit>::Results::storeRow(const float *sums, int count,
                                                  ptrdiff_t channel,
                                                  const float *residual,
                                                  float *to) const {
  Lanes scale = Lanes{} + 1, offset = {};
  if (epilogue.scale)
    std::memcpy(&scale, epilogue.scale + channel, sizeof(scale));
  if (epilogue.offset)
    std::memcpy(&offset, epilogue.offset + channel, sizeof(offset));
  const Lanes slope = Lanes{} + epilogue.slope;
  const Lanes lowest = Lanes{} + epilogue.lowest;
  const Lanes highest = Lanes{} + epilogue.highest;
  const ptrdiff_t stride = out.pixelStride;
  const ptrdiff_t residualStride = epilogue.residualPixelStride;
  for (int p = 0; p < count; ++p) {
    Lanes value, added;
    std::memcpy(&value, sums + ptrdiff_t(p) * channelBlock, sizeof(value));
    value = value * scale + offset;
    if constexpr (AddsResidual) {
      std::memcpy(&added, residual + p * residualStride, sizeof(added));
      value += added;
    }
    value = value < 0 ? value * slope : value;
    value = value < lowest ? lowest : value;
    value = value > highest ? highest : value;
    if constexpr (Rounds)
      Unit::round(value);
    std::memcpy(to + p * stride, &value, sizeof(value));
  }
}

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_BFLOAT16CONVOLUTION_H
