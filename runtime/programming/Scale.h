//===- Scale.h - The range and quantization step of weights -----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PROGRAMMING_SCALE_H
#define CIM_RUNTIME_PROGRAMMING_SCALE_H

#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Codebook.h"

#include <cstdint>
#include <span>

namespace cim {

/// What the words qs, ns, lo and hi mean for the weights of one layer, or of
/// one output channel with `per=channel`.
struct Scale {
  double lowest = 0, highest = 0; ///< of the float weights: lo and hi
  double step = 0;                ///< Δ; 0 when the weights stay as they are
  /// Uniform levels: a weight's code is (W - origin)/step, rounded to even,
  /// within [lowestCode, highestCode].
  double origin = 0, lowestCode = 0, highestCode = 0;
  /// LLOYD and LEVELS: the levels, whose positions are the codes; else empty.
  Codebook codebook;

  double range() const { return highest - lowest; }
  /// One \p unit in the weights' own unit.
  double size(plan::Unit unit) const;

  /// By how much inverting the bits \p flipped of its stored code moves a cell
  /// at \p level; step > 0. Codes have \p bits bits. Codes of both signs are
  /// stored with an offset of 2^(bits - 1); two's complement differs from that
  /// in an inverted highest bit and so gives the same change. A codebook whose
  /// size is no power of two reads codes past its end as its highest level.
  double changeByFlips(double level, uint32_t flipped, unsigned bits) const;
};

/// The scale of \p weights under \p quantize (nullptr: no quantization). A
/// range of zero leaves the step 0.
Scale scaleOf(std::span<const float> weights, const plan::Quantize *quantize);

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_SCALE_H
