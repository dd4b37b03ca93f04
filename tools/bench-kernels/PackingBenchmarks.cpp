//===- PackingBenchmarks.cpp - Weights into kernels' layouts --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What writing a chip costs beyond its random numbers, Winograd's transform of
// the weights included, and what training does after every step.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/DataGradient.h"
#include "runtime/kernels/TiledConvolution.h"
#include "tools/bench-kernels/Benchmarks.h"
#include "tools/bench-kernels/Measure.h"
#include "tools/bench-kernels/Shapes.h"

using namespace cim;
using namespace cim::bench;
using namespace cim::kernels;

namespace {

constexpr Shape shapes[] = {
    {16, 16, 32, 3, 1, 8},  {32, 64, 16, 3, 2, 8},    {64, 64, 8, 3, 1, 8},
    {512, 512, 4, 3, 1, 8}, {1024, 256, 14, 1, 1, 8}, {4096, 4096, 1, 1, 1, 8},
};
constexpr int arrayRows = 128;

/// Packs the weights of \p shape with \p pack(weights, packed), \p packedCount
/// floats.
template <typename Pack>
void measure(benchmark::State &state, const Shape &shape, size_t packedCount,
             const Pack &pack) {
  const Floats weights(shape.weights()), packed(packedCount);
  const double best = bestTime(state, [&] {
    pack(weights.data(), packed.data());
    return 0;
  });
  reportMillions(state, "Mweights/s", weights.size(), best);
  reportBytes(state, weights.bytes() + packed.bytes(), best);
}

void runForward(benchmark::State &state, const Shape &shape,
                ConvolutionAlgorithm algorithm) {
  const Convolution convolution(shape.convolution(), algorithm);
  measure(state, shape, convolution.packedWeights(),
          [&](const float *weights, float *packed) {
            convolution.pack(weights, packed);
          });
  state.SetLabel(convolution.description());
}

void runTiled(benchmark::State &state, const Shape &shape) {
  const TiledConvolution convolution(shape.convolution(), arrayRows,
                                     /*strict=*/false);
  measure(state, shape, convolution.packedWeights(),
          [&](const float *weights, float *packed) {
            convolution.pack(weights, packed, 0, shape.channelsOut);
          });
}

void runBackward(benchmark::State &state, const Shape &shape) {
  const DataGradient gradient(shape.convolution());
  measure(state, shape, gradient.packedWeights(),
          [&](const float *weights, float *packed) {
            gradient.pack(weights, nullptr, packed);
          });
}

} // namespace

void bench::addPacking(InstructionSet set) {
  for (const Shape &shape : shapes) {
    for (auto [name, algorithm] : algorithmsOf(shape, set))
      add(prefix("packing", set) + name + "/" + shape.name(), set,
          [=, algorithm = algorithm](benchmark::State &state) {
            runForward(state, shape, algorithm);
          });
    if (set > InstructionSet::avx512)
      continue;
    add(prefix("packing", set) + "arrays/" + shape.name(), set,
        [=](benchmark::State &state) { runTiled(state, shape); });
    add(prefix("packing", set) + "data_gradient/" + shape.name(), set,
        [=](benchmark::State &state) { runBackward(state, shape); });
  }
}
