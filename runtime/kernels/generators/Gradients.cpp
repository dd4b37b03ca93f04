//===- Gradients.cpp - Backward through elementwise steps -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/generators/Common.h"

using namespace Halide;
using namespace cim::kernels;

namespace {

/// The gradient before an activation, from that after it and its result.
class ActivationGradientGenerator
    : public Generator<ActivationGradientGenerator> {
public:
  /// (lane, block, x, y, image)
  Input<Buffer<float, 5>> gradient{"gradient"};
  Input<Buffer<float, 5>> result{"result"};
  Input<float> slope{"slope"}, lowest{"lowest"}, highest{"highest"};
  Output<Buffer<float, 5>> output{"output"};

  void generate() {
    Expr y = result(lane, block, x, y_, image);
    Expr g = gradient(lane, block, x, y_, image);
    output(lane, block, x, y_, image) =
        select(y > lowest && y < highest, select(y < 0.0f, slope * g, g), 0.0f);
  }

  void schedule() {
    holdsChannelBlocks(gradient);
    holdsChannelBlocks(result);
    holdsChannelBlocks(output);
    Func(output).vectorize(lane);
  }

private:
  Var lane{"lane"}, block{"block"}, x{"x"}, y_{"y"}, image{"image"};
};

/// Sums over all pixels: of a - centerA, and of (a - centerA)(b - centerB).
class ChannelSumsGenerator : public Generator<ChannelSumsGenerator> {
public:
  /// (lane, block, x, y, image)
  Input<Buffer<float, 5>> a{"a"};
  Input<Buffer<float, 5>> b{"b"};
  /// (lane, block)
  Input<Buffer<float, 2>> centerA{"centerA"};
  Input<Buffer<float, 2>> centerB{"centerB"};
  /// (lane, block, which)
  Output<Buffer<float, 3>> output{"output"};

  void generate() {
    pixel = RDom(0, a.dim(2).extent(), 0, a.dim(3).extent(), 0,
                 a.dim(4).extent(), "pixel");
    Expr left =
        a(lane, block, pixel.x, pixel.y, pixel.z) - centerA(lane, block);
    Expr right =
        b(lane, block, pixel.x, pixel.y, pixel.z) - centerB(lane, block);
    sums(lane, block) = Tuple(0.0f, 0.0f);
    sums(lane, block) =
        Tuple(sums(lane, block)[0] + left, sums(lane, block)[1] + left * right);
    output(lane, block, which) =
        mux(which, {sums(lane, block)[0], sums(lane, block)[1]});
  }

  void schedule() {
    holdsChannelBlocks(a);
    holdsChannelBlocks(b);
    holdsLanes(centerA);
    holdsLanes(centerB);
    holdsChannelBlocks(output);
    Func out = output;
    out.bound(which, 0, 2);
    // Several blocks at a time hide the additions' latency.
    auto tile = [&](auto &&stage, int blocks) {
      stage.split(block, bo, bi, blocks)
          .reorder(lane, which, bi, bo)
          .vectorize(lane)
          .unroll(which)
          .unroll(bi);
    };
    for (int blocks : {4, 2})
      tile(out.specialize(output.dim(1).extent() % blocks == 0), blocks);
    tile(out, 1);
    sums.compute_at(out, bo).store_in(MemoryType::Stack);
    sums.bound_extent(lane, channelBlock).vectorize(lane).unroll(block);
    sums.update()
        .reorder(lane, block, pixel.x, pixel.y, pixel.z)
        .vectorize(lane)
        .unroll(block);
  }

private:
  Var lane{"lane"}, block{"block"}, which{"which"};
  Var bo{"bo"}, bi{"bi"};
  RDom pixel;
  Func sums{"sums"};
};

/// factor[c] * (gradient - shift[c] - (x - mean[c]) * slope[c])
class NormalizationGradientGenerator
    : public Generator<NormalizationGradientGenerator> {
public:
  /// (lane, block, x, y, image)
  Input<Buffer<float, 5>> gradient{"gradient"};
  Input<Buffer<float, 5>> input{"input"};
  /// (lane, block)
  Input<Buffer<float, 2>> factor{"factor"};
  Input<Buffer<float, 2>> shift{"shift"};
  Input<Buffer<float, 2>> mean{"mean"};
  Input<Buffer<float, 2>> slope{"slope"};
  Output<Buffer<float, 5>> output{"output"};

  void generate() {
    output(lane, block, x, y, image) =
        factor(lane, block) *
        (gradient(lane, block, x, y, image) - shift(lane, block) -
         (input(lane, block, x, y, image) - mean(lane, block)) *
             slope(lane, block));
  }

  void schedule() {
    holdsChannelBlocks(gradient);
    holdsChannelBlocks(input);
    holdsLanes(factor);
    holdsLanes(shift);
    holdsLanes(mean);
    holdsLanes(slope);
    holdsChannelBlocks(output);
    Func(output).vectorize(lane);
  }

private:
  Var lane{"lane"}, block{"block"}, x{"x"}, y{"y"}, image{"image"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(ActivationGradientGenerator, cim_activation_gradient)
HALIDE_REGISTER_GENERATOR(ChannelSumsGenerator, cim_channel_sums)
HALIDE_REGISTER_GENERATOR(NormalizationGradientGenerator,
                          cim_normalization_gradient)
