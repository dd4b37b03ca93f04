//===- PoolingBenchmarks.cpp - Pooling, forward and backward --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Gradients.h"
#include "runtime/kernels/Kernels.h"
#include "tools/bench-kernels/Benchmarks.h"
#include "tools/bench-kernels/Measure.h"

using namespace cim;
using namespace cim::bench;
using namespace cim::kernels;

namespace {

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
  PoolingShape window() const {
    PoolingShape window;
    window.kernelWidth = window.kernelHeight = kernel;
    window.strideX = window.strideY = stride;
    return window;
  }
  /// Of the result.
  int pooledSize() const {
    return kind == Pooling::globalAverage ? 1 : (size - kernel) / stride + 1;
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

void runForward(benchmark::State &state, const PooledShape &shape) {
  const Images in(shape.channels, shape.size, shape.images),
      out(shape.channels, shape.pooledSize(), shape.images);
  const PoolingShape window = shape.window();
  const double best = bestTime(state, [&] {
    switch (shape.kind) {
    case Pooling::max:
      return maxPool(window, in.view, out.view);
    case Pooling::average:
      return averagePool(window, in.view, out.view);
    case Pooling::globalAverage:
      break;
    }
    return globalAveragePool(in.view, out.view);
  });
  reportBytes(state, in.bytes() + out.bytes(), best);
}

/// Which pixel of each window is the largest.
void runTaps(benchmark::State &state, const PooledShape &shape) {
  const Images in(shape.channels, shape.size, shape.images),
      taps(shape.channels, shape.pooledSize(), shape.images);
  const double best = bestTime(
      state, [&] { return largestTaps(shape.window(), in.view, taps.view); });
  reportBytes(state, in.bytes() + taps.bytes(), best);
}

void runBackward(benchmark::State &state, const PooledShape &shape) {
  const Images below(shape.channels, shape.size, shape.images),
      above(shape.channels, shape.pooledSize(), shape.images),
      taps(shape.channels, shape.pooledSize(), shape.images);
  const PoolingShape window = shape.window();
  const bool isMax = shape.kind == Pooling::max;
  if (isMax && largestTaps(window, below.view, taps.view) != 0)
    return state.SkipWithError("no largest taps");
  const double best = bestTime(state, [&] {
    switch (shape.kind) {
    case Pooling::max:
      return maxPoolGradient(window, above.view, taps.view, below.view);
    case Pooling::average:
      return averagePoolGradient(window, above.view, below.view);
    case Pooling::globalAverage:
      break;
    }
    return globalAveragePoolGradient(above.view, below.view);
  });
  reportBytes(state, above.bytes() + (isMax ? taps.bytes() : 0) + below.bytes(),
              best);
}

} // namespace

void bench::addPooling(InstructionSet set) {
  for (const PooledShape &shape : pooledShapes) {
    add(prefix("pooling", set) + shape.name(), set,
        [=](benchmark::State &state) { runForward(state, shape); });
    if (shape.kind == Pooling::max)
      add(prefix("largest_taps", set) + shape.name(), set,
          [=](benchmark::State &state) { runTaps(state, shape); });
    add(prefix("pooling_gradient", set) + shape.name(), set,
        [=](benchmark::State &state) { runBackward(state, shape); });
  }
}
