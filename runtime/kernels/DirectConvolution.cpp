//===- DirectConvolution.cpp - Convolution as a sum of products ---*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/ChannelSlices.h"
#include "runtime/kernels/ConvolutionKernel.h"
#include "runtime/kernels/HalideView.h"
#include "runtime/kernels/Tiles.h"

#include "cim_convolution.h"
#include "cim_convolution_sharing.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace cim::kernels {

namespace {

/// One dimension of the result's pixels, with its strides in all views.
struct PixelDimension {
  int64_t extent, in, out, residual;
};

/// The result's pixels, fastest dimension first.
using Pixels = std::array<PixelDimension, 3>;

/// Makes one dimension of two wherever memory allows, so that tiles fit better:
/// all pixels are one row in a 1×1 convolution, all images in a dense layer.
void merge(Pixels &pixels) {
  int last = 0;
  for (int i = 1; i < 3; ++i) {
    const PixelDimension outer = pixels[i];
    pixels[i] = {1, 0, 0, 0};
    PixelDimension &inner = pixels[last];
    if (outer.extent == 1)
      continue;
    if (inner.extent == 1)
      inner = outer;
    else if (outer.in == inner.in * inner.extent &&
             outer.out == inner.out * inner.extent &&
             outer.residual == inner.residual * inner.extent)
      inner.extent *= outer.extent;
    else
      pixels[++last] = outer;
  }
}

int64_t roundUp(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// Time that a result of that size takes with \p tile: results over speed.
/// Tiles that do not divide the result compute some of it twice.
int64_t timeOf(const Tile &tile, int64_t width, int64_t height,
               int64_t blocks) {
  if (tile.width > width || tile.height > height || tile.blocks > blocks)
    return std::numeric_limits<int64_t>::max();
  return roundUp(width, tile.width) * roundUp(height, tile.height) *
         roundUp(blocks, tile.blocks) * 1000 / tile.speed;
}

/// The fastest of \p tiles.
Tile chooseTile(std::span<const Tile> tiles, int64_t width, int64_t height,
                int64_t blocks) {
  Tile best = smallestTile;
  int64_t least = timeOf(best, width, height, blocks);
  for (const Tile &tile : tiles)
    if (const int64_t time = timeOf(tile, width, height, blocks);
        time < least) {
      least = time;
      best = tile;
    }
  return best;
}

/// What a slice works on.
struct Operands {
  const float *in; ///< the window of the first result
  int pixelStride, rowStride;
  int inputs; ///< channels
  int blocks; ///< of output channels
  const float *packed;
  Epilogue epilogue; ///< of these output channels
  float *out;
};

class DirectConvolution : public ConvolutionKernel {
public:
  explicit DirectConvolution(const ConvolutionShape &shape)
      : shape(shape), slices(channelSlices(shape)) {}

  BorderWidths border() const override { return windowBorder(shape); }

  size_t packedWeights() const override {
    const ChannelSlice &last = slices.back();
    return last.packed + weightsPerBlock(shape, last) * last.blocks();
  }

  void pack(const float *weights, float *packed, int begin,
            int end) const noexcept override;

  int run(const ImageView &in, const float *packed, const Epilogue &epilogue,
          const ImageView &out, float *scratch) const noexcept override;

  std::string description() const override {
    const ChannelSlice &slice = slices.front();
    const int blocks = slice.blocks();
    const bool shares = sharesInputs(blocks);
    const Tile tile = chooseTile(shares ? sharingTilesOf(instructionSet())
                                        : tilesOf(instructionSet()),
                                 shape.widthOut(), shape.heightOut(), blocks);
    return (shares ? "direct shared " : "direct ") +
           std::to_string(tile.width) + "x" + std::to_string(tile.height) +
           "x" + std::to_string(tile.blocks * channelBlock);
  }

private:
  void packBlock(const float *weights, float *packed, const ChannelSlice &slice,
                 int block) const;

  /// Whether the kernel that loads an input once for three taps is faster. A
  /// property of the shape, since the kernels add up in different orders.
  bool sharesInputs(int blocks) const {
    if (shape.kernelWidth != 3 || shape.strideX != 1 || shape.dilationX != 1)
      return false;
    const int64_t width = shape.widthOut(), height = shape.heightOut();
    const InstructionSet set = instructionSet();
    const Tile sharing = chooseTile(sharingTilesOf(set), width, height, blocks);
    const Tile other = chooseTile(tilesOf(set), width, height, blocks);
    return timeOf(sharing, width, height, blocks) <
           timeOf(other, width, height, blocks);
  }

  int runSlice(const Operands &operands, const Pixels &pixels) const;

  ConvolutionShape shape;
  std::vector<ChannelSlice> slices;
};

/// Weights of a block are (dy, dx, c, lane), the order in which they are read.
void DirectConvolution::packBlock(const float *weights, float *packed,
                                  const ChannelSlice &slice, int block) const {
  const int inputs = shape.channelsIn / shape.groups;
  const int outputs = shape.channelsOut / shape.groups;
  const int taps = shape.kernelWidth * shape.kernelHeight;
  const ptrdiff_t sliceInputs = slice.inputs();
  const int begin = block * channelBlock;
  const int lanes = std::min(channelBlock, shape.channelsOut - begin);

  if (shape.inputMajor) {
    for (ptrdiff_t c = 0; c < sliceInputs; ++c, packed += channelBlock) {
      const float *row = weights + c * shape.channelsOut + begin;
      std::fill(std::copy_n(row, lanes, packed), packed + channelBlock, 0.0f);
    }
    return;
  }

  if (lanes < channelBlock || sliceInputs > inputs)
    std::fill_n(packed, weightsPerBlock(shape, slice), 0.0f);
  // A few input channels at a time, so that what 16 lanes interleave stays in
  // the first-level cache.
  constexpr ptrdiff_t chunk = 32;
  for (ptrdiff_t from = 0; from < inputs; from += chunk) {
    const ptrdiff_t to = std::min<ptrdiff_t>(from + chunk, inputs);
    for (int lane = 0; lane < lanes; ++lane) {
      const int output = begin + lane;
      const int first = output / outputs * inputs - slice.inputBegin;
      const float *row = weights + ptrdiff_t(output) * inputs * taps;
      float *column = packed + ptrdiff_t(first) * channelBlock + lane;
      for (ptrdiff_t c = from; c < to; ++c)
        for (ptrdiff_t t = 0; t < taps; ++t)
          column[(t * sliceInputs + c) * channelBlock] = row[c * taps + t];
    }
  }
}

void DirectConvolution::pack(const float *weights, float *packed, int begin,
                             int end) const noexcept {
  const int lastBlock = (end + channelBlock - 1) / channelBlock;
  for (const ChannelSlice &slice : slices) {
    const int from = std::max(slice.blockBegin, begin / channelBlock);
    const int to = std::min(slice.blockEnd, lastBlock);
    for (int block = from; block < to; ++block)
      packBlock(weights,
                packed + slice.packed +
                    (block - slice.blockBegin) * weightsPerBlock(shape, slice),
                slice, block);
  }
}

int DirectConvolution::run(const ImageView &in, const float *packed,
                           const Epilogue &epilogue, const ImageView &out,
                           float *) const noexcept {
  // Where window (0, 0) begins, in the border.
  const float *begin = in.data - ptrdiff_t(shape.pads.top) * in.rowStride -
                       ptrdiff_t(shape.pads.left) * in.pixelStride;
  Pixels pixels = {{{out.width, int64_t(shape.strideX) * in.pixelStride,
                     out.pixelStride, epilogue.residualPixelStride},
                    {out.height, int64_t(shape.strideY) * in.rowStride,
                     out.rowStride, epilogue.residualRowStride},
                    {out.images, in.imageStride, out.imageStride,
                     epilogue.residualImageStride}}};
  if (!epilogue.residual)
    for (PixelDimension &dimension : pixels)
      dimension.residual = 0;
  merge(pixels);
  for (const ChannelSlice &slice : slices) {
    const ptrdiff_t channel = ptrdiff_t(slice.blockBegin) * channelBlock;
    Operands operands = {begin + slice.inputBegin,
                         in.pixelStride,
                         in.rowStride,
                         slice.inputs(),
                         slice.blocks(),
                         packed + slice.packed,
                         epilogue,
                         out.data + channel};
    for (const float **constant :
         {&operands.epilogue.scale, &operands.epilogue.offset,
          &operands.epilogue.residual})
      if (*constant)
        *constant += channel;
    if (int status = runSlice(operands, pixels))
      return status;
  }
  return 0;
}

int DirectConvolution::runSlice(const Operands &operands,
                                const Pixels &pixels) const {
  const auto &[in, pixelStride, rowStride, inputs, blocks, packed, epilogue,
               out] = operands;
  const auto &[x, y, image] = pixels;

  const bool shares = sharesInputs(blocks);

  // Neighbouring taps of a row follow each other in memory when nothing lies
  // between them: then a row of the window is one long pixel.
  int channels = inputs, columns = shape.kernelWidth;
  if (!shares && shape.dilationX == 1 && pixelStride == inputs) {
    channels *= columns;
    columns = 1;
  }

  // Halide counts the elements of a view in 32 bits, and those of this one
  // overlap: split what is too large.
  const int64_t window = int64_t(channels) * columns * shape.kernelHeight;
  if (window * x.extent * y.extent * image.extent >
      std::numeric_limits<int32_t>::max()) {
    const auto longest =
        std::max_element(pixels.begin(), pixels.end(),
                         [](auto &a, auto &b) { return a.extent < b.extent; });
    if (longest->extent == 1)
      return halide_error_code_buffer_extents_too_large;
    Pixels part = pixels;
    PixelDimension &dimension = part[longest - pixels.begin()];
    const int64_t half = dimension.extent / 2;
    dimension.extent = half;
    if (int status = runSlice(operands, part))
      return status;
    dimension.extent = longest->extent - half;
    Operands rest = operands;
    rest.in += half * dimension.in;
    rest.out += half * dimension.out;
    if (rest.epilogue.residual)
      rest.epilogue.residual += half * dimension.residual;
    return runSlice(rest, part);
  }

  auto extent = [](int64_t extent, int64_t stride) {
    // A dimension of one has no stride; the nominal one may not fit.
    return Extent{int(extent), extent == 1 ? 0 : int(stride)};
  };
  HalideView<6> input(
      in,
      {{{channels, 1},
        extent(shares ? x.extent + columns - 1 : x.extent, x.in),
        extent(shares ? 1 : columns, int64_t(shape.dilationX) * pixelStride),
        extent(y.extent, y.in),
        extent(shape.kernelHeight, int64_t(shape.dilationY) * rowStride),
        extent(image.extent, image.in)}});
  HalideView<5> weights(
      packed,
      {{laneExtent,
        {channels, channelBlock},
        extent(columns, int64_t(channels) * channelBlock),
        extent(shape.kernelHeight, int64_t(channels) * columns * channelBlock),
        extent(blocks, window * channelBlock)}});
  const int channelsOut = blocks * channelBlock;
  HalideView<2> scale = channelView(epilogue.scale, ones, channelsOut);
  HalideView<2> offset = channelView(epilogue.offset, zeros, channelsOut);
  HalideView<5> residual(epilogue.residual ? epilogue.residual : zeros,
                         {{laneExtent,
                           {blocks, epilogue.residual ? channelBlock : 0},
                           extent(x.extent, x.residual),
                           extent(y.extent, y.residual),
                           extent(image.extent, image.residual)}});
  HalideView<5> result(out, {{laneExtent,
                              {blocks, channelBlock},
                              extent(x.extent, x.out),
                              extent(y.extent, y.out),
                              extent(image.extent, image.out)}});
  const auto &kernel = shares ? cim_convolution_sharing : cim_convolution;
  const Tile tile = chooseTile(shares ? sharingTilesOf(instructionSet())
                                      : tilesOf(instructionSet()),
                               x.extent, y.extent, blocks);
  return kernel(input, weights, scale, offset, residual, epilogue.slope,
                epilogue.lowest, epilogue.highest, tile.width, tile.height,
                tile.blocks, result);
}

} // namespace

std::unique_ptr<ConvolutionKernel>
makeDirectConvolution(const ConvolutionShape &shape) {
  return std::make_unique<DirectConvolution>(shape);
}

} // namespace cim::kernels
