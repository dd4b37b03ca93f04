//===- DepthwiseConvolution.cpp - One filter per channel ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/ConvolutionKernel.h"
#include "runtime/kernels/HalideView.h"
#include "runtime/kernels/Tiles.h"

#include "cim_depthwise.h"
#include "cim_depthwise_sharing.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace cim::kernels {

namespace {

/// The width that computes the fewest pixels twice, the widest of several.
int chooseWidth(int width) {
  int best = 1, least = std::numeric_limits<int>::max();
  for (int tile : depthwiseTilesOf(instructionSet())) {
    const int computed = (width + tile - 1) / tile * tile;
    // A narrow tile reads the weights more often, which costs about one pixel.
    const int time = computed + computed / tile;
    if (tile <= width && time < least) {
      least = time;
      best = tile;
    }
  }
  return best;
}

class DepthwiseConvolution : public ConvolutionKernel {
public:
  explicit DepthwiseConvolution(const ConvolutionShape &shape) : shape(shape) {}

  BorderWidths border() const override { return windowBorder(shape); }

  size_t packedWeights() const override {
    return size_t(paddedChannels(shape.channelsOut)) * taps();
  }

  /// (lane, dx, dy, block)
  void pack(const float *weights, float *packed, int begin,
            int end) const noexcept override {
    for (int c = begin;
         c < (end + channelBlock - 1) / channelBlock * channelBlock; ++c) {
      float *column = packed +
                      size_t(c / channelBlock) * taps() * channelBlock +
                      c % channelBlock;
      for (size_t t = 0; t < taps(); ++t)
        column[t * channelBlock] =
            c < shape.channelsOut ? weights[c * taps() + t] : 0.0f;
    }
  }

  int run(const ImageView &in, const float *packed, const Epilogue &epilogue,
          const ImageView &out, float *) const noexcept override {
    const float *begin = in.data - ptrdiff_t(shape.pads.top) * in.rowStride -
                         ptrdiff_t(shape.pads.left) * in.pixelStride;
    auto extent = [](int64_t extent, int64_t stride) {
      return Extent{int(extent), extent == 1 ? 0 : int(stride)};
    };
    const Extent blocks = blockExtent(shape.channelsOut);
    HalideView<4> weights(
        packed, {{laneExtent,
                  {int(taps()) == 1 ? 1 : shape.kernelWidth, channelBlock},
                  {shape.kernelHeight, shape.kernelWidth * channelBlock},
                  {blocks.extent, int(taps()) * channelBlock}}});
    const int columns =
        out.width + (sharesInputs() ? shape.kernelWidth - 1 : 0);
    const int columnTaps = sharesInputs() ? 1 : shape.kernelWidth;
    // Image by image, in ranges of rows: the elements of the input's view
    // overlap, and Halide counts them in 32 bits.
    const int64_t perRow = int64_t(paddedChannels(shape.channelsOut)) *
                           columns * columnTaps * shape.kernelHeight;
    const int64_t rows = std::clamp<int64_t>(
        std::numeric_limits<int32_t>::max() / perRow, 1, out.height);
    for (ptrdiff_t n = 0; n < out.images; ++n)
      for (ptrdiff_t y = 0; y < out.height; y += rows) {
        const auto height = int(std::min<int64_t>(rows, out.height - y));
        HalideView<7> input(
            begin + n * in.imageStride + y * shape.strideY * in.rowStride,
            {{laneExtent,
              blocks,
              extent(columns, int64_t(shape.strideX) * in.pixelStride),
              extent(columnTaps, int64_t(shape.dilationX) * in.pixelStride),
              extent(height, int64_t(shape.strideY) * in.rowStride),
              extent(shape.kernelHeight,
                     int64_t(shape.dilationY) * in.rowStride),
              {1, 0}}});
        Epilogue partEpilogue = epilogue;
        if (epilogue.residual)
          partEpilogue.residual +=
              n * epilogue.residualImageStride + y * epilogue.residualRowStride;
        ImageView part = out;
        part.data += n * out.imageStride + y * out.rowStride;
        part.height = height;
        part.images = 1;
        EpilogueView view(partEpilogue, part);
        HalideView<5> result = blockedView(part);
        const auto &kernel =
            sharesInputs() ? cim_depthwise_sharing : cim_depthwise;
        if (int status =
                kernel(input, weights, view.scale, view.offset, view.residual,
                       epilogue.slope, epilogue.lowest, epilogue.highest,
                       chooseWidth(out.width), result))
          return status;
      }
    return 0;
  }

  std::string description() const override {
    return (sharesInputs() ? "depthwise shared " : "depthwise ") +
           std::to_string(chooseWidth(shape.widthOut()));
  }

private:
  /// Whether a load of an input feeds all taps of a row that it meets.
  bool sharesInputs() const {
    return shape.kernelWidth == 3 && shape.strideX == 1 && shape.dilationX == 1;
  }
  size_t taps() const { return size_t(shape.kernelWidth) * shape.kernelHeight; }

  ConvolutionShape shape;
};

} // namespace

std::unique_ptr<ConvolutionKernel>
makeDepthwiseConvolution(const ConvolutionShape &shape) {
  return std::make_unique<DepthwiseConvolution>(shape);
}

} // namespace cim::kernels
