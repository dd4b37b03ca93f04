//===- WinogradWeightGradient.cpp - Of 3x3 kernels, a quarter of the products
//---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Winograd's F(4×4, 3×3) backward to its weights. The forward convolution
// multiplies transformed inputs and transformed weights point by point; so the
// gradient of transformed weights is the sum over all tiles of transformed
// inputs times the gradients of the products, and the gradient of the weights
// is that sum taken through the transposed weight transform, once for all tiles
// of a call.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/generators/Common.h"
#include "runtime/kernels/generators/WinogradTransform.h"

using namespace Halide;
using namespace cim::kernels;
using namespace cim::kernels::winograd;

namespace {

class WinogradWeightGradientGenerator
    : public Generator<WinogradWeightGradientGenerator> {
public:
  Input<Buffer<float, 1>> input{"input"};
  /// Of the layer's results.
  Input<Buffer<float, 1>> gradient{"gradient"};
  /// Where tiles begin in input and gradient: (which, tile)
  Input<Buffer<int32_t, 2>> begins{"begins"};
  Input<int> inputPixel{"inputPixel"}, inputRow{"inputRow"};
  Input<int> gradientPixel{"gradientPixel"}, gradientRow{"gradientRow"};
  /// Working memory: transformed inputs and gradients,
  /// (lane, tile, point, point, block)
  Output<Buffer<float, 5>> inputs{"inputs"};
  Output<Buffer<float, 5>> gradients{"gradients"};
  /// What is added to: (lane, channel in block, input block, dx, dy, block)
  Output<Buffer<float, 6>> output{"output"};

  void generate() {
    auto inputPixelAt = [&](Expr x) {
      return input(beginAt(begins(0, tile)) + x * inputPixel + y * inputRow +
                   block * channelBlock + lane);
    };
    inputRows(lane, i, y, tile, block) =
        mux(i, transformInput(Four::results, inputPixelAt));
    inputs(lane, tile, i, j, block) =
        mux(j, transformInput(Four::results, [&](Expr y) {
              return inputRows(lane, i, y, tile, block);
            }));

    auto gradientPixelAt = [&](Expr x) {
      return gradient(beginAt(begins(1, tile)) + x * gradientPixel +
                      y * gradientRow + block * channelBlock + lane);
    };
    gradientRows(lane, i, y, tile, block) =
        mux(i, transposedProducts(gradientPixelAt));
    gradients(lane, tile, i, j, block) =
        mux(j, transposedProducts([&](Expr y) {
              return gradientRows(lane, i, y, tile, block);
            }));

    all = RDom(0, begins.dim(1).extent(), "all");
    sum(lane, block, c, i, j, cb) = 0.0f;
    sum(lane, block, c, i, j, cb) +=
        gradients(lane, all, i, j, block) * inputs(c, all, i, j, cb);
    products(lane, block, c, i, j, cb) = sum(lane, block, c, i, j, cb);

    columns(lane, dx, j, block, c, cb) =
        mux(dx, transposedWeights([&](Expr i) {
              return products(lane, block, c, i, j, cb);
            }));
    kernel(lane, dx, dy, block, c, cb) =
        mux(dy, transposedWeights([&](Expr j) {
              return columns(lane, dx, j, block, c, cb);
            }));
    output(lane, c, cb, dx, dy, block) = undef<float>();
    output(lane, c, cb, dx, dy, block) += kernel(lane, dx, dy, block, c, cb);
  }

  void schedule() {
    input.dim(0).set_min(0);
    gradient.dim(0).set_min(0);
    begins.dim(0).set_bounds(0, 2).set_stride(1);
    begins.dim(1).set_min(0).set_stride(2);
    for (auto *buffer : {&inputs, &gradients}) {
      holdsLanes(*buffer);
      buffer->dim(1).set_stride(channelBlock);
      buffer->dim(2).set_bounds(0, Four::points);
      buffer->dim(3).set_bounds(0, Four::points);
    }
    holdsLanes(output);
    output.dim(1).set_bounds(0, channelBlock).set_stride(channelBlock);
    output.dim(2).set_stride(channelBlock * channelBlock);
    output.dim(3).set_bounds(0, taps);
    output.dim(4).set_bounds(0, taps);

    scheduleTransform(inputs, inputRows, get_target());
    scheduleTransform(gradients, gradientRows, get_target());

    // Sums that stay in registers, as many as fit beside their factors. All
    // channels of a block follow each other at one point, whose tiles the
    // first-level cache holds.
    const InstructionSet set = instructionSetOf(get_target());
    const int channels = set == InstructionSet::avx512 ? 16
                         : set == InstructionSet::avx2 ? 4
                                                       : 2;
    Func(output)
        .update()
        .reorder(lane, dx, dy, c, cb, block)
        .vectorize(lane)
        .unroll(dx)
        .unroll(dy);
    kernel.compute_at(output, c).store_in(MemoryType::Stack);
    kernel.bound_extent(lane, channelBlock);
    kernel.vectorize(lane).unroll(dx).unroll(dy);
    columns.compute_at(output, c).store_in(MemoryType::Stack);
    columns.bound_extent(lane, channelBlock);
    columns.vectorize(lane).unroll(dx).unroll(j);
    products.compute_at(output, cb).store_in(MemoryType::Stack);
    products.bound_extent(lane, channelBlock);
    products.split(c, co, ci, channels)
        .reorder(lane, block, ci, co, i, j, cb)
        .vectorize(lane)
        .unroll(block)
        .unroll(ci);
    sum.compute_at(products, co).store_in(MemoryType::Stack);
    sum.bound_extent(lane, channelBlock);
    sum.vectorize(lane).unroll(block).unroll(c);
    sum.update()
        .reorder(lane, c, block, all, i, j, cb)
        .vectorize(lane)
        .unroll(c)
        .unroll(block);
  }

private:
  Var lane{"lane"}, tile{"tile"}, i{"i"}, j{"j"}, y{"y"}, block{"block"};
  Var c{"c"}, cb{"cb"}, dx{"dx"}, dy{"dy"};
  Var co{"co"}, ci{"ci"};
  RDom all;
  Func inputRows{"inputRows"}, gradientRows{"gradientRows"};
  Func sum{"sum"}, products{"products"}, columns{"columns"}, kernel{"kernel"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(WinogradWeightGradientGenerator,
                          cim_winograd_weight_gradient)
