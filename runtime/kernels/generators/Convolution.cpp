//===- Convolution.cpp - Direct convolution ---------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every dense convolution, whatever its kernel, stride and dilation: these are
// strides of the input's view, which has one dimension for each of a window's
// and each of the result's (so its elements overlap). What is left is a sum of
// products over (dy, dx, c) in that order, for every result, so that a result
// depends on nothing but its window.
//
// A register tile of results is accumulated at a time. Which tile is fastest
// depends on the result's width and channels; the caller says which.
//
// With one block of channels a tile has fewer weights to load than inputs, and
// loading limits it. A variant for kernels three wide, without stride, loads an
// input once for the three taps that it meets.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Tiles.h"
#include "runtime/kernels/generators/Common.h"

using namespace Halide;
using namespace cim::kernels;

namespace {

class ConvolutionGenerator : public Generator<ConvolutionGenerator> {
public:
  /// Whether one load of an input feeds three taps.
  GeneratorParam<bool> sharesInputs{"sharesInputs", false};

  /// (c, x, dx, y, dy, image); with shared inputs (c, x + dx, 1, y, dy, image)
  Input<Buffer<float, 6>> input{"input"};
  /// (lane, c, dx, dy, block)
  Input<Buffer<float, 5>> weights{"weights"};
  /// (lane, block)
  Input<Buffer<float, 2>> scale{"scale"};
  Input<Buffer<float, 2>> offset{"offset"};
  /// (lane, block, x, y, image)
  Input<Buffer<float, 5>> residual{"residual"};
  Input<float> slope{"slope"}, lowest{"lowest"}, highest{"highest"};
  Input<int> tileWidth{"tileWidth"}, tileHeight{"tileHeight"},
      tileBlocks{"tileBlocks"};
  Output<Buffer<float, 5>> output{"output"};

  void generate() {
    const Expr columns = sharesInputs ? Expr(3) : input.dim(2).extent();
    window = RDom(0, input.dim(0).extent(), 0, columns, 0,
                  input.dim(4).extent(), "window");
    const Expr pixel =
        sharesInputs ? input(window.x, x + window.y, 0, y, window.z, image)
                     : input(window.x, x, window.y, y, window.z, image);
    sum(lane, block, x, y, image) = 0.0f;
    sum(lane, block, x, y, image) +=
        weights(lane, window.x, window.y, window.z, block) * pixel;
    output(lane, block, x, y, image) = applyEpilogue(
        sum(lane, block, x, y, image), scale(lane, block), offset(lane, block),
        residual(lane, block, x, y, image), slope, lowest, highest);
  }

  void schedule() {
    input.dim(0).set_min(0).set_stride(1);
    for (int d : {1, 2, 3, 4, 5})
      input.dim(d).set_min(0);
    holdsChannelBlocks(weights);
    holdsLanes(scale);
    holdsLanes(offset);
    holdsLanes(residual);
    holdsChannelBlocks(output);

    Func out = output;
    const InstructionSet set = instructionSetOf(get_target());
    for (const Tile &tile : sharesInputs ? sharingTilesOf(set) : tilesOf(set))
      if (tile != smallestTile)
        scheduleTile(out.specialize(tileWidth == tile.width &&
                                    tileHeight == tile.height &&
                                    tileBlocks == tile.blocks),
                     tile);
    scheduleTile(out, smallestTile);

    sum.compute_at(out, xo).store_in(MemoryType::Stack);
    sum.bound_extent(lane, channelBlock).bound_extent(image, 1);
    sum.vectorize(lane).unroll(block).unroll(x).unroll(y);
    sum.update()
        .reorder(lane, block, x, y, window.x, window.y, window.z)
        .vectorize(lane)
        .unroll(block)
        .unroll(x)
        .unroll(y);
    if (sharesInputs)
      sum.update()
          .reorder(lane, block, x, y, window.y, window.x, window.z)
          .unroll(window.y);
  }

private:
  /// The innermost loops are one tile; channels are outermost, so that a block
  /// of weights stays in the cache for all pixels.
  template <typename Stage> void scheduleTile(Stage &&stage, Tile tile) {
    stage.split(x, xo, xi, tile.width)
        .split(y, yo, yi, tile.height)
        .split(block, bo, bi, tile.blocks)
        .reorder(lane, bi, xi, yi, xo, yo, image, bo)
        .vectorize(lane)
        .unroll(bi)
        .unroll(xi)
        .unroll(yi);
  }

  Var lane{"lane"}, block{"block"}, x{"x"}, y{"y"}, image{"image"};
  Var xo{"xo"}, xi{"xi"}, yo{"yo"}, yi{"yi"}, bo{"bo"}, bi{"bi"};
  RDom window;
  Func sum{"sum"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(ConvolutionGenerator, cim_convolution)
