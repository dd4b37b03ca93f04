//===- BenchKernels.cpp - Convolutions against the FMA peak ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// bench-kernels [--benchmark_filter=avx512/.*3x3]: GFLOP/s of direct
// convolution (the multiplications it would need, over the best time) for
// shapes of common networks, and the fraction of this core's peak.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Convolution.h"
#include "runtime/kernels/InstructionSet.h"
#include "tools/bench-kernels/PeakFlops.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

using namespace cim;
using namespace cim::kernels;

namespace {

/// Square images and kernels, "same" padding.
struct Shape {
  int channelsIn, channelsOut, size, kernel, stride, images;
  int groups = 1;

  ConvolutionShape convolution() const {
    ConvolutionShape s;
    s.channelsIn = channelsIn;
    s.channelsOut = channelsOut;
    s.groups = groups;
    s.widthIn = s.heightIn = size;
    s.kernelWidth = s.kernelHeight = kernel;
    s.strideX = s.strideY = stride;
    const int pad = kernel / 2;
    s.pads = {pad, pad, pad, pad};
    return s;
  }

  std::string name() const {
    auto text = [](int value) { return std::to_string(value); };
    return text(channelsIn) + "to" + text(channelsOut) + "at" + text(size) +
           "_" + text(kernel) + "x" + text(kernel) +
           (stride > 1 ? "_stride" + text(stride) : "") +
           (groups > 1 ? "_groups" + text(groups) : "") + "_images" +
           text(images);
  }
};

constexpr Shape shapes[] = {
    // ResNet-32 on 32×32
    {3, 16, 32, 3, 1, 8},
    {16, 16, 32, 3, 1, 8},
    {16, 32, 32, 3, 2, 8},
    {32, 32, 16, 3, 1, 8},
    {32, 64, 16, 3, 2, 8},
    {64, 64, 8, 3, 1, 8},
    // VGG-16 on 32×32
    {1, 64, 32, 3, 1, 8},
    {64, 64, 32, 3, 1, 8},
    {128, 128, 16, 3, 1, 8},
    {256, 256, 8, 3, 1, 8},
    {512, 512, 4, 3, 1, 8},
    {512, 512, 2, 3, 1, 8},
    // ResNet-50, VGG-19 and AlexNet on 224×224
    {3, 64, 224, 7, 2, 1},
    {64, 64, 56, 3, 1, 1},
    {128, 128, 28, 3, 1, 1},
    {256, 256, 14, 3, 1, 1},
    {512, 512, 7, 3, 1, 1},
    {64, 256, 56, 1, 1, 1},
    {256, 64, 56, 1, 1, 1},
    {256, 512, 56, 1, 2, 1},
    {1024, 256, 14, 1, 1, 1},
    {512, 2048, 7, 1, 1, 1},
    {64, 64, 224, 3, 1, 1},
    {512, 512, 14, 3, 1, 1},
    {3, 96, 224, 11, 4, 1},
    {96, 256, 27, 5, 1, 1, 2},
    {384, 384, 13, 3, 1, 1, 2},
    // dense layers
    {512, 10, 1, 1, 1, 8},
    {4096, 4096, 1, 1, 1, 1},
    {4096, 4096, 1, 1, 1, 8},
    // depthwise and grouped
    {32, 32, 112, 3, 1, 1, 32},
    {64, 64, 112, 3, 2, 1, 64},
    {128, 128, 56, 3, 1, 1, 128},
    {512, 512, 14, 3, 1, 1, 512},
    {128, 128, 56, 3, 1, 1, 32},
};

struct Free {
  void operator()(float *memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<float[], Free>;

Memory allocate(size_t count) {
  const size_t bytes = (count * sizeof(float) + 63) / 64 * 64;
  Memory memory(static_cast<float *>(std::aligned_alloc(64, bytes)));
  for (size_t i = 0; i < count; ++i)
    memory[i] = float(i * 7919 % 1000) / 1000 - 0.5f;
  return memory;
}

ImageView view(float *memory, int channels, bool padded, int width, int height,
               int images, BorderWidths border) {
  ImageView v;
  v.channels = channels;
  v.width = width;
  v.height = height;
  v.images = images;
  v.pixelStride = padded ? paddedChannels(channels) : channels;
  v.rowStride = (border.left + width + border.right) * v.pixelStride;
  v.imageStride = (border.top + height + border.bottom) * v.rowStride;
  v.data = memory + border.top * v.rowStride + border.left * v.pixelStride;
  return v;
}

double peakOf(InstructionSet set) {
  static std::map<InstructionSet, double> peaks;
  return peaks.try_emplace(set, peakFlops(set)).first->second;
}

void run(benchmark::State &state, const Shape &shape, InstructionSet set,
         ConvolutionAlgorithm algorithm) {
  using Clock = std::chrono::steady_clock;
  setInstructionSet(set);
  const ConvolutionShape s = shape.convolution();
  const Convolution convolution(s, algorithm);
  const BorderWidths border = convolution.border();
  const bool padded = shape.channelsIn >= channelBlock;
  ImageView in = view(nullptr, s.channelsIn, padded, s.widthIn, s.heightIn,
                      shape.images, border);
  ImageView out = view(nullptr, s.channelsOut, true, s.widthOut(),
                       s.heightOut(), shape.images, {});
  const Memory input = allocate(size_t(in.imageStride) * in.images);
  const Memory output = allocate(size_t(out.imageStride) * out.images);
  in = view(input.get(), s.channelsIn, padded, s.widthIn, s.heightIn,
            shape.images, border);
  out.data = output.get();
  const size_t weightCount = size_t(s.channelsOut) * s.channelsIn / s.groups *
                             s.kernelWidth * s.kernelHeight;
  const Memory weights = allocate(weightCount);
  const Memory packed = allocate(convolution.packedWeights());
  const Memory scratch = allocate(convolution.scratch(shape.images));
  convolution.pack(weights.get(), packed.get());

  // Other programs share the machine: the best time is the kernel's own.
  double best = 1e9;
  for (auto _ : state) {
    const Clock::time_point start = Clock::now();
    if (convolution.run(in, packed.get(), {}, out, scratch.get()) != 0) {
      state.SkipWithError("the kernel failed");
      break;
    }
    best = std::min(
        best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  const double flops =
      2.0 * weightCount * s.widthOut() * s.heightOut() * shape.images;
  state.counters["GFLOP/s"] = flops / best / 1e9;
  state.counters["%peak"] = 100 * flops / best / peakOf(set);
  state.counters["best_us"] = best * 1e6;
  state.SetLabel(convolution.description());
  setInstructionSet(std::nullopt);
}

} // namespace

int main(int argc, char **argv) {
  for (InstructionSet set :
       {InstructionSet::avx512, InstructionSet::avx2, InstructionSet::baseline})
    for (const Shape &shape : shapes)
      for (auto [name, algorithm] :
           {std::pair("direct", ConvolutionAlgorithm::direct),
            std::pair("winograd", ConvolutionAlgorithm::winograd)})
        if (isSupported(set))
          benchmark::RegisterBenchmark(
              (std::string(nameOf(set)) + "/" + name + "/" + shape.name())
                  .c_str(),
              [=](benchmark::State &state) {
                run(state, shape, set, algorithm);
              })
              ->MinTime(0.1);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
