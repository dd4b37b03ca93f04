//===- MeasureConvolution.cpp - How fast a convolution is here ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/MeasureConvolution.h"

#include <algorithm>
#include <chrono>
#include <new>

namespace cim::kernels {

/// Images side by side, from \p memory on, or without memory to count it.
static ImageView viewOf(float *memory, int channels, bool padded, int width,
                        int height, int images, const BorderWidths &border) {
  ImageView view;
  view.channels = channels;
  view.width = width;
  view.height = height;
  view.images = images;
  view.pixelStride = padded ? paddedChannels(channels) : channels;
  view.rowStride = (border.left + width + border.right) * view.pixelStride;
  view.imageStride = (border.top + height + border.bottom) * view.rowStride;
  if (memory)
    view.data =
        memory + border.top * view.rowStride + border.left * view.pixelStride;
  return view;
}

MeasuredConvolution::Memory MeasuredConvolution::allocate(size_t count) {
  const size_t bytes = (count * sizeof(float) + 63) / 64 * 64;
  Memory memory(static_cast<float *>(std::aligned_alloc(64, bytes)));
  if (bytes && !memory)
    throw std::bad_alloc();
  for (size_t i = 0; i < count; ++i)
    memory[i] = float(i * 7919 % 1000) / 1000 - 0.5f;
  return memory;
}

MeasuredConvolution::MeasuredConvolution(const ConvolutionShape &shape,
                                         ConvolutionAlgorithm algorithm,
                                         int images)
    : convolution(shape, algorithm) {
  const bool padded = shape.channelsIn >= channelBlock;
  auto inputView = [&](float *memory) {
    return viewOf(memory, shape.channelsIn, padded, shape.widthIn,
                  shape.heightIn, images, convolution.border());
  };
  auto outputView = [&](float *memory) {
    return viewOf(memory, shape.channelsOut, true, shape.widthOut(),
                  shape.heightOut(), images, {});
  };
  input = allocate(size_t(inputView(nullptr).imageStride) * images);
  output = allocate(size_t(outputView(nullptr).imageStride) * images);
  in = inputView(input.get());
  out = outputView(output.get());
  const Memory weights =
      allocate(size_t(shape.channelsOut) * shape.channelsIn / shape.groups *
               shape.kernelWidth * shape.kernelHeight);
  packed = allocate(convolution.packedWeights());
  operandBytes = sizeof(float) * (double(in.imageStride) * images +
                                  double(out.imageStride) * images +
                                  double(convolution.packedWeights()));
  scratch = allocate(convolution.scratch(images));
  convolution.pack(weights.get(), packed.get());
}

int MeasuredConvolution::run() const noexcept {
  return convolution.run(in, packed.get(), {}, out, scratch.get());
}

double measureSeconds(const ConvolutionShape &shape,
                      ConvolutionAlgorithm algorithm, int images,
                      double seconds) {
  using Clock = std::chrono::steady_clock;
  const MeasuredConvolution convolution(shape, algorithm, images);
  double best = 0, total = 0;
  for (int tries = 0; tries < 5 || total < seconds; ++tries) {
    const Clock::time_point begin = Clock::now();
    convolution.run();
    const double time =
        std::chrono::duration<double>(Clock::now() - begin).count();
    best = tries == 0 ? time : std::min(best, time);
    total += time;
  }
  return best / images;
}

} // namespace cim::kernels
