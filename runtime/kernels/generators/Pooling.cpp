//===- Pooling.cpp - Largest and average of windows ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/kernels/generators/Common.h"

using namespace Halide;
using namespace cim::kernels;

namespace {

class PoolingGenerator : public Generator<PoolingGenerator> {
public:
  enum class Kind { max, average };
  GeneratorParam<Kind> kind{
      "kind", Kind::max, {{"max", Kind::max}, {"average", Kind::average}}};

  /// (lane, block, x, y, image)
  Input<Buffer<float, 5>> input{"input"};
  Input<int> kernelX{"kernelX"}, kernelY{"kernelY"};
  Input<int> strideX{"strideX"}, strideY{"strideY"};
  Input<int> dilationX{"dilationX"}, dilationY{"dilationY"};
  Input<int> padLeft{"padLeft"}, padTop{"padTop"};
  /// What averages count: the extent of the image, and by how much it begins
  /// before pixel (0, 0).
  Input<int> countedWidth{"countedWidth"}, countedHeight{"countedHeight"};
  Input<int> countedLeft{"countedLeft"}, countedTop{"countedTop"};
  Output<Buffer<float, 5>> output{"output"};

  void generate() {
    const bool average = kind == Kind::average;
    Expr width = input.dim(2).extent(), height = input.dim(3).extent();
    Expr fromX = x * strideX - padLeft, fromY = y * strideY - padTop;
    Taps insideX = tapsIn(fromX, kernelX, dilationX, 0, width);
    Taps insideY = tapsIn(fromY, kernelY, dilationY, 0, height);
    // No window has more taps inside than the image has pixels.
    window = RDom(0, min(kernelX, (width - 1) / dilationX + 1), 0,
                  min(kernelY, (height - 1) / dilationY + 1), "window");
    window.where(window.x < insideX.count && window.y < insideY.count);
    Expr tapX = fromX + (insideX.first + window.x) * dilationX;
    Expr tapY = fromY + (insideY.first + window.y) * dilationY;
    // The predicate does not tell bounds inference that taps lie inside.
    Expr tap = input(lane, block, unsafe_promise_clamped(tapX, 0, width - 1),
                     unsafe_promise_clamped(tapY, 0, height - 1), image);

    best(lane, block, x, y, image) = average ? Expr(0.0f) : Float(32).min();
    Expr sofar = best(lane, block, x, y, image);
    best(lane, block, x, y, image) = average ? sofar + tap : max(sofar, tap);

    Expr taps =
        tapsIn(fromX, kernelX, dilationX, -countedLeft, countedWidth).count *
        tapsIn(fromY, kernelY, dilationY, -countedTop, countedHeight).count;
    output(lane, block, x, y, image) =
        average ? best(lane, block, x, y, image) / cast<float>(max(taps, 1))
                : best(lane, block, x, y, image);
  }

  void schedule() {
    holdsChannelBlocks(input);
    holdsChannelBlocks(output);

    // Several blocks share the decision which taps lie inside.
    auto tile = [&](auto &&stage, int blocks) {
      stage.split(block, bo, bi, blocks)
          .reorder(lane, bi, bo, x, y, image)
          .vectorize(lane)
          .unroll(bi);
    };
    Func out = output;
    for (int blocks : {4, 2})
      tile(out.specialize(output.dim(1).extent() >= blocks), blocks);
    tile(out, 1);
    best.compute_at(out, bo).store_in(MemoryType::Stack);
    best.bound_extent(lane, channelBlock);
    best.vectorize(lane).unroll(block);
    best.update()
        .reorder(lane, block, x, y, image, window.x, window.y)
        .vectorize(lane)
        .unroll(block);
  }

private:
  struct Taps {
    Expr first, count;
  };

  /// Which of the taps from, from + dilation, ... lie inside
  /// [begin, begin + extent).
  static Taps tapsIn(Expr from, Expr taps, Expr dilation, Expr begin,
                     Expr extent) {
    Expr first = max((begin - from + dilation - 1) / dilation, 0);
    Expr last = min((begin + extent - 1 - from) / dilation, taps - 1);
    return {first, max(last - first + 1, 0)};
  }

  Var lane{"lane"}, block{"block"}, x{"x"}, y{"y"}, image{"image"};
  Var bo{"bo"}, bi{"bi"};
  RDom window;
  Func best{"best"};
};

class GlobalAverageGenerator : public Generator<GlobalAverageGenerator> {
public:
  /// (lane, block, x, y, image)
  Input<Buffer<float, 5>> input{"input"};
  /// (lane, block, image)
  Output<Buffer<float, 3>> output{"output"};

  void generate() {
    pixels = RDom(0, input.dim(2).extent(), 0, input.dim(3).extent(), "pixels");
    sum(lane, block, image) = 0.0f;
    sum(lane, block, image) += input(lane, block, pixels.x, pixels.y, image);
    output(lane, block, image) =
        sum(lane, block, image) /
        cast<float>(input.dim(2).extent() * input.dim(3).extent());
  }

  void schedule() {
    holdsChannelBlocks(input);
    holdsChannelBlocks(output);
    auto tile = [&](auto &&stage, int blocks) {
      stage.split(block, bo, bi, blocks)
          .reorder(lane, bi, bo, image)
          .vectorize(lane)
          .unroll(bi);
    };
    Func out = output;
    for (int blocks : {4, 2})
      tile(out.specialize(output.dim(1).extent() >= blocks), blocks);
    tile(out, 1);
    sum.compute_at(out, bo).store_in(MemoryType::Stack);
    sum.bound_extent(lane, channelBlock);
    sum.vectorize(lane).unroll(block);
    sum.update()
        .reorder(lane, block, image, pixels.x, pixels.y)
        .vectorize(lane)
        .unroll(block);
  }

private:
  Var lane{"lane"}, block{"block"}, image{"image"}, bo{"bo"}, bi{"bi"};
  RDom pixels;
  Func sum{"sum"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(PoolingGenerator, cim_pooling)
HALIDE_REGISTER_GENERATOR(GlobalAverageGenerator, cim_global_average)
