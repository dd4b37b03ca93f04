//===- Geometry.h - How a value lies in memory ------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_GEOMETRY_H
#define CIM_RUNTIME_EXECUTOR_GEOMETRY_H

#include "runtime/plan/plan.pb.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace cim {

/// Pixels of zeros around an image.
struct Border {
  int64_t top = 0, bottom = 0, left = 0, right = 0;

  bool operator==(const Border &) const = default;
  bool empty() const { return *this == Border(); }
  /// Grows to the border that \p other needs, too.
  void include(const Border &other) {
    top = std::max(top, other.top);
    bottom = std::max(bottom, other.bottom);
    left = std::max(left, other.left);
    right = std::max(right, other.right);
  }
};

/// How one value lies in memory: one call's part of it (one image, when the
/// network keeps images apart); those of a micro-batch follow each other.
///
/// ROW_MAJOR: dense. CHANNELS_LAST: pixels of `stride` numbers, of which the
/// first `channels` count and the others are zero; `border` around each image.
/// Images that only kernels on bfloat16 touch may be stored as such numbers;
/// where pixels are an odd number of blocks, a pixel of zeros follows, because
/// these kernels read two blocks at a time (Convolution::takesBfloat16).
struct Geometry {
  Geometry() = default;
  /// Without a border; pixels padded to \p channelBlock channels. Throws
  /// InputError for more bytes than memory can have.
  Geometry(const plan::Value &value, int64_t channelBlock);

  /// Adds what \p wanted has beyond the present border.
  void widen(const Border &wanted);
  /// Stores numbers in 16 bits. For CHANNELS_LAST values of type F32, one image
  /// per call.
  void shorten();

  bool operator==(const Geometry &) const = default;
  bool channelsLast() const { return layout == plan::CHANNELS_LAST; }

  int64_t paddedWidth() const { return border.left + width + border.right; }
  int64_t paddedHeight() const { return border.top + height + border.bottom; }
  size_t numberBytes() const;
  /// Numbers from one image to the next.
  int64_t imageStride() const {
    return images == 1 ? static_cast<int64_t>(bytes / numberBytes())
                       : paddedHeight() * paddedWidth() * stride;
  }
  /// Zeros that kernels rely on and never write: a border, or the pixel behind
  /// an image of bfloat16 numbers.
  bool hasZeros() const { return hasPixelBehind() || !border.empty(); }
  /// The first inner pixel, in numbers from the beginning of an image.
  int64_t interior() const {
    return (border.top * paddedWidth() + border.left) * stride;
  }

  plan::Layout layout = plan::ROW_MAJOR;
  plan::ElementType type = plan::F32;
  bool isBfloat16 = false; ///< F32 stored as bfloat16
  int64_t images = 1;      ///< per call
  int64_t elements = 0;    ///< per call, without padding
  size_t bytes = 0;        ///< per call, with all padding; a multiple of 64
  // CHANNELS_LAST only.
  int64_t channels = 0, stride = 0, height = 0, width = 0;
  Border border;

private:
  bool hasPixelBehind() const;
  void updateBytes();
};

/// Copies one call's value from \p dense, row-major (N, C, H, W), into
/// \p stored, which lies as \p geometry says; zeroes padding channels, but does
/// not touch the border.
void store(const Geometry &geometry, const std::byte *dense, std::byte *stored);

/// The way back.
void load(const Geometry &geometry, const std::byte *stored, std::byte *dense);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_GEOMETRY_H
