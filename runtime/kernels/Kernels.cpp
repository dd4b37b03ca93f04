//===- Kernels.cpp - Everything but convolutions ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Kernels.h"
#include "runtime/kernels/HalideView.h"

#include "cim_average_pool.h"
#include "cim_binary.h"
#include "cim_global_average.h"
#include "cim_lrn.h"
#include "cim_max_pool.h"

#include <algorithm>
#include <cstddef>

namespace cim::kernels {

int maxPool(const PoolingShape &shape, const ImageView &in,
            const ImageView &out) noexcept {
  HalideView<5> input = blockedView(in), result = blockedView(out);
  return cim_max_pool(input, shape.kernelWidth, shape.kernelHeight,
                      shape.strideX, shape.strideY, shape.dilationX,
                      shape.dilationY, shape.pads.left, shape.pads.top,
                      in.width, in.height, 0, 0, result);
}

int averagePool(const PoolingShape &shape, const ImageView &in,
                const ImageView &out) noexcept {
  HalideView<5> input = blockedView(in), result = blockedView(out);
  const BorderWidths counted =
      shape.countIncludesPads ? shape.pads : BorderWidths();
  return cim_average_pool(input, shape.kernelWidth, shape.kernelHeight,
                          shape.strideX, shape.strideY, shape.dilationX,
                          shape.dilationY, shape.pads.left, shape.pads.top,
                          counted.left + in.width + counted.right,
                          counted.top + in.height + counted.bottom,
                          counted.left, counted.top, result);
}

int globalAveragePool(const ImageView &in, const ImageView &out) noexcept {
  HalideView<5> input = blockedView(in);
  HalideView<3> result(
      out.data,
      {{laneExtent, blockExtent(out.channels), {out.images, out.imageStride}}});
  return cim_global_average(input, result);
}

int lrn(const LrnParameters &parameters, const ImageView &in,
        const ImageView &out) noexcept {
  HalideView<4> input(in.data, {{{in.channels, 1},
                                 {in.width, in.pixelStride},
                                 {in.height, in.rowStride},
                                 {in.images, in.imageStride}}});
  HalideView<5> result = blockedView(out);
  // Wider windows than all channels see no more.
  const int before = (parameters.size - 1) / 2;
  const int after = parameters.size - 1 - before;
  const int seenBefore = std::min(before, in.channels);
  const int seenAfter = std::min(after, in.channels);
  return cim_lrn(input, seenBefore + 1 + seenAfter, seenBefore,
                 parameters.alpha / parameters.size, parameters.beta,
                 parameters.bias, result);
}

int binary(BinaryOperation operation, const ImageView &a, const ImageView &b,
           const Epilogue &epilogue, const ImageView &out) noexcept {
  HalideView<5> left = blockedView(a), right = blockedView(b),
                result = blockedView(out);
  EpilogueView view(epilogue, out);
  const int status = cim_binary(
      left, right, view.scale, view.offset, view.residual, epilogue.slope,
      epilogue.lowest, epilogue.highest, static_cast<int>(operation), result);
  clearPadding(epilogue, out);
  return status;
}

int scaleOffset(const ImageView &in, const Epilogue &epilogue,
                const ImageView &out) noexcept {
  HalideView<5> left = blockedView(in), result = blockedView(out);
  HalideView<5> right(zeros, {{laneExtent,
                               {blockExtent(in.channels).extent, 0},
                               {in.width, 0},
                               {in.height, 0},
                               {in.images, 0}}});
  EpilogueView view(epilogue, out);
  const int status =
      cim_binary(left, right, view.scale, view.offset, view.residual,
                 epilogue.slope, epilogue.lowest, epilogue.highest,
                 static_cast<int>(BinaryOperation::add), result);
  clearPadding(epilogue, out);
  return status;
}

int toChannelsLast(const float *in, const ImageView &out) noexcept {
  const ptrdiff_t pixels = ptrdiff_t(out.width) * out.height;
  const int stored = std::min(out.pixelStride, paddedChannels(out.channels));
  for (ptrdiff_t n = 0; n < out.images; ++n)
    for (ptrdiff_t y = 0; y < out.height; ++y) {
      const float *from = in + n * out.channels * pixels + y * out.width;
      float *to = out.data + n * out.imageStride + y * out.rowStride;
      for (int c = 0; c < stored; ++c)
        for (ptrdiff_t x = 0; x < out.width; ++x)
          to[x * out.pixelStride + c] =
              c < out.channels ? from[c * pixels + x] : 0.0f;
    }
  return 0;
}

int toRowMajor(const ImageView &in, float *out) noexcept {
  const ptrdiff_t pixels = ptrdiff_t(in.width) * in.height;
  for (ptrdiff_t n = 0; n < in.images; ++n)
    for (ptrdiff_t y = 0; y < in.height; ++y) {
      const float *from = in.data + n * in.imageStride + y * in.rowStride;
      float *to = out + n * in.channels * pixels + y * in.width;
      for (int c = 0; c < in.channels; ++c)
        for (ptrdiff_t x = 0; x < in.width; ++x)
          to[c * pixels + x] = from[x * in.pixelStride + c];
    }
  return 0;
}

} // namespace cim::kernels
