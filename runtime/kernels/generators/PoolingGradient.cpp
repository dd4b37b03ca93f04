//===- PoolingGradient.cpp - Backward through pooling -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every window adds to the pixels that it sees; of a maximum, to the first
// largest of them alone. LargestTap says which that is. (Pixels that collect
// from windows would be written once, but every one divides to find its
// windows, and an average again for each of them.)
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
    Expr columns = gradient.dim(2).extent(), rows = gradient.dim(3).extent();
    taps = RDom(0, kernelX, 0, kernelY, 0, columns, 0, rows, "taps");
    // The last windows first: so every pixel adds up in the order of its taps.
    Expr windowX = columns - 1 - taps.z, windowY = rows - 1 - taps.w;
    Expr width = output.dim(2).extent(), height = output.dim(3).extent();
    Expr seenX = windowX * strideX - padLeft + taps.x * dilationX,
         seenY = windowY * strideY - padTop + taps.y * dilationY;
    taps.where(seenX >= 0 && seenX < width && seenY >= 0 && seenY < height);
    Expr g = gradient(lane, block, x, y, image);
    counted(x, y) = countIn(x * strideX - padLeft, kernelX, dilationX,
                            -countedLeft, countedWidth) *
                    countIn(y * strideY - padTop, kernelY, dilationY,
                            -countedTop, countedHeight);
    if (kind == Kind::average)
      g /= cast<float>(max(counted(x, y), 1));
    share(lane, block, x, y, image) = g;
    g = share(lane, block, windowX, windowY, image);
    if (kind == Kind::max)
      g = select(largest(lane, block, windowX, windowY, image) ==
                     cast<float>(taps.y * kernelX + taps.x),
                 g, 0.0f);
    output(lane, block, x, y, image) = 0.0f;
    output(lane, block, unsafe_promise_clamped(seenX, 0, width - 1),
           unsafe_promise_clamped(seenY, 0, height - 1), image) += g;
  }

  void schedule() {
    holdsChannelBlocks(gradient);
    holdsChannelBlocks(largest);
    holdsChannelBlocks(output);
    Func out = output;
    out.reorder(lane, block, x, y, image).vectorize(lane);
    // Several blocks share the decision which pixels a window sees.
    auto tile = [&](Stage stage, int blocks) {
      stage.split(block, bo, bi, blocks, TailStrategy::GuardWithIf)
          .reorder(lane, bi, taps.x, taps.y, bo, taps.z, taps.w, image)
          .vectorize(lane)
          .unroll(bi);
    };
    for (int blocks : {4, 2})
      tile(out.update().specialize(output.dim(1).extent() >= blocks), blocks);
    tile(out.update(), 1);
    if (kind == Kind::average) {
      counted.compute_at(out, taps.z);
      share.compute_at(out, bo).store_in(MemoryType::Stack);
      share.bound_extent(lane, channelBlock).vectorize(lane).unroll(block);
    }
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
  Var bo{"bo"}, bi{"bi"};
  RDom taps;
  Func counted{"counted"}, share{"share"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(LargestTapGenerator, cim_largest_tap)
HALIDE_REGISTER_GENERATOR(PoolingGradientGenerator, cim_pooling_gradient)
