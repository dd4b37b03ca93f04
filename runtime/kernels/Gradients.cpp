//===- Gradients.cpp - Backward through steps without weights ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Gradients.h"
#include "runtime/kernels/HalideView.h"

#include "cim_activation_gradient.h"
#include "cim_average_pool_gradient.h"
#include "cim_channel_sums.h"
#include "cim_largest_tap.h"
#include "cim_max_pool_gradient.h"
#include "cim_normalization_gradient.h"

#include <algorithm>
#include <cstddef>

namespace cim::kernels {

int activationGradient(const ImageView &gradient, const ImageView &result,
                       const Epilogue &epilogue,
                       const ImageView &out) noexcept {
  HalideView<5> g = blockedView(gradient), y = blockedView(result),
                to = blockedView(out);
  return cim_activation_gradient(g, y, epilogue.slope, epilogue.lowest,
                                 epilogue.highest, to);
}

int channelSums(const ImageView &a, const ImageView &b, const float *centerA,
                const float *centerB, float *sums) noexcept {
  HalideView<5> left = blockedView(a), right = blockedView(b);
  HalideView<2> leftCenter = channelView(centerA, zeros, a.channels);
  HalideView<2> rightCenter = channelView(centerB, zeros, a.channels);
  HalideView<3> result(
      sums,
      {{laneExtent, blockExtent(a.channels), {2, paddedChannels(a.channels)}}});
  return cim_channel_sums(left, right, leftCenter, rightCenter, result);
}

int normalizationGradient(const ImageView &gradient, const ImageView &in,
                          const NormalizationGradient &terms,
                          const ImageView &out) noexcept {
  HalideView<5> g = blockedView(gradient), x = blockedView(in),
                to = blockedView(out);
  HalideView<2> factor = channelView(terms.factor, ones, out.channels),
                shift = channelView(terms.shift, zeros, out.channels),
                mean = channelView(terms.mean, zeros, out.channels),
                slope = channelView(terms.slope, zeros, out.channels);
  return cim_normalization_gradient(g, x, factor, shift, mean, slope, to);
}

int largestTaps(const PoolingShape &shape, const ImageView &in,
                const ImageView &taps) noexcept {
  HalideView<5> input = blockedView(in), result = blockedView(taps);
  return cim_largest_tap(input, shape.kernelWidth, shape.kernelHeight,
                         shape.strideX, shape.strideY, shape.dilationX,
                         shape.dilationY, shape.pads.left, shape.pads.top,
                         result);
}

/// Calls \p kernel for one image after the other, which so stays in a cache
/// while its windows add to it. \p counted: pixels of the border that an
/// average counts.
template <typename Kernel>
static int addWindows(const Kernel &kernel, const PoolingShape &shape,
                      ImageView gradient, ImageView taps,
                      const BorderWidths &counted, ImageView out) {
  const int images = out.images;
  gradient.images = taps.images = out.images = 1;
  for (int n = 0; n < images; ++n) {
    HalideView<5> g = blockedView(gradient), largest = blockedView(taps),
                  result = blockedView(out);
    const int status =
        kernel(g, largest, shape.kernelWidth, shape.kernelHeight, shape.strideX,
               shape.strideY, shape.dilationX, shape.dilationY, shape.pads.left,
               shape.pads.top, counted.left + out.width + counted.right,
               counted.top + out.height + counted.bottom, counted.left,
               counted.top, result);
    if (status)
      return status;
    gradient.data += gradient.imageStride;
    taps.data += taps.imageStride;
    out.data += out.imageStride;
  }
  return 0;
}

int maxPoolGradient(const PoolingShape &shape, const ImageView &gradient,
                    const ImageView &taps, const ImageView &out) noexcept {
  return addWindows(cim_max_pool_gradient, shape, gradient, taps, {}, out);
}

int globalAveragePoolGradient(const ImageView &gradient,
                              const ImageView &out) noexcept {
  const float share = 1.0f / (float(out.width) * float(out.height));
  for (ptrdiff_t n = 0; n < out.images; ++n) {
    const float *from = gradient.data + n * gradient.imageStride;
    for (ptrdiff_t y = 0; y < out.height; ++y)
      for (ptrdiff_t x = 0; x < out.width; ++x) {
        float *to = out.data + n * out.imageStride + y * out.rowStride +
                    x * out.pixelStride;
        for (int c = 0; c < paddedChannels(out.channels); ++c)
          to[c] = from[c] * share;
      }
  }
  return 0;
}

int averagePoolGradient(const PoolingShape &shape, const ImageView &gradient,
                        const ImageView &out) noexcept {
  // A window that is the whole image.
  if (gradient.width == 1 && gradient.height == 1 &&
      shape.kernelWidth == out.width && shape.kernelHeight == out.height &&
      shape.pads == BorderWidths() && shape.dilationX == 1 &&
      shape.dilationY == 1)
    return globalAveragePoolGradient(gradient, out);
  const BorderWidths counted =
      shape.countIncludesPads ? shape.pads : BorderWidths();
  const ImageView &unused = gradient;
  return addWindows(cim_average_pool_gradient, shape, gradient, unused, counted,
                    out);
}

} // namespace cim::kernels
