//===- WeightGradient.cpp - Backward to a convolution's weights
//------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/WeightGradient.h"
#include "runtime/kernels/ConvolutionKernel.h"
#include "runtime/kernels/HalideView.h"

#include "cim_weight_gradient.h"

#include <algorithm>

namespace cim::kernels {

WeightGradient::WeightGradient(const ConvolutionShape &shape,
                               ConvolutionAlgorithm algorithm)
    : shape(shape), slices(channelSlices(shape)) {
  if (algorithm == ConvolutionAlgorithm::automatic &&
      WinogradWeightGradient::pays(shape))
    winograd.emplace(shape);
}

BorderWidths WeightGradient::border() const {
  return winograd ? winograd->border() : windowBorder(shape);
}

BorderWidths WeightGradient::gradientBorder() const {
  return winograd ? winograd->gradientBorder() : BorderWidths();
}

size_t WeightGradient::scratch(int images) const {
  return winograd ? winograd->scratch(images) : 0;
}

size_t WeightGradient::packedWeights() const {
  const ChannelSlice &last = slices.back();
  return last.packed + weightsPerBlock(shape, last) * last.blocks();
}

int WeightGradient::blocks() const { return slices.back().blockEnd; }

/// \p view's rows [begin, begin + rows) of images [first, first + images).
static ImageView part(ImageView view, int first, int images, int begin,
                      int rows) {
  view.data +=
      ptrdiff_t(first) * view.imageStride + ptrdiff_t(begin) * view.rowStride;
  view.images = images;
  view.height = rows;
  return view;
}

int WeightGradient::run(const ImageView &in, const ImageView &gradient,
                        float *sums, float *scratch) const noexcept {
  return winograd ? winograd->run(in, gradient, sums, scratch)
                  : runDirect(in, gradient, sums);
}

int WeightGradient::runDirect(const ImageView &in, const ImageView &gradient,
                              float *sums) const noexcept {
  // The kernel goes over its pixels once per tile of weights, so take as many
  // as the first-level cache holds beside each other: rows of an image, or
  // several images. Images of one pixel are a row.
  constexpr int pixelsAtOnce = 192;
  const bool isRow = gradient.width == 1 && gradient.height == 1;
  const int rows = std::clamp(pixelsAtOnce / gradient.width, 1,
                              std::max(gradient.height, 1));
  const int images =
      isRow ? gradient.images
            : std::clamp(pixelsAtOnce / (gradient.width * gradient.height), 1,
                         gradient.images);

  for (const ChannelSlice &slice : slices) {
    // Neighbouring taps of a row follow each other in memory when nothing lies
    // between them (DirectConvolution.cpp).
    int channels = slice.inputs(), columns = shape.kernelWidth;
    if (shape.dilationX == 1 && in.pixelStride == channels) {
      channels *= columns;
      columns = 1;
    }
    const int window = channels * columns * shape.kernelHeight;
    HalideView<5> result(
        sums + slice.packed,
        {{laneExtent,
          {channels, channelBlock},
          {columns, channels * channelBlock},
          {shape.kernelHeight, channels * columns * channelBlock},
          {slice.blocks(), window * channelBlock}}});
    for (int first = 0; first < gradient.images; first += images)
      for (int row = 0; row < gradient.height; row += rows) {
        ImageView g =
            part(gradient, first, std::min(images, gradient.images - first),
                 row, std::min(rows, gradient.height - row));
        g.data += slice.blockBegin * channelBlock;
        g.channels = slice.blocks() * channelBlock;
        const float *window0 =
            in.data + ptrdiff_t(first) * in.imageStride +
            (ptrdiff_t(row) * shape.strideY - shape.pads.top) * in.rowStride -
            ptrdiff_t(shape.pads.left) * in.pixelStride + slice.inputBegin;
        Extent x = {g.width, shape.strideX * in.pixelStride},
               image = {g.images, in.imageStride};
        if (isRow) {
          x = image;
          image = {1, 0};
          g.width = g.images;
          g.pixelStride = g.imageStride;
          g.images = 1;
        }
        HalideView<6> input(
            window0, {{{channels, 1},
                       x,
                       {columns, shape.dilationX * in.pixelStride},
                       {g.height, shape.strideY * in.rowStride},
                       {shape.kernelHeight, shape.dilationY * in.rowStride},
                       image}});
        HalideView<5> view = blockedView(g);
        if (int status = cim_weight_gradient(input, view, result))
          return status;
      }
  }
  return 0;
}

void WeightGradient::unpack(std::span<const float *const> sums, float *weights,
                            int begin, int end) const {
  const int inputs = shape.channelsIn / shape.groups,
            outputs = shape.channelsOut / shape.groups;
  const int taps = shape.kernelWidth * shape.kernelHeight;
  for (const ChannelSlice &slice : slices) {
    const int from = std::max(begin, slice.blockBegin),
              to = std::min(end, slice.blockEnd);
    for (int block = from; block < to; ++block) {
      const size_t base = slice.packed + (block - slice.blockBegin) *
                                             weightsPerBlock(shape, slice);
      for (int t = 0; t < taps; ++t)
        for (int c = 0; c < slice.inputs(); ++c) {
          const size_t at =
              base + (size_t(t) * slice.inputs() + c) * channelBlock;
          float total[channelBlock] = {};
          for (const float *lane : sums)
            for (int k = 0; k < channelBlock; ++k)
              total[k] += lane[at + k];
          for (int k = 0; k < channelBlock; ++k) {
            const int output = block * channelBlock + k;
            // Of a block that straddles groups, some pairs do not meet.
            const int input = slice.inputBegin + c - output / outputs * inputs;
            if (output >= shape.channelsOut || input < 0 || input >= inputs)
              continue;
            weights[shape.inputMajor
                        ? size_t(input) * shape.channelsOut + output
                        : (size_t(output) * inputs + input) * taps + t] =
                total[k];
          }
        }
    }
  }
}

} // namespace cim::kernels
