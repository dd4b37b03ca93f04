//===- DepthwiseConvolution.cpp - One filter per channel ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As in Convolution.cpp, the input's view has one dimension for each of a
// window's and each of the result's, so kernel, stride and dilation are
// strides.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Tiles.h"
#include "runtime/kernels/generators/Common.h"

using namespace Halide;
using namespace cim::kernels;

namespace {

class DepthwiseGenerator : public Generator<DepthwiseGenerator> {
public:
  /// Whether one load of an input feeds three taps.
  GeneratorParam<bool> sharesInputs{"sharesInputs", false};

  /// (lane, block, x, dx, y, dy, image); with shared inputs (lane, block, x +
  /// dx, 1, y, dy, image)
  Input<Buffer<float, 7>> input{"input"};
  /// (lane, dx, dy, block)
  Input<Buffer<float, 4>> weights{"weights"};
  /// (lane, block)
  Input<Buffer<float, 2>> scale{"scale"};
  Input<Buffer<float, 2>> offset{"offset"};
  /// (lane, block, x, y, image)
  Input<Buffer<float, 5>> residual{"residual"};
  Input<float> slope{"slope"}, lowest{"lowest"}, highest{"highest"};
  Input<int> tileWidth{"tileWidth"};
  Output<Buffer<float, 5>> output{"output"};

  void generate() {
    const Expr columns = sharesInputs ? Expr(3) : input.dim(3).extent();
    window = RDom(0, columns, 0, input.dim(5).extent(), "window");
    const Expr pixel =
        sharesInputs ? input(lane, block, x + window.x, 0, y, window.y, image)
                     : input(lane, block, x, window.x, y, window.y, image);
    sum(lane, block, x, y, image) = 0.0f;
    sum(lane, block, x, y, image) +=
        weights(lane, window.x, window.y, block) * pixel;
    output(lane, block, x, y, image) = applyEpilogue(
        sum(lane, block, x, y, image), scale(lane, block), offset(lane, block),
        residual(lane, block, x, y, image), slope, lowest, highest);
  }

  void schedule() {
    holdsChannelBlocks(input);
    holdsChannelBlocks(weights);
    holdsLanes(scale);
    holdsLanes(offset);
    holdsLanes(residual);
    holdsChannelBlocks(output);

    // Channels are the innermost loop around a tile: a pixel's channels are
    // neighbours in memory, and the few weights stay in the cache.
    auto tile = [&](auto &&stage, int width) {
      stage.split(x, xo, xi, width)
          .reorder(lane, xi, block, xo, y, image)
          .vectorize(lane)
          .unroll(xi);
    };
    Func out = output;
    for (int width : depthwiseTilesOf(instructionSetOf(get_target())))
      if (width != 1)
        tile(out.specialize(tileWidth == width), width);
    tile(out, 1);
    sum.compute_at(out, block).store_in(MemoryType::Stack);
    sum.bound_extent(lane, channelBlock);
    sum.vectorize(lane).unroll(x);
    sum.update()
        .reorder(lane, x, block, y, image, window.x, window.y)
        .vectorize(lane)
        .unroll(x);
    if (sharesInputs)
      sum.update().unroll(window.x);
  }

private:
  Var lane{"lane"}, block{"block"}, x{"x"}, y{"y"}, image{"image"};
  Var xo{"xo"}, xi{"xi"};
  RDom window;
  Func sum{"sum"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(DepthwiseGenerator, cim_depthwise)
