//===- Bfloat16.cpp - Rounds to bfloat16 --------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/generators/Common.h"

using namespace Halide;
using namespace cim::kernels;

namespace {

/// As toBfloat16 of Bfloat16.h, the result as f32; may run in place.
class RoundBfloat16Generator : public Generator<RoundBfloat16Generator> {
public:
  Input<Buffer<float, 1>> input{"input"};
  Output<Buffer<float, 1>> output{"output"};

  void generate() {
    auto constant = [](uint32_t value) { return Expr(value); };
    Expr bits = reinterpret<uint32_t>(input(i));
    Expr nearest = bits + constant(0x7fff) + ((bits >> 16) & constant(1));
    Expr isNan = (bits & constant(0x7fffffff)) > constant(0x7f800000);
    Expr rounded = select(isNan, bits | constant(0x400000), nearest);
    output(i) = reinterpret<float>(rounded & constant(0xffff0000));
  }

  void schedule() {
    input.dim(0).set_min(0);
    output.dim(0).set_min(0);
    output.vectorize(i, channelBlock, TailStrategy::GuardWithIf);
  }

private:
  Var i{"i"};
};

} // namespace

HALIDE_REGISTER_GENERATOR(RoundBfloat16Generator, cim_round_bfloat16)
