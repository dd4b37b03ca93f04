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
// The rows of a window are runs of consecutive numbers (its *segments*), and
// windows begin one pixel, or a stride, after each other: rows and columns of a
// matrix without copying any window. Without stride, all windows of all images
// are one line, which runs over the borders between rows and images; what it
// computes there is not stored.
//
// An input of bfloat16 numbers is read where it stands. Others are copied,
// rounded, into pixels without padding channels (but an even number of them).
// Units may multiply what follows an image's last window by weight zero, which
// must not be an infinity of the next image: so zeros fill up a lone pixel, as
// dense layers have, and stand behind images that need them.
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
#include <limits>
#include <string>
#include <type_traits>

namespace cim::kernels {

/// Rows of a packed weight block: 16 output channels of a pair of inputs.
inline constexpr int pairedLanes = 2 * channelBlock;
/// Pairs that the packed weights of a segment are padded to, with zeros.
inline constexpr int pairsPerTile = 16;

/// The results of a block of output channels, whatever vectors a file uses.
using Lanes = float __attribute__((vector_size(channelBlock * sizeof(float))));
using Bfloat16Lanes =
    uint16_t __attribute__((vector_size(channelBlock * sizeof(uint16_t))));

/// What a unit multiplies: for all pixels p, blocks b and lanes k,
/// sums[b][p][k] = Σ over segments s and pairs of numbers i, j of it:
/// s[p * pixelStride + i] * weights of (b, s, i, k) + the same of j, where s =
/// in + row * rowStep + column * columnStep.
struct PairProducts {
  const uint16_t *in;
  ptrdiff_t pixelStride;
  int segmentRows, segmentColumns;
  ptrdiff_t rowStep, columnStep; ///< from one segment to the next
  int pairs;                     ///< of each segment
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
///   `static void round(const Lanes &from, Bfloat16Lanes &to)`: to the nearest
///   bfloat16;
/// - `static void roundPixels(const float *from, int fromStride, uint16_t *to,
///   int toStride, int channels, ptrdiff_t count)`: the same of count pixels,
///   and zeros up to toStride.
template <typename Unit> class Bfloat16Convolution : public ConvolutionKernel {
public:
  explicit Bfloat16Convolution(const ConvolutionShape &shape)
      : shape(shape), around(windowBorder(shape)),
        pixel(roundUp(shape.channelsIn,
                      rows() * rowPixels() == 1 ? 2 * pairsPerTile : 2)),
        blocks(paddedChannels(shape.channelsOut) / channelBlock),
        segmentColumns(shape.dilationX == 1 ? 1 : shape.kernelWidth),
        pairs(shape.kernelWidth / segmentColumns *
              roundUp(shape.channelsIn, 2) / 2),
        tiles(roundUp(pairs, pairsPerTile) / pairsPerTile) {}

  BorderWidths border() const override { return around; }

  size_t packedWeights() const override {
    return blocks * blockStride() * sizeof(uint16_t) / sizeof(float);
  }

  size_t scratch(int images) const override {
    const size_t numbers = images * imagePixels() * pixel;
    return (numbers * sizeof(uint16_t) + readsBeyond() + sizeof(float) - 1) /
           sizeof(float);
  }

  /// Windows that a unit takes beyond the last one begin here.
  size_t readsBeyond() const override {
    const size_t windows = size_t(Unit::mostPixels) * shape.strideX * pixel;
    return (windows + 2 * size_t(pairsPerTile) * (tiles + 1)) *
           sizeof(uint16_t);
  }

  void pack(const float *weights, float *packed, int begin,
            int end) const noexcept override;
  int run(const ImageView &in, const float *packed, const Epilogue &epilogue,
          const ImageView &out, float *scratch) const noexcept override;

  std::string description() const override {
    return std::string("bf16 ") + Unit::name;
  }
  bool takesBfloat16() const override { return true; }

private:
  /// The input as units read it.
  struct Input {
    const uint16_t *begin; ///< of the first window
    ptrdiff_t rowStride, imageStride;
  };

  /// Windows that begin a constant number of pixels after each other.
  struct Line {
    const uint16_t *begin;
    int64_t count;
    int64_t rowPixels;   ///< after so many, the next row of results begins
    int64_t imagePixels; ///< after so many, the next image does
    int image, y;        ///< of the first result
  };

  /// Sums that wait for being stored.
  struct Waiting {
    const float *sums = nullptr;
    int pixels, taken; ///< that exist; that sums has of each block
    int firstBlock, blocks;
    int64_t x, y, image; ///< of the first
    int64_t rowPixels, imagePixels;
    int64_t left; ///< pixels of its image, itself included
  };

  /// Where the sums of a run go: through the epilogue into the results.
  class Results {
  public:
    Results(const Epilogue &epilogue, const ImageView &out)
        : epilogue(epilogue), out(out), storeRow(chooseStore()) {}
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
    /// Stores \p count results beside each other, of the channels from
    /// \p channel on; \p residual and \p to are numbers from the beginning of
    /// those images.
    using StoreRow = void (Results::*)(const float *sums, int count,
                                       ptrdiff_t channel, ptrdiff_t residual,
                                       ptrdiff_t to) const;
    enum class Added { nothing, f32, bfloat16 };
    enum class Stored { f32, rounded, bfloat16 };
    enum class Activation { none, atLeast, any }; ///< `atLeast` is ReLU
    template <Added added, Stored stored, Activation activation>
    void storeAs(const float *sums, int count, ptrdiff_t channel,
                 ptrdiff_t residual, ptrdiff_t to) const;
    template <Added added, Stored stored> StoreRow chooseStore() const {
      constexpr float infinity = std::numeric_limits<float>::infinity();
      if (epilogue.slope != 1 || epilogue.highest != infinity)
        return &Results::storeAs<added, stored, Activation::any>;
      return epilogue.lowest == -infinity
                 ? &Results::storeAs<added, stored, Activation::none>
                 : &Results::storeAs<added, stored, Activation::atLeast>;
    }
    template <Added added> StoreRow chooseStore() const {
      return out.isBfloat16        ? chooseStore<added, Stored::bfloat16>()
             : epilogue.toBfloat16 ? chooseStore<added, Stored::rounded>()
                                   : chooseStore<added, Stored::f32>();
    }
    StoreRow chooseStore() const {
      return !epilogue.residual            ? chooseStore<Added::nothing>()
             : epilogue.residualIsBfloat16 ? chooseStore<Added::bfloat16>()
                                           : chooseStore<Added::f32>();
    }
    void store(const Waiting &sums) const;
    static void widen(const Bfloat16Lanes &numbers, Lanes &values) {
      using Bits = uint32_t
          __attribute__((vector_size(channelBlock * sizeof(uint32_t))));
      values = (Lanes)(__builtin_convertvector(numbers, Bits) << 16);
    }

    const Epilogue &epilogue;
    const ImageView &out;
    const StoreRow storeRow;
    alignas(64) float buffers[2][Unit::mostPixels * Unit::mostBlocks *
                                 channelBlock];
    int turn = 0;
    Waiting waiting;
  };

  static int roundUp(int number, int multiple) {
    return (number + multiple - 1) / multiple * multiple;
  }

  // Pixels of a copy.
  size_t rowPixels() const {
    return around.left + shape.widthIn + around.right;
  }
  size_t rows() const { return around.top + shape.heightIn + around.bottom; }
  /// Those of zeros behind an image: what a unit may read beyond its last
  /// window, unless the next image begins with a border.
  size_t pixelsBehind() const {
    const int beyond =
        2 * pairsPerTile * tiles - shape.kernelWidth / segmentColumns * pixel;
    const size_t wanted = roundUp(beyond, pixel) / pixel;
    const size_t border = around.top * rowPixels() + around.left;
    return wanted > border ? wanted - border : 0;
  }
  size_t imagePixels() const { return rows() * rowPixels() + pixelsBehind(); }
  ptrdiff_t blockStride() const {
    return ptrdiff_t(shape.kernelHeight) * segmentColumns * tiles *
           pairsPerTile * pairedLanes;
  }
  Input copyInput(const ImageView &in, uint16_t *copy) const;
  void runLine(const Line &line, const Input &input, const uint16_t *packed,
               Results &results) const;

  ConvolutionShape shape;
  BorderWidths around;
  int pixel; ///< numbers of a pixel that units read
  int blocks;
  /// Of a window; a row is one segment, or each of its pixels is. There are
  /// kernelHeight rows of them.
  int segmentColumns;
  int pairs, tiles; ///< of a segment
};

template <typename Unit>
void Bfloat16Convolution<Unit>::pack(const float *weights, float *packed,
                                     int begin, int end) const noexcept {
  auto *to = reinterpret_cast<uint16_t *>(packed);
  const ptrdiff_t window = ptrdiff_t(shape.kernelHeight) * shape.kernelWidth;
  // From one input channel and one output channel to the next.
  const ptrdiff_t inputStep = shape.inputMajor ? shape.channelsOut : window;
  const ptrdiff_t outputStep = shape.inputMajor ? 1 : shape.channelsIn * window;
  const ptrdiff_t segmentNumbers =
      ptrdiff_t(tiles) * pairsPerTile * pairedLanes;
  for (int block = begin / channelBlock; block * channelBlock < end; ++block) {
    uint16_t *base = to + block * blockStride();
    std::fill_n(base, blockStride(), uint16_t(0));
    const int first = block * channelBlock;
    const int lanes = std::min(channelBlock, shape.channelsOut - first);
    for (int dy = 0; dy < shape.kernelHeight; ++dy)
      for (int dx = 0; dx < shape.kernelWidth; ++dx) {
        const float *from = weights + first * outputStep +
                            ptrdiff_t(dy) * shape.kernelWidth + dx;
        uint16_t *tap =
            base + (dy * segmentColumns + dx % segmentColumns) * segmentNumbers;
        if (segmentColumns == 1)
          tap += ptrdiff_t(dx) * (pixel / 2) * pairedLanes;
        // Lanes that lie side by side share lines of the cache: only as many
        // at a time as stay there.
        const int chunk = shape.inputMajor ? 16 : shape.channelsIn;
        for (int c0 = 0; c0 < shape.channelsIn; c0 += chunk)
          for (int lane = 0; lane < lanes; ++lane) {
            const float *weight = from + lane * outputStep;
            for (int c = c0; c < std::min(c0 + chunk, shape.channelsIn); ++c)
              tap[(c / 2) * pairedLanes + 2 * lane + c % 2] =
                  toBfloat16(weight[c * inputStep]);
          }
      }
  }
}

template <typename Unit>
auto Bfloat16Convolution<Unit>::copyInput(const ImageView &in,
                                          uint16_t *copy) const -> Input {
  // Rows that follow each other in memory are one.
  const bool isOneRow = in.rowStride == int(rowPixels()) * in.pixelStride;
  const size_t count = rowPixels() * (isOneRow ? rows() : 1);
  // What a pixel of bfloat16 numbers has, which need not fill the copy's.
  const int stored = std::min(in.pixelStride, pixel);
  uint16_t *to = copy;
  for (int n = 0; n < in.images; ++n) {
    for (size_t y = 0; y < (isOneRow ? 1 : rows()); ++y, to += count * pixel) {
      const ptrdiff_t begin = ptrdiff_t(n) * in.imageStride +
                              (ptrdiff_t(y) - around.top) * in.rowStride -
                              ptrdiff_t(around.left) * in.pixelStride;
      if (in.isBfloat16) {
        const auto *from = reinterpret_cast<const uint16_t *>(in.data) + begin;
        for (size_t x = 0; x < count; ++x)
          std::fill_n(
              std::copy_n(from + x * in.pixelStride, stored, to + x * pixel),
              pixel - stored, uint16_t(0));
      } else if (in.pixelStride == pixel && shape.channelsIn == pixel) {
        Unit::round(in.data + begin, to, count * pixel);
      } else {
        Unit::roundPixels(in.data + begin, in.pixelStride, to, pixel,
                          shape.channelsIn, count);
      }
    }
    to = std::fill_n(to, pixelsBehind() * pixel, uint16_t(0));
  }
  // Weight zero times what follows must be zero.
  std::fill_n(to, 2 * pairsPerTile, uint16_t(0));
  return {copy, static_cast<ptrdiff_t>(rowPixels()) * pixel,
          static_cast<ptrdiff_t>(imagePixels()) * pixel};
}

template <typename Unit>
int Bfloat16Convolution<Unit>::run(const ImageView &in, const float *packed,
                                   const Epilogue &epilogue,
                                   const ImageView &out,
                                   float *scratch) const noexcept {
  const auto *weights = reinterpret_cast<const uint16_t *>(packed);
  const Input input =
      in.isBfloat16 && in.pixelStride == pixel
          ? Input{reinterpret_cast<const uint16_t *>(in.data) -
                      ptrdiff_t(around.top) * in.rowStride -
                      ptrdiff_t(around.left) * pixel,
                  in.rowStride, in.imageStride}
          : copyInput(in, reinterpret_cast<uint16_t *>(scratch));
  Results results(epilogue, out);
  Unit::begin();
  if (shape.strideX == 1 && shape.strideY == 1) {
    const int64_t row = input.rowStride / pixel;
    const int64_t image = input.imageStride / pixel;
    const int64_t last = int64_t(out.height - 1) * row + out.width;
    if (input.imageStride % pixel == 0)
      runLine({input.begin, (out.images - 1) * image + last, row, image, 0, 0},
              input, weights, results);
    else
      for (int n = 0; n < out.images; ++n)
        runLine({input.begin + n * input.imageStride, last, row, last, n, 0},
                input, weights, results);
  } else {
    for (int n = 0; n < out.images; ++n)
      for (int y = 0; y < out.height; ++y)
        runLine({input.begin + n * input.imageStride +
                     ptrdiff_t(y) * shape.strideY * input.rowStride,
                 out.width, out.width, out.width, n, y},
                input, weights, results);
  }
  results.finish();
  Unit::end();
  return 0;
}

template <typename Unit>
void Bfloat16Convolution<Unit>::runLine(const Line &line, const Input &input,
                                        const uint16_t *packed,
                                        Results &results) const {
  PairProducts products = {};
  products.pixelStride = ptrdiff_t(shape.strideX) * pixel;
  products.segmentRows = shape.kernelHeight;
  products.segmentColumns = segmentColumns;
  products.rowStep = shape.dilationY * input.rowStride;
  products.columnStep = ptrdiff_t(shape.dilationX) * pixel;
  products.pairs = pairs;
  products.tiles = tiles;
  products.blockStride = blockStride();
  Waiting sums;
  sums.rowPixels = line.rowPixels;
  sums.imagePixels = line.imagePixels;
  for (int64_t first = 0; first < line.count; first += sums.taken) {
    sums.taken = Unit::pixelsFor(line.count - first, blocks);
    sums.pixels =
        static_cast<int>(std::min<int64_t>(sums.taken, line.count - first));
    const int64_t pixel = first % line.imagePixels;
    sums.x = pixel % line.rowPixels;
    sums.y = line.y + pixel / line.rowPixels;
    sums.image = line.image + first / line.imagePixels;
    sums.left = line.imagePixels - pixel;
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
  int64_t x = sums.x, y = sums.y, n = sums.image, left = sums.left;
  for (int p = 0; p < sums.pixels;) {
    const int64_t row =
        std::min({sums.pixels - int64_t(p), sums.rowPixels - x, left});
    const int count = static_cast<int>(std::min<int64_t>(row, out.width - x));
    if (y < out.height && count > 0)
      for (int block = 0; block < sums.blocks; ++block) {
        const ptrdiff_t channel =
            ptrdiff_t(sums.firstBlock + block) * channelBlock;
        (this->*storeRow)(
            sums.sums + (block * sums.taken + p) * channelBlock, count, channel,
            n * epilogue.residualImageStride + y * epilogue.residualRowStride +
                x * epilogue.residualPixelStride + channel,
            n * out.imageStride + y * out.rowStride + x * out.pixelStride +
                channel);
      }
    p += row;
    left -= row;
    x = 0;
    ++y;
    if (left == 0) {
      left = sums.imagePixels;
      y = 0;
      ++n;
    }
  }
}

/// The epilogue (Epilogue.h).
template <typename Unit>
template <typename Bfloat16Convolution<Unit>::Results::Added added,
          typename Bfloat16Convolution<Unit>::Results::Stored stored,
          typename Bfloat16Convolution<Unit>::Results::Activation activation>
void Bfloat16Convolution<Unit>::Results::storeAs(const float *sums, int count,
                                                 ptrdiff_t channel,
                                                 ptrdiff_t residual,
                                                 ptrdiff_t to) const {
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
  using Number =
      std::conditional_t<stored == Stored::bfloat16, uint16_t, float>;
  using AddedNumber =
      std::conditional_t<added == Added::bfloat16, uint16_t, float>;
  auto *result = reinterpret_cast<Number *>(out.data) + to;
  const auto *terms = reinterpret_cast<const AddedNumber *>(epilogue.residual);
  for (int p = 0; p < count; ++p, result += stride) {
    Lanes value, term;
    Bfloat16Lanes numbers;
    std::memcpy(&value, sums + ptrdiff_t(p) * channelBlock, sizeof(value));
    value = value * scale + offset;
    if constexpr (added != Added::nothing) {
      const AddedNumber *from = terms + residual + p * residualStride;
      if constexpr (added == Added::bfloat16) {
        std::memcpy(&numbers, from, sizeof(numbers));
        widen(numbers, term);
      } else {
        std::memcpy(&term, from, sizeof(term));
      }
      value += term;
    }
    if constexpr (activation == Activation::any)
      value = value < 0 ? value * slope : value;
    if constexpr (activation != Activation::none)
      value = value < lowest ? lowest : value;
    if constexpr (activation == Activation::any)
      value = value > highest ? highest : value;
    if constexpr (stored != Stored::f32)
      Unit::round(value, numbers);
    if constexpr (stored == Stored::rounded)
      widen(numbers, value);
    if constexpr (stored == Stored::bfloat16)
      std::memcpy(result, &numbers, sizeof(numbers));
    else
      std::memcpy(result, &value, sizeof(value));
  }
}

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_BFLOAT16CONVOLUTION_H
