//===- Common.h - What all kernels share ------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_GENERATORS_COMMON_H
#define CIM_RUNTIME_KERNELS_GENERATORS_COMMON_H

#include "runtime/kernels/ImageView.h"
#include "runtime/kernels/InstructionSet.h"

#include "Halide.h"

namespace cim::kernels {

/// The instruction set that \p target stands for.
inline InstructionSet instructionSetOf(const Halide::Target &target) {
  if (target.has_feature(Halide::Target::AVX512_Skylake))
    return InstructionSet::avx512;
  if (target.has_feature(Halide::Target::AVX2))
    return InstructionSet::avx2;
  return InstructionSet::baseline;
}

/// activation(v * scale + offset + residual), see Epilogue.h. Strict, since a
/// compiler that may reorder the additions does so differently for each tile,
/// and results must not depend on the tile.
inline Halide::Expr applyEpilogue(Halide::Expr v, Halide::Expr scale,
                                  Halide::Expr offset, Halide::Expr residual,
                                  Halide::Expr slope, Halide::Expr lowest,
                                  Halide::Expr highest) {
  v = v * scale + offset + residual;
  v = Halide::select(v < 0.0f, v * slope, v);
  // Comparisons that fail for what is not a number, which so stays. (Of max and
  // min, processors return the other operand.)
  v = Halide::select(v < lowest, lowest, v);
  v = Halide::select(v > highest, highest, v);
  return Halide::strict_float(v);
}

/// Declares that a buffer's first dimension holds the 16 lanes of a channel
/// block, densely, and that all dimensions begin at 0.
template <typename Buffer> void holdsLanes(Buffer &buffer) {
  buffer.dim(0).set_bounds(0, channelBlock).set_stride(1);
  for (int d = 1; d < buffer.dimensions(); ++d)
    buffer.dim(d).set_min(0);
}

/// Moreover, that blocks follow each other.
template <typename Buffer> void holdsChannelBlocks(Buffer &buffer) {
  holdsLanes(buffer);
  buffer.dim(1).set_stride(channelBlock);
}

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_GENERATORS_COMMON_H
