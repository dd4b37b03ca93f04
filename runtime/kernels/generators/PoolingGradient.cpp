//===- PoolingGradient.cpp - Backward through pooling -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every pixel collects from the windows that it lies in. Of a maximum's
// gradient it takes what belongs to windows whose first largest pixel it is;
// LargestTap says which that is.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/generators/Common.h"

using namespace Halide;
using namespace cim::kernels;

namespace {

/// Which tap of each window is the largest: its number, rows first; of equal
/// ones the first.
class LargestTapGenerator : public Generator<LargestTapGenerator> {
public:
  /// (lane, block, x, y, image)
  Input<Buffer<float, 5>> input{"input"};
  Input<int> kernelX{"kernelX"}, kernelY{"kernelY"};
  Input<int> strideX{"strideX"}, strideY{"strideY"};
  Input<int> dilationX{"dilationX"}, dilationY{"dilationY"};
  Input<int> padLeft{"padLeft"}, padTop{"padTop"};
  Output<Buffer<float, 5>> output{"output"};

  void generate() {
    Expr width = input.dim(2).extent(), height = input.dim(3).extent();
    window = RDom(0, kernelX, 0, kernelY, "window");
    Expr tapX = x * strideX - padLeft + window.x * dilationX;
    Expr tapY = y * strideY - padTop + window.y * dilationY;
    window.where(tapX >= 0 && tapX < width && tapY >= 0 && tapY < height);
    Expr tap = input(lane, block, unsafe_promise_clamped(tapX, 0, width - 1),
                     unsafe_promise_clamped(tapY, 0, height - 1), image);
    best(lane, block, x, y, image) = Tuple(Float(32).min(), -1.0f);
    Expr largest = best(lane, block, x, y, image)[0],
         number = best(lane, block, x, y, image)[1];
    Expr better = tap > largest || number < 0.0f;
    best(lane, block, x, y, image) = Tuple(
        select(better, tap, largest),
        select(better, cast<float>(window.y * kernelX + window.x), number));
    output(lane, block, x, y, image) = best(lane, block, x, y, image)[1];
  }

  void schedule() {
    holdsChannelBlocks(input);
    holdsChannelBlocks(output);
    Func out = output;
    out.reorder(lane, block, x, y, image).vectorize(lane);
    best.compute_at(out, block).store_in(MemoryType::Stack);
    best.bound_extent(lane, channelBlock).vectorize(lane);
    best.update()
        .reorder(lane, block, x, y, image, window.x, window.y)
        .vectorize(lane);
  }

private:
  Var lane{"lane"}, block{"block"}, x{"x"}, y{"y"}, image{"image"};
  RDom window;
  Func best{"best"};
};

class PoolingGradientGenerator : public Generator<PoolingGradientGenerator> {
public:
  enum class Kind { max, average };
  GeneratorParam<Kind> kind{
      "kind", Kind::max, {{"max", Kind::max}, {"average", Kind::average}}};

  /// Of the pooling's results: (lane, block, x, y, image)
  Input<Buffer<float, 5>> gradient{"gradient"};
  /// From LargestTap; averages do not look at it.
  Input<Buffer<float, 5>> largest{"largest"};
  Input<int> kernelX{"kernelX"}, kernelY{"kernelY"};
  Input<int> strideX{"strideX"}, strideY{"strideY"};
  Input<int> dilationX{"dilationX"}, dilationY{"dilationY"};
  Input<int> padLeft{"padLeft"}, padTop{"padTop"};
  /// What averages count, as in Pooling.cpp.
  Input<int> countedWidth{"countedWidth"}, countedHeight{"countedHeight"};
  Input<int> countedLeft{"countedLeft"}, countedTop{"countedTop"};
  Output<Buffer<float, 5>> output{"output"};

  void generate() {
    // The taps that this pixel can be: of them, those that a window has.
    taps = RDom(0, kernelX, 0, kernelY, "taps");
    Expr fromX = x + padLeft - taps.x * dilationX,
         fromY = y + padTop - taps.y * dilationY;
    Expr windowX = fromX / strideX, windowY = fromY / strideY;
    Expr width = gradient.dim(2).extent(), height = gradient.dim(3).extent();
    taps.where(fromX >= 0 && fromX % strideX == 0 && windowX < width &&
               fromY >= 0 && fromY % strideY == 0 && windowY < height);
    windowX = unsafe_promise_clamped(windowX, 0, width - 1);
    windowY = unsafe_promise_clamped(windowY, 0, height - 1);
    Expr g = gradient(lane, block, windowX, windowY, image);
    Expr share;
    if (kind == Kind::max) {
      Expr number = cast<float>(taps.y * kernelX + taps.x);
      share = select(largest(lane, block, windowX, windowY, image) == number, g,
                     0.0f);
    } else {
      Expr counted = countIn(windowX * strideX - padLeft, kernelX, dilationX,
                             -countedLeft, countedWidth) *
                     countIn(windowY * strideY - padTop, kernelY, dilationY,
                             -countedTop, countedHeight);
      share = g / cast<float>(max(counted, 1));
    }
    sum(lane, block, x, y, image) = 0.0f;
    sum(lane, block, x, y, image) += share;
    output(lane, block, x, y, image) = sum(lane, block, x, y, image);
  }

  void schedule() {
    holdsChannelBlocks(gradient);
    holdsChannelBlocks(largest);
    holdsChannelBlocks(output);
    Func out = output;
    out.reorder(lane, block, x, y, image).vectorize(lane);
    sum.compute_at(out, block).store_in(MemoryType::Stack);
    sum.bound_extent(lane, channelBlock).vectorize(lane);
    sum.update()
        .reorder(lane, block, x, y, image, taps.x, taps.y)
        .vectorize(lane);
  }

private:
  /// How many of the taps from, from + dilation, ... lie inside
  /// [begin, begin + extent).
  static Expr countIn(Expr from, Expr taps, Expr dilation, Expr begin,
                      Expr extent) {
    Expr first = max((begin - from + dilation - 1) / dilation, 0);
    Expr last = min((begin + extent - 1 - from) / dilation, taps - 1);
    return max(last - first + 1, 0);
  }

  Var lane{"lane"}, block{"block"}, x{"x"}, y{"y"}, image{"image"};
  RDom taps;
  Func sum{"sum"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(LargestTapGenerator, cim_largest_tap)
HALIDE_REGISTER_GENERATOR(PoolingGradientGenerator, cim_pooling_gradient)
