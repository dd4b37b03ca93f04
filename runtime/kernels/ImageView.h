//===- ImageView.h - Activations in memory, channels last -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_IMAGEVIEW_H
#define CIM_RUNTIME_KERNELS_IMAGEVIEW_H

#include <compare>

namespace cim::kernels {

/// Channels of a pixel are padded with zeros to a multiple of this.
inline constexpr int channelBlock = 16;

/// \p channels, rounded up to whole blocks.
constexpr int paddedChannels(int channels) {
  return (channels + channelBlock - 1) / channelBlock * channelBlock;
}

/// Images in memory order (image, y, x, channel). Around the interior there may
/// be a border, which kernels read (and expect zeros in) but never write.
///
/// Element (n, y, x, c) is data[n * imageStride + y * rowStride +
/// x * pixelStride + c]. Kernels count in 32 bits: a view must span fewer than
/// 2^31 numbers; one that does not makes a kernel return an error.
struct ImageView {
  float *data = nullptr; ///< channel 0 of pixel (0, 0) of image 0
  /// Elements are bfloat16 numbers, of 16 bits: those of
  /// reinterpret_cast<uint16_t *>(data). For kernels that say so
  /// (Convolution::takesBfloat16).
  bool isBfloat16 = false;
  int channels = 0; ///< without padding
  int width = 0;    ///< without border
  int height = 0;   ///< without border
  int images = 0;
  int pixelStride = 0; ///< at least paddedChannels(channels) in every result
  int rowStride = 0;
  int imageStride = 0;
};

/// Pixels around an image.
struct BorderWidths {
  int left = 0, top = 0, right = 0, bottom = 0;

  auto operator<=>(const BorderWidths &) const = default;
};

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_IMAGEVIEW_H
