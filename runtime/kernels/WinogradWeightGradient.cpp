//===- WinogradWeightGradient.cpp - To weights of 3x3 kernels -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/WinogradWeightGradient.h"
#include "runtime/kernels/ConvolutionKernel.h"
#include "runtime/kernels/HalideView.h"
#include "runtime/kernels/WinogradTransforms.h"

#include "cim_winograd_weight_gradient.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace cim::kernels {

using winograd::Four;
using winograd::taps;

namespace {

/// Where a tile begins in each operand, relative to its base, in floats.
struct TileBegin {
  int32_t input, gradient;
};

} // namespace

static int tilesOf(int pixels) {
  return (pixels + Four::results - 1) / Four::results;
}

bool WinogradWeightGradient::pays(const ConvolutionShape &shape) {
  if (!winogradApplies(shape, Four::results) ||
      shape.channelsIn % channelBlock != 0)
    return false;
  // Twice the direct kernel's speed where tiles fit.
  const double tiled = double(tilesOf(shape.widthOut())) *
                       tilesOf(shape.heightOut()) * Four::results *
                       Four::results;
  return tiled < 2.0 * shape.widthOut() * shape.heightOut();
}

WinogradWeightGradient::WinogradWeightGradient(const ConvolutionShape &shape)
    : shape(shape), inputBlocks(shape.channelsIn / channelBlock),
      outputBlocks(paddedChannels(shape.channelsOut) / channelBlock) {}

int WinogradWeightGradient::tilesX() const { return tilesOf(shape.widthOut()); }
int WinogradWeightGradient::tilesY() const {
  return tilesOf(shape.heightOut());
}

BorderWidths WinogradWeightGradient::border() const {
  const auto beyond = [](int tiles, int pad, int size) {
    return std::max(tiles * Four::results + taps - 1 - pad - size, 0);
  };
  return {shape.pads.left, shape.pads.top,
          beyond(tilesX(), shape.pads.left, shape.widthIn),
          beyond(tilesY(), shape.pads.top, shape.heightIn)};
}

BorderWidths WinogradWeightGradient::gradientBorder() const {
  return {0, 0, tilesX() * Four::results - shape.widthOut(),
          tilesY() * Four::results - shape.heightOut()};
}

/// Floats from one point's tiles to the next point's: an odd number of lines of
/// a cache, so that the points of a tile do not meet in one set of it.
static size_t pointStride(int tiles) {
  return size_t(tiles | 1) * channelBlock;
}

int WinogradWeightGradient::tilesTogether(int images) const {
  // What a second-level cache holds beside the sums.
  constexpr int64_t floats = 128 << 10;
  const int64_t perTile = int64_t(Four::points) * Four::points * channelBlock *
                          (inputBlocks + outputBlocks);
  const int64_t all = int64_t(tilesX()) * tilesY() * images;
  const int64_t most = std::clamp<int64_t>(floats / perTile, 32, 64);
  const int64_t parts = std::max<int64_t>((all + most - 1) / most, 1);
  return int((all + parts - 1) / parts);
}

size_t WinogradWeightGradient::scratch(int images) const {
  const int tiles = tilesTogether(images);
  return pointStride(tiles) * Four::points * Four::points *
             (inputBlocks + outputBlocks) +
         tiles * sizeof(TileBegin) / sizeof(float);
}

int WinogradWeightGradient::run(const ImageView &in, const ImageView &gradient,
                                float *sums, float *scratch) const noexcept {
  // The kernel counts floats from the first tile in 32 bits.
  constexpr int64_t most = int64_t(1) << 30;
  const int64_t largest = std::max(in.imageStride, gradient.imageStride);
  if (largest > most)
    return halide_error_code_buffer_extents_too_large;
  const int together = tilesTogether(gradient.images);
  const int64_t perImage = int64_t(tilesX()) * tilesY();
  const int64_t all = perImage * gradient.images;
  if (gradient.images > 1 && largest * (together / perImage + 2) > most) {
    ImageView x = in, g = gradient;
    x.images = g.images = 1;
    for (int n = 0; n < gradient.images; ++n) {
      if (int status = run(x, g, sums, scratch))
        return status;
      x.data += in.imageStride;
      g.data += gradient.imageStride;
    }
    return 0;
  }

  const int inputs = inputBlocks * channelBlock;
  HalideView<6> output(sums,
                       {{laneExtent,
                         {channelBlock, channelBlock},
                         {inputBlocks, channelBlock * channelBlock},
                         {taps, inputs * channelBlock},
                         {taps, taps * inputs * channelBlock},
                         {outputBlocks, taps * taps * inputs * channelBlock}}});
  constexpr Extent everything = {std::numeric_limits<int32_t>::max(), 1};
  const int stride = int(pointStride(together));
  auto *begins = reinterpret_cast<TileBegin *>(
      scratch + size_t(stride) * Four::points * Four::points *
                    (inputBlocks + outputBlocks));
  for (int64_t first = 0; first < all; first += together) {
    const int tiles = int(std::min<int64_t>(together, all - first));
    const int64_t firstImage = first / perImage;
    for (int t = 0; t < tiles; ++t) {
      const int64_t n = (first + t) / perImage - firstImage;
      const int tile = int((first + t) % perImage);
      const int y = tile / tilesX() * Four::results,
                x = tile % tilesX() * Four::results;
      begins[t] = {
          int32_t(n * in.imageStride + y * in.rowStride + x * in.pixelStride),
          int32_t(n * gradient.imageStride + y * gradient.rowStride +
                  x * gradient.pixelStride)};
    }
    HalideView<1> input(in.data + firstImage * in.imageStride -
                            ptrdiff_t(shape.pads.top) * in.rowStride -
                            ptrdiff_t(shape.pads.left) * in.pixelStride,
                        {{everything}}),
        result(gradient.data + firstImage * gradient.imageStride,
               {{everything}});
    HalideView<2> tileView(reinterpret_cast<const int32_t *>(begins),
                           {{{2, 1}, {tiles, 2}}});
    auto transformed = [&](float *memory, int blocks) {
      return HalideView<5>(memory,
                           {{laneExtent,
                             {tiles, channelBlock},
                             {Four::points, stride},
                             {Four::points, Four::points * stride},
                             {blocks, Four::points * Four::points * stride}}});
    };
    HalideView<5> values = transformed(scratch, inputBlocks);
    HalideView<5> gradients = transformed(
        scratch + size_t(stride) * Four::points * Four::points * inputBlocks,
        outputBlocks);
    if (int status = cim_winograd_weight_gradient(
            input, result, tileView, in.pixelStride, in.rowStride,
            gradient.pixelStride, gradient.rowStride, values, gradients,
            output))
      return status;
  }
  return 0;
}

} // namespace cim::kernels
