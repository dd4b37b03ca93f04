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
  /// (channel, x, y, image), without padding channels
  Input<Buffer<float, 4>> input{"input"};
  /// Channels that are added up, and how many of them come before a channel.
  Input<int> taps{"taps"}, before{"before"};
  Input<float> factor{"factor"}, beta{"beta"}, bias{"bias"};
  /// (lane, block, x, y, image)
  Output<Buffer<float, 5>> output{"output"};

  void generate() {
    window = RDom(0, taps, "window");
    Expr channels = input.dim(0).extent();
    Expr channel = block * channelBlock + lane;
    // Only the first and the last blocks have neighbours that do not exist.
    Expr neighbour = channel + window - before;
    Expr exists = likely(neighbour >= 0 && neighbour < channels);
    Expr v = input(clamp(likely(neighbour), 0, channels - 1), x, y, image);
    squares(lane, block, x, y, image) = 0.0f;
    squares(lane, block, x, y, image) += select(exists, v * v, 0.0f);
    Expr base = bias + factor * squares(lane, block, x, y, image);
    Expr center = input(clamp(likely(channel), 0, channels - 1), x, y, image);
    output(lane, block, x, y, image) = select(
        likely(channel < channels), center * exp(log(base) * -beta), 0.0f);
  }

  void schedule() {
    input.dim(0).set_min(0).set_stride(1);
    for (int d = 1; d < 4; ++d)
      input.dim(d).set_min(0);
    holdsChannelBlocks(output);
    Func out = output;
    out.vectorize(lane);
    squares.compute_at(out, block).store_in(MemoryType::Stack);
    squares.bound_extent(lane, channelBlock).vectorize(lane);
    squares.update().reorder(lane, window).vectorize(lane);
  }

private:
  Var lane{"lane"}, block{"block"}, x{"x"}, y{"y"}, image{"image"};
  RDom window;
  Func squares{"squares"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(BinaryGenerator, cim_binary)
HALIDE_REGISTER_GENERATOR(LrnGenerator, cim_lrn)
