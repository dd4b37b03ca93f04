//===- ConvolutionBenchmarks.cpp - Convolutions and dense layers ----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/MeasureConvolution.h"
#include "tools/bench-kernels/Benchmarks.h"
#include "tools/bench-kernels/Measure.h"
#include "tools/bench-kernels/Shapes.h"

#include <bit>

using namespace cim;
using namespace cim::bench;
using namespace cim::kernels;

namespace {

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
    {512, 10, 1, 1, 1, 64},
    {4096, 4096, 1, 1, 1, 64},
    // depthwise and grouped
    {32, 32, 112, 3, 1, 1, 32},
    {64, 64, 112, 3, 2, 1, 64},
    {128, 128, 56, 3, 1, 1, 128},
    {512, 512, 14, 3, 1, 1, 512},
    {128, 128, 56, 3, 1, 1, 32},
};

/// Where residual additions follow.
constexpr Shape residualShapes[] = {
    {16, 16, 32, 3, 1, 8}, {32, 32, 16, 3, 1, 8},  {64, 64, 8, 3, 1, 8},
    {64, 64, 56, 3, 1, 1}, {64, 256, 56, 1, 1, 1}, {512, 2048, 7, 1, 1, 1},
};

void run(benchmark::State &state, const Shape &shape, InstructionSet set,
         ConvolutionAlgorithm algorithm) {
  const MeasuredConvolution convolution(shape.convolution(), algorithm,
                                        shape.images);
  const double best = bestTime(state, [&] { return convolution.run(); });
  reportFlops(state, set, shape.flops(), best);
  state.counters["FLOP/byte"] = shape.flops() / convolution.bytes();
  state.SetLabel(convolution.kernel().description());
}

/// With all that may follow: batch normalisation, a residual and ReLU.
void runWithEpilogue(benchmark::State &state, const Shape &shape,
                     InstructionSet set, ConvolutionAlgorithm algorithm) {
  const MeasuredConvolution convolution(shape.convolution(), algorithm,
                                        shape.images);
  const ImageView &result = convolution.result();
  const size_t channels = paddedChannels(result.channels);
  const Floats scale(channels), offset(channels);
  // An eighth as a float, and as two bfloat16 numbers.
  const Floats residual(size_t(result.imageStride) * result.images,
                        std::bit_cast<float>(0x3e003e00u));
  Epilogue epilogue;
  epilogue.scale = scale.data();
  epilogue.offset = offset.data();
  epilogue.residual = residual.data();
  epilogue.residualPixelStride = result.pixelStride;
  epilogue.residualRowStride = result.rowStride;
  epilogue.residualImageStride = result.imageStride;
  epilogue.residualIsBfloat16 = result.isBfloat16;
  epilogue.lowest = 0;
  const double best =
      bestTime(state, [&] { return convolution.run(epilogue); });
  reportFlops(state, set, shape.flops(), best);
  state.SetLabel(convolution.kernel().description());
}

} // namespace

void bench::addConvolutions(InstructionSet set) {
  for (const Shape &shape : shapes)
    for (auto [name, algorithm] : algorithmsOf(shape, set))
      add(std::string(nameOf(set)) + "/" + name + "/" + shape.name(), set,
          [=, algorithm = algorithm](benchmark::State &state) {
            run(state, shape, set, algorithm);
          });
  for (const Shape &shape : residualShapes)
    for (auto [name, algorithm] : algorithmsOf(shape, set))
      add(prefix("epilogue", set) + name + "/" + shape.name(), set,
          [=, algorithm = algorithm](benchmark::State &state) {
            runWithEpilogue(state, shape, set, algorithm);
          });
}
