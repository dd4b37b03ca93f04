//===- GradientBenchmarks.cpp - Backward through convolutions -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Algorithms.h"
#include "runtime/kernels/DataGradient.h"
#include "runtime/kernels/WeightGradient.h"
#include "tools/bench-kernels/Benchmarks.h"
#include "tools/bench-kernels/Measure.h"
#include "tools/bench-kernels/Shapes.h"

using namespace cim;
using namespace cim::bench;
using namespace cim::kernels;

namespace {

/// What trains.
constexpr Shape trainedShapes[] = {
    {3, 16, 32, 3, 1, 4},   {16, 16, 32, 3, 1, 4}, {16, 32, 32, 3, 2, 4},
    {32, 32, 16, 3, 1, 4},  {32, 64, 16, 3, 2, 4}, {64, 64, 8, 3, 1, 4},
    {64, 64, 8, 3, 1, 8},   {64, 64, 7, 3, 1, 8},  {128, 128, 16, 3, 1, 4},
    {256, 256, 8, 3, 1, 8}, {64, 10, 1, 1, 1, 8},
};

void runWeights(benchmark::State &state, const Shape &shape, InstructionSet set,
                ConvolutionAlgorithm algorithm) {
  const ConvolutionShape s = shape.convolution();
  const WeightGradient gradient(s, algorithm);
  const Images in(s.channelsIn, s.widthIn, shape.images, gradient.border()),
      above(s.channelsOut, s.widthOut(), shape.images,
            gradient.gradientBorder());
  const Floats sums(gradient.packedWeights()),
      scratch(gradient.scratch(shape.images));
  const double best = bestTime(state, [&] {
    return gradient.run(in.view, above.view, sums.data(), scratch.data());
  });
  reportFlops(state, set, shape.flops(), best);
}

/// Operations are those of the forward convolution.
void runData(benchmark::State &state, const Shape &shape, InstructionSet set,
             ConvolutionAlgorithm algorithm) {
  const ConvolutionShape s = shape.convolution();
  const DataGradient gradient(s, algorithm);
  const Images above(s.channelsOut, s.widthOut(), shape.images,
                     gradient.border()),
      below(s.channelsIn, s.widthIn, shape.images);
  const Floats weights(shape.weights()), packed(gradient.packedWeights()),
      scratch(gradient.scratch(shape.images));
  gradient.pack(weights.data(), nullptr, packed.data());
  const double best = bestTime(state, [&] {
    return gradient.run(above.view, packed.data(), {}, below.view,
                        scratch.data());
  });
  reportFlops(state, set, shape.flops(), best);
}

} // namespace

void bench::addGradients(InstructionSet set) {
  for (const Shape &shape : trainedShapes)
    for (auto [name, algorithm] :
         {NamedAlgorithm("direct", ConvolutionAlgorithm::direct),
          NamedAlgorithm("winograd4", ConvolutionAlgorithm::automatic)})
      if (algorithm == ConvolutionAlgorithm::direct ||
          WinogradWeightGradient::pays(shape.convolution()))
        add(prefix("weight_gradient", set) + name + "/" + shape.name(), set,
            [=, algorithm = algorithm](benchmark::State &state) {
              runWeights(state, shape, set, algorithm);
            });
  for (const Shape &shape : trainedShapes) {
    if (shape.channelsIn < channelBlock)
      continue; // a first layer, whose input needs no gradient
    for (auto [name, algorithm] :
         {NamedAlgorithm("direct", ConvolutionAlgorithm::direct),
          NamedAlgorithm("winograd4", ConvolutionAlgorithm::winograd4)})
      // The gradient of a convolution without stride has its shape.
      if (applies(algorithm, shape.convolution()))
        add(prefix("data_gradient", set) + name + "/" + shape.name(), set,
            [=, algorithm = algorithm](benchmark::State &state) {
              runData(state, shape, set, algorithm);
            });
  }
}
