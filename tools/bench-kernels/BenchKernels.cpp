//===- BenchKernels.cpp - Convolutions against the FMA peak ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// bench-kernels [--benchmark_filter=avx512/.*3x3]: GFLOP/s of every kernel for
// shapes of common networks (the operations that a direct convolution would
// need, over the best time), and the fraction of this core's peak; the same for
// gradients of weights; bytes a second of pooling; and how fast the core reads
// memory. tools/roofline makes a picture of it.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Algorithms.h"
#include "runtime/kernels/Convolution.h"
#include "runtime/kernels/InstructionSet.h"
#include "runtime/kernels/Kernels.h"
#include "runtime/kernels/MeasureConvolution.h"
#include "runtime/kernels/PeakFlops.h"
#include "runtime/kernels/WeightGradient.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

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
    // ragged maps
    {64, 64, 7, 3, 1, 8},
    {128, 128, 7, 3, 1, 8},
    {256, 256, 7, 3, 1, 8},
    {64, 64, 14, 3, 1, 8},
    {128, 128, 14, 3, 1, 8},
    {32, 32, 28, 3, 1, 8},
    {16, 16, 14, 3, 1, 8},
    {64, 64, 6, 3, 1, 8},
    {64, 64, 5, 3, 1, 8},
    {64, 64, 4, 3, 1, 8},
    {256, 256, 4, 3, 1, 8},
    {32, 32, 14, 5, 1, 8},
    {64, 64, 7, 7, 1, 8},
    {64, 64, 7, 1, 1, 8},
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

/// What trains.
constexpr Shape trainedShapes[] = {
    {3, 16, 32, 3, 1, 4},   {16, 16, 32, 3, 1, 4}, {16, 32, 32, 3, 2, 4},
    {32, 32, 16, 3, 1, 4},  {32, 64, 16, 3, 2, 4}, {64, 64, 8, 3, 1, 4},
    {64, 64, 8, 3, 1, 8},   {64, 64, 7, 3, 1, 8},  {128, 128, 16, 3, 1, 4},
    {256, 256, 8, 3, 1, 8}, {64, 10, 1, 1, 1, 8},
};

enum class Pooling { max, average, globalAverage };

/// Square images and windows without pads.
struct PooledShape {
  Pooling kind;
  int channels, size, kernel, stride, images;

  std::string name() const {
    auto text = [](int value) { return std::to_string(value); };
    static constexpr const char *kinds[] = {"max", "average", "global_average"};
    return std::string(kinds[int(kind)]) + "/" + text(channels) + "at" +
           text(size) + "_" + text(kernel) + "x" + text(kernel) + "_stride" +
           text(stride) + "_images" + text(images);
  }
};

constexpr PooledShape pooledShapes[] = {
    {Pooling::max, 64, 32, 2, 2, 8},
    {Pooling::max, 512, 4, 2, 2, 8},
    {Pooling::max, 64, 112, 3, 2, 1},
    {Pooling::max, 256, 28, 3, 1, 1},
    {Pooling::average, 64, 32, 2, 2, 8},
    {Pooling::average, 256, 28, 3, 1, 1},
    {Pooling::globalAverage, 64, 8, 8, 1, 8},
    {Pooling::globalAverage, 2048, 7, 7, 1, 1},
};

double peakOf(InstructionSet set) {
  static std::map<InstructionSet, double> peaks;
  return peaks.try_emplace(set, peakFlops(set)).first->second;
}

/// The best of many times that \p compute takes, in seconds: other programs
/// share the machine, so it is the kernel's own.
template <typename F> double bestTime(benchmark::State &state, F &&compute) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  for (auto _ : state) {
    const Clock::time_point start = Clock::now();
    if (compute() != 0) {
      state.SkipWithError("the kernel failed");
      break;
    }
    best = std::min(
        best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

void run(benchmark::State &state, const Shape &shape, InstructionSet set,
         ConvolutionAlgorithm algorithm) {
  setInstructionSet(set);
  const ConvolutionShape s = shape.convolution();
  const MeasuredConvolution convolution(s, algorithm, shape.images);
  const double best = bestTime(state, [&] { return convolution.run(); });
  const double flops = 2 * s.multiplyAdds() * shape.images;
  state.counters["GFLOP/s"] = flops / best / 1e9;
  state.counters["%peak"] = 100 * flops / best / peakOf(set);
  state.counters["best_us"] = best * 1e6;
  state.counters["FLOP/byte"] = flops / convolution.bytes();
  state.SetLabel(convolution.kernel().description());
  setInstructionSet(std::nullopt);
}

/// Floats from a line of the cache on.
struct Floats {
  explicit Floats(size_t count) : count(count), memory(count + 16) {
    for (size_t i = 0; i < memory.size(); ++i)
      memory[i] = float(i * 7919 % 1000) / 1000 - 0.5f;
  }
  float *data() {
    const size_t beyond = reinterpret_cast<uintptr_t>(memory.data()) / 4 % 16;
    return memory.data() + (16 - beyond) % 16;
  }
  size_t count;
  std::vector<float> memory;
};

/// Images that own their memory.
struct Images {
  Images(int channels, int size, int images, const BorderWidths &border = {})
      : memory(size_t(border.left + size + border.right) *
               (border.top + size + border.bottom) * paddedChannels(channels) *
               images) {
    view.channels = channels;
    view.width = view.height = size;
    view.images = images;
    view.pixelStride = paddedChannels(channels);
    view.rowStride = (border.left + size + border.right) * view.pixelStride;
    view.imageStride = (border.top + size + border.bottom) * view.rowStride;
    view.data = memory.data() + border.top * view.rowStride +
                border.left * view.pixelStride;
  }
  Floats memory;
  ImageView view;
};

void runGradient(benchmark::State &state, const Shape &shape,
                 InstructionSet set, ConvolutionAlgorithm algorithm) {
  setInstructionSet(set);
  const ConvolutionShape s = shape.convolution();
  const WeightGradient gradient(s, algorithm);
  const Images in(s.channelsIn, s.widthIn, shape.images, gradient.border()),
      above(s.channelsOut, s.widthOut(), shape.images,
            gradient.gradientBorder());
  Floats sums(gradient.packedWeights()),
      scratch(gradient.scratch(shape.images));
  const double best = bestTime(state, [&] {
    return gradient.run(in.view, above.view, sums.data(), scratch.data());
  });
  const double flops = 2 * s.multiplyAdds() * shape.images;
  state.counters["GFLOP/s"] = flops / best / 1e9;
  state.counters["%peak"] = 100 * flops / best / peakOf(set);
  state.counters["best_us"] = best * 1e6;
  setInstructionSet(std::nullopt);
}

void runPooling(benchmark::State &state, const PooledShape &shape,
                InstructionSet set) {
  setInstructionSet(set);
  const bool isGlobal = shape.kind == Pooling::globalAverage;
  const int size =
      isGlobal ? 1 : (shape.size - shape.kernel) / shape.stride + 1;
  const Images in(shape.channels, shape.size, shape.images),
      out(shape.channels, size, shape.images);
  PoolingShape window;
  window.kernelWidth = window.kernelHeight = shape.kernel;
  window.strideX = window.strideY = shape.stride;
  const double best = bestTime(state, [&] {
    return isGlobal ? globalAveragePool(in.view, out.view)
           : shape.kind == Pooling::max
               ? maxPool(window, in.view, out.view)
               : averagePool(window, in.view, out.view);
  });
  state.counters["GB/s"] =
      sizeof(float) * double(in.memory.count + out.memory.count) / best / 1e9;
  state.counters["best_us"] = best * 1e6;
  setInstructionSet(std::nullopt);
}

/// Bytes a second that one core reads from \p bytes bytes, again and again.
void readMemory(benchmark::State &state, size_t bytes) {
  using Clock = std::chrono::steady_clock;
  std::vector<uint64_t> memory(bytes / sizeof(uint64_t), 1);
  double best = 1e9;
  for (auto _ : state) {
    const Clock::time_point start = Clock::now();
    uint64_t sums[8] = {};
    for (size_t i = 0; i + 8 <= memory.size(); i += 8)
      for (int lane = 0; lane < 8; ++lane)
        sums[lane] += memory[i + lane];
    benchmark::DoNotOptimize(sums);
    best = std::min(
        best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  state.counters["GB/s"] = bytes / best / 1e9;
}

} // namespace

int main(int argc, char **argv) {
  for (InstructionSet set :
       {InstructionSet::amx, InstructionSet::avx512bf16, InstructionSet::avx512,
        InstructionSet::avx2, InstructionSet::baseline}) {
    if (!isSupported(set))
      continue;
    setInstructionSet(set);
    for (const Shape &shape : shapes)
      for (auto [name, algorithm] :
           {std::pair("direct", ConvolutionAlgorithm::direct),
            {"winograd2", ConvolutionAlgorithm::winograd2},
            {"winograd4", ConvolutionAlgorithm::winograd4},
            {"bfloat16", ConvolutionAlgorithm::bfloat16}}) {
        // Only products of bfloat16 differ beyond AVX-512.
        const bool isOwn = (algorithm == ConvolutionAlgorithm::bfloat16) ==
                           (set > InstructionSet::avx512);
        if (isOwn && applies(algorithm, shape.convolution()))
          benchmark::RegisterBenchmark(
              (std::string(nameOf(set)) + "/" + name + "/" + shape.name())
                  .c_str(),
              [=](benchmark::State &state) {
                run(state, shape, set, algorithm);
              })
              ->MinTime(0.1);
      }
    if (set > InstructionSet::avx512)
      continue;
    for (const Shape &shape : trainedShapes)
      for (auto [name, algorithm] :
           {std::pair("direct", ConvolutionAlgorithm::direct),
            {"winograd4", ConvolutionAlgorithm::automatic}})
        if (algorithm == ConvolutionAlgorithm::direct ||
            WinogradWeightGradient::pays(shape.convolution()))
          benchmark::RegisterBenchmark(
              ("weight_gradient/" + std::string(nameOf(set)) + "/" + name +
               "/" + shape.name())
                  .c_str(),
              [=](benchmark::State &state) {
                runGradient(state, shape, set, algorithm);
              })
              ->MinTime(0.1);
    for (const PooledShape &shape : pooledShapes)
      benchmark::RegisterBenchmark(
          ("pooling/" + std::string(nameOf(set)) + "/" + shape.name()).c_str(),
          [=](benchmark::State &state) { runPooling(state, shape, set); })
          ->MinTime(0.1);
  }
  setInstructionSet(std::nullopt);
  for (auto [name, bytes] : {std::pair("memory/second-level cache", 512 << 10),
                             {"memory/main memory", 256 << 20}})
    benchmark::RegisterBenchmark(name, [bytes](benchmark::State &state) {
      readMemory(state, bytes);
    })->MinTime(0.1);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
