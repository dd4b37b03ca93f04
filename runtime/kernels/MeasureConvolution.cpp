//===- MeasureConvolution.cpp - How fast a convolution is here ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/MeasureConvolution.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <new>

namespace cim::kernels {

/// Images side by side, from \p memory on, or without memory to count it.
static ImageView viewOf(float *memory, bool isBfloat16, int channels,
                        bool padded, int width, int height, int images,
                        const BorderWidths &border) {
  ImageView view;
  view.isBfloat16 = isBfloat16;
  view.channels = channels;
  view.width = width;
  view.height = height;
  view.images = images;
  view.pixelStride = padded ? paddedChannels(channels) : channels;
  view.rowStride = (border.left + width + border.right) * view.pixelStride;
  view.imageStride = (border.top + height + border.bottom) * view.rowStride;
  const int first =
      border.top * view.rowStride + border.left * view.pixelStride;
  if (memory && isBfloat16)
    view.data =
        reinterpret_cast<float *>(reinterpret_cast<uint16_t *>(memory) + first);
  else if (memory)
    view.data = memory + first;
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
  // As networks store them (executor/Memory.cpp): their inputs are f32.
  const bool padded = shape.channelsIn >= channelBlock;
  const bool isBfloat16 = convolution.takesBfloat16();
  auto inputView = [&](float *memory) {
    return viewOf(memory, isBfloat16 && padded, shape.channelsIn, padded,
                  shape.widthIn, shape.heightIn, images, convolution.border());
  };
  auto outputView = [&](float *memory) {
    return viewOf(memory, isBfloat16, shape.channelsOut, true, shape.widthOut(),
                  shape.heightOut(), images, {});
  };
  input = allocate(size_t(inputView(nullptr).imageStride) * images +
                   convolution.readsBeyond() / sizeof(float));
  output = allocate(size_t(outputView(nullptr).imageStride) * images);
  in = inputView(input.get());
  out = outputView(output.get());
  const Memory weights =
      allocate(size_t(shape.channelsOut) * shape.channelsIn / shape.groups *
               shape.kernelWidth * shape.kernelHeight);
  packed = allocate(convolution.packedWeights());
  auto bytes = [&](const ImageView &view) {
    return double(view.isBfloat16 ? sizeof(uint16_t) : sizeof(float)) *
           view.imageStride * images;
  };
  operandBytes = bytes(in) + bytes(out) +
                 double(sizeof(float)) * convolution.packedWeights();
  scratch = allocate(convolution.scratch(images));
  convolution.pack(weights.get(), packed.get());
}

int MeasuredConvolution::run(const Epilogue &epilogue) const noexcept {
  return convolution.run(in, packed.get(), epilogue, out, scratch.get());
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
