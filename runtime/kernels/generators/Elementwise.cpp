//===- Elementwise.cpp - Kernels of one result per element ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/kernels/generators/Common.h"

using namespace Halide;
using namespace cim::kernels;

namespace {

class BinaryGenerator : public Generator<BinaryGenerator> {
public:
  /// (lane, block, x, y, image)
  Input<Buffer<float, 5>> a{"a"};
  Input<Buffer<float, 5>> b{"b"};
  /// (lane, block)
  Input<Buffer<float, 2>> scale{"scale"};
  Input<Buffer<float, 2>> offset{"offset"};
  /// (lane, block, x, y, image)
  Input<Buffer<float, 5>> residual{"residual"};
  Input<float> slope{"slope"}, lowest{"lowest"}, highest{"highest"};
  /// The value of a BinaryOperation.
  Input<int> operation{"operation"};
  Output<Buffer<float, 5>> output{"output"};

  void generate() {
    Expr left = a(lane, block, x, y, image),
         right = b(lane, block, x, y, image);
    Expr v = select(operation == 0, left + right, operation == 1, left - right,
                    left * right);
    output(lane, block, x, y, image) = applyEpilogue(
        v, scale(lane, block), offset(lane, block),
        residual(lane, block, x, y, image), slope, lowest, highest);
  }

  void schedule() {
    holdsChannelBlocks(a);
    holdsLanes(b);
    holdsLanes(scale);
    holdsLanes(offset);
    holdsLanes(residual);
    holdsChannelBlocks(output);
    // No tile may be computed twice: the result may be an operand.
    Func out = output;
    out.vectorize(lane);
    out.specialize(operation == 0);
    out.specialize(operation == 1);
    out.specialize(operation == 2);
  }

private:
  Var lane{"lane"}, block{"block"}, x{"x"}, y{"y"}, image{"image"};
};

class LrnGenerator : public Generator<LrnGenerator> {
public:
  /// (channel, x, y, image)
  Input<Buffer<float, 4>> input{"input"};
  Input<int> channels{"channels"};
  Input<int> size{"size"};
  Input<float> alpha{"alpha"}, beta{"beta"}, bias{"bias"};
  Output<Buffer<float, 4>> output{"output"};

  void generate() {
    window = RDom(0, size, "window");
    Expr neighbour = channel - (size - 1) / 2 + window;
    Expr value = likely_if_innermost(neighbour >= 0 && neighbour < channels);
    Expr x2 = input(clamp(neighbour, 0, channels - 1), x, y, image);
    squares(channel, x, y, image) = 0.0f;
    squares(channel, x, y, image) += select(value, x2 * x2, 0.0f);
    Expr base =
        bias + alpha / cast<float>(size) * squares(channel, x, y, image);
    output(channel, x, y, image) =
        input(channel, x, y, image) * exp(log(base) * -beta);
  }

  void schedule() {
    for (auto *dimensions : {&input})
      dimensions->dim(0).set_min(0).set_stride(1);
    for (int d = 1; d < 4; ++d)
      input.dim(d).set_min(0);
    output.dim(0).set_min(0).set_stride(1);
    output.dim(0).set_extent(output.dim(0).extent() / channelBlock *
                             channelBlock);
    Func out = output;
    out.split(channel, co, ci, channelBlock, TailStrategy::RoundUp)
        .vectorize(ci);
    squares.compute_at(out, co).store_in(MemoryType::Stack);
    squares.vectorize(channel, channelBlock);
    squares.update().reorder(channel, window).vectorize(channel, channelBlock);
  }

private:
  Var channel{"channel"}, x{"x"}, y{"y"}, image{"image"}, co{"co"}, ci{"ci"};
  RDom window;
  Func squares{"squares"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(BinaryGenerator, cim_binary)
HALIDE_REGISTER_GENERATOR(LrnGenerator, cim_lrn)
