//===- WeightGradient.cpp - How a loss depends on a layer's weights -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The gradient of weight (k, c, dy, dx) is the sum over all results of
// their gradient in channel k times the input that the weight met there. As in
// Convolution.cpp, kernel, stride and dilation are strides of the input's view.
// A register tile of weights, channels in times blocks of channels out, is
// summed over all pixels of the view and then added to what the result holds.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/generators/Common.h"

using namespace Halide;
using namespace cim::kernels;

namespace {

class WeightGradientGenerator : public Generator<WeightGradientGenerator> {
public:
  /// (c, x, dx, y, dy, image)
  Input<Buffer<float, 6>> input{"input"};
  /// Of the layer's results: (lane, block, x, y, image)
  Input<Buffer<float, 5>> gradient{"gradient"};
  /// (lane, c, dx, dy, block)
  Output<Buffer<float, 5>> output{"output"};

  void generate() {
    pixel = RDom(0, gradient.dim(2).extent(), 0, gradient.dim(3).extent(), 0,
                 gradient.dim(4).extent(), "pixel");
    sum(lane, c, dx, dy, block) = 0.0f;
    sum(lane, c, dx, dy, block) +=
        gradient(lane, block, pixel.x, pixel.y, pixel.z) *
        input(c, pixel.x, dx, pixel.y, dy, pixel.z);
    output(lane, c, dx, dy, block) = undef<float>();
    output(lane, c, dx, dy, block) += sum(lane, c, dx, dy, block);
  }

  void schedule() {
    input.dim(0).set_min(0).set_stride(1);
    for (int d : {1, 2, 3, 4, 5})
      input.dim(d).set_min(0);
    holdsChannelBlocks(gradient);
    holdsChannelBlocks(output);

    // Sums that stay in registers, as many as fit beside their factors.
    const InstructionSet set = instructionSetOf(get_target());
    const Expr channels = output.dim(1).extent(),
               blocks = output.dim(4).extent();
    const int many = set == InstructionSet::avx512 ? 16
                     : set == InstructionSet::avx2 ? 4
                                                   : 2;
    auto stage = Func(output).update();
    if (set == InstructionSet::avx512)
      scheduleTile(stage.specialize(channels % 8 == 0 && blocks % 2 == 0), 8,
                   2);
    scheduleTile(stage.specialize(channels % many == 0), many, 1);
    scheduleTile(stage.specialize(channels % 3 == 0), 3, 1);
    scheduleTile(stage, 1, 1);

    sum.compute_at(output, co).store_in(MemoryType::Stack);
    sum.bound_extent(lane, channelBlock);
    sum.vectorize(lane).unroll(c).unroll(block);
    sum.update()
        .reorder(lane, c, block, dx, dy, pixel.x, pixel.y, pixel.z)
        .vectorize(lane)
        .unroll(c)
        .unroll(block);
  }

private:
  template <typename Stage>
  void scheduleTile(Stage &&stage, int channels, int blocks) {
    stage.split(c, co, ci, channels, TailStrategy::GuardWithIf)
        .split(block, bo, bi, blocks, TailStrategy::GuardWithIf)
        .reorder(lane, ci, bi, co, dx, dy, bo)
        .vectorize(lane)
        .unroll(ci)
        .unroll(bi);
  }

  Var lane{"lane"}, block{"block"}, c{"c"}, dx{"dx"}, dy{"dy"};
  Var co{"co"}, ci{"ci"}, bo{"bo"}, bi{"bi"};
  RDom pixel;
  Func sum{"sum"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(WeightGradientGenerator, cim_weight_gradient)
