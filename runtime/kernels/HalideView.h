//===- HalideView.h - Views of memory for Halide ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_HALIDEVIEW_H
#define CIM_RUNTIME_KERNELS_HALIDEVIEW_H

#include "runtime/kernels/Epilogue.h"
#include "runtime/kernels/ImageView.h"

#include "HalideRuntime.h"

#include <array>
#include <cassert>
#include <cstdint>

namespace cim::kernels {

struct Extent {
  int extent, stride;
};

/// A halide_buffer_t over memory that belongs to someone else, on the stack.
template <int Dimensions> class HalideView {
public:
  template <typename T>
  HalideView(const T *data, const std::array<Extent, Dimensions> &extents) {
    // Kernels take the host pointer of an operand without const, too.
    buffer.host = reinterpret_cast<uint8_t *>(const_cast<T *>(data));
    buffer.type = halide_type_of<T>();
    buffer.dimensions = Dimensions;
    buffer.dim = dimensions;
    for (int i = 0; i < Dimensions; ++i)
      dimensions[i] =
          halide_dimension_t(0, extents[i].extent, extents[i].stride);
  }
  HalideView(const HalideView &) = delete;
  HalideView &operator=(const HalideView &) = delete;

  operator halide_buffer_t *() { return &buffer; }

private:
  halide_buffer_t buffer = {};
  halide_dimension_t dimensions[Dimensions];
};

inline constexpr Extent laneExtent = {channelBlock, 1};

inline Extent blockExtent(int channels) {
  return {paddedChannels(channels) / channelBlock, channelBlock};
}

/// (lane, block, x, y, image)
inline HalideView<5> blockedView(const ImageView &view) {
  assert(!view.isBfloat16 && "Halide's kernels compute in f32");
  return {view.data,
          {{laneExtent,
            blockExtent(view.channels),
            {view.width, view.pixelStride},
            {view.height, view.rowStride},
            {view.images, view.imageStride}}}};
}

/// Per-channel constants, or \p constant for all channels without any:
/// (lane, block).
inline HalideView<2> channelView(const float *data, const float *constant,
                                 int channels) {
  Extent blocks = blockExtent(channels);
  if (!data)
    blocks.stride = 0;
  return {data ? data : constant, {{laneExtent, blocks}}};
}

/// A block of ones and one of zeros.
extern const float ones[channelBlock], zeros[channelBlock];

/// What kernels take for an epilogue.
struct EpilogueView {
  HalideView<2> scale, offset;
  /// (lane, block, x, y, image)
  HalideView<5> residual;

  EpilogueView(const Epilogue &epilogue, const ImageView &out)
      : scale(channelView(epilogue.scale, ones, out.channels)),
        offset(channelView(epilogue.offset, zeros, out.channels)),
        residual(residualView(epilogue, out)) {}

private:
  static HalideView<5> residualView(const Epilogue &epilogue,
                                    const ImageView &out) {
    Extent blocks = blockExtent(out.channels);
    if (!epilogue.residual)
      return {zeros,
              {{laneExtent,
                {blocks.extent, 0},
                {out.width, 0},
                {out.height, 0},
                {out.images, 0}}}};
    return {epilogue.residual,
            {{laneExtent,
              blocks,
              {out.width, epilogue.residualPixelStride},
              {out.height, epilogue.residualRowStride},
              {out.images, epilogue.residualImageStride}}}};
  }
};

/// Makes the padding channels of a result zero again after an activation that
/// turns zero into something else, or infinity into a finite number: the
/// padding, where it came by weight zero, is then not a number.
void clearPadding(const Epilogue &epilogue, const ImageView &out);

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_HALIDEVIEW_H
