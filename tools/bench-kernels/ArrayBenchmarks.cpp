//===- ArrayBenchmarks.cpp - Convolutions in tiles, each read by ADCs -----===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Kernels.h"
#include "runtime/kernels/TiledConvolution.h"
#include "tools/bench-kernels/AdcConstants.h"
#include "tools/bench-kernels/Benchmarks.h"
#include "tools/bench-kernels/Measure.h"
#include "tools/bench-kernels/Shapes.h"

using namespace cim;
using namespace cim::bench;
using namespace cim::kernels;

namespace {

/// As many images as the executor lets through together (chunkFloats).
constexpr Shape shapes[] = {
    {3, 16, 32, 3, 1, 2},  {16, 16, 32, 3, 1, 2},  {16, 32, 32, 3, 2, 3},
    {32, 32, 16, 3, 1, 4}, {64, 64, 8, 3, 1, 8},   {512, 512, 4, 3, 1, 4},
    {64, 64, 56, 3, 1, 1}, {64, 256, 56, 1, 1, 1},
};

/// Operations are those of a convolution without tiles.
void run(benchmark::State &state, const Shape &shape, InstructionSet set,
         int arrayRows, bool strict) {
  const ConvolutionShape s = shape.convolution();
  const TiledConvolution tiled(s, arrayRows, strict);
  const Images in(s.channelsIn, s.widthIn, shape.images, tiled.border()),
      sums(s.channelsOut, s.widthOut(), shape.images),
      total(s.channelsOut, s.widthOut(), shape.images),
      out(s.channelsOut, s.widthOut(), shape.images);
  const Floats weights(shape.weights()), packed(tiled.packedWeights()),
      scratch(tiled.scratch(shape.images)),
      offset(paddedChannels(s.channelsOut));
  tiled.pack(weights.data(), packed.data(), 0, s.channelsOut);
  const AdcConstants adc(s.channelsOut);
  Epilogue epilogue;
  epilogue.offset = offset.data();
  epilogue.lowest = 0;
  const double best = bestTime(state, [&] {
    for (int tile = 0; tile < tiled.tiles(); ++tile) {
      if (int status = tiled.run(tile, in.view, packed.data(), sums.view,
                                 scratch.data()))
        return status;
      convert(sums.view.data, sums.pixels(), s.channelsOut,
              adc.view(/*isBent=*/false), 1, tile == 0, total.view.data);
    }
    return scaleOffset(total.view, epilogue, out.view);
  });
  reportFlops(state, set, shape.flops(), best);
  state.SetLabel("tiles: " + std::to_string(tiled.tiles()));
}

} // namespace

void bench::addArrays(InstructionSet set) {
  for (const Shape &shape : shapes)
    for (int rows : {128, 256})
      for (bool strict : {false, true})
        add(prefix("arrays", set) + std::to_string(rows) + "rows" +
                (strict ? "_direct/" : "/") + shape.name(),
            set, [=](benchmark::State &state) {
              run(state, shape, set, rows, strict);
            });
}
