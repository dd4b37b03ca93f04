//===- HalideView.cpp - Views of memory for Halide ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/HalideView.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace cim::kernels {

alignas(64) const
    float ones[channelBlock] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
alignas(64) const float zeros[channelBlock] = {};

template <typename Number>
static void clearPadding(Number *data, const ImageView &out, int padding) {
  for (ptrdiff_t n = 0; n < out.images; ++n)
    for (ptrdiff_t y = 0; y < out.height; ++y)
      for (ptrdiff_t x = 0; x < out.width; ++x)
        std::fill_n(data + n * out.imageStride + y * out.rowStride +
                        x * out.pixelStride + out.channels,
                    padding, Number(0));
}

void clearPadding(const Epilogue &epilogue, const ImageView &out) {
  const int padding = paddedChannels(out.channels) - out.channels;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  if (padding == 0 || (epilogue.lowest <= 0 && epilogue.highest == infinity))
    return;
  if (out.isBfloat16)
    clearPadding(reinterpret_cast<uint16_t *>(out.data), out, padding);
  else
    clearPadding(out.data, out, padding);
}

} // namespace cim::kernels
