//===- Dac.h - What DACs make of a layer's inputs ---------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_CONVERTERS_DAC_H
#define CIM_RUNTIME_CONVERTERS_DAC_H

#include "runtime/mapping/WeightMatrix.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace cim {

/// Bits of a code's magnitude: the sign is one of \p dac's bits, where inputs
/// can be negative.
inline unsigned magnitudeBits(const plan::Dac &dac) {
  return dac.bits() - (dac.is_signed() ? 1 : 0);
}

/// The digital-to-analogue converters of one layer, with a range. An input is
/// rounded to a code, and the code drives the rows; docs/converters.md.
class Dac {
public:
  /// \p dac has a range and says whether inputs can be negative.
  explicit Dac(const plan::Dac &dac);

  double step() const { return range / highestCode; }
  int64_t lowest() const { return lowestCode; }
  int64_t highest() const { return highestCode; }

  /// The code of what is not a number. It drives what is not a number.
  static constexpr int64_t notANumber = std::numeric_limits<int64_t>::min();

  /// The code of \p input: the nearest, halves to even, clipped.
  int64_t code(double input) const;
  /// Whether clipping costs half a step or more.
  bool clips(double input) const;

  /// Whether inputs are applied bit by bit.
  bool isSerial() const { return serial; }
  /// How often an input is applied: once, or once for every bit of a code.
  unsigned applications() const { return serial ? bits : 1; }
  /// The drive of \p code in application \p which; serial ones are the range,
  /// its negative or 0.
  double drive(int64_t code, unsigned which) const;
  /// The factor with which the result of application \p which counts.
  double significance(unsigned which) const;
  /// By how much the drive of \p code is off where a converter's integral
  /// non-linearity is one step.
  double bent(int64_t code) const;

private:
  double range;
  unsigned bits; ///< magnitudeBits
  int64_t lowestCode, highestCode;
  bool serial;
  /// Points of the cells' curve, both as shares; empty: linear.
  std::vector<double> curveInput, curveCurrent;
};

/// How one DAC differs from what it should be: a drive x becomes
/// x + gain x + offset + bend Dac::bent(code of x).
struct DacRow {
  float gain = 0, offset = 0, bend = 0;
};

/// The DACs of one layer's rows, one for every row of every group's matrix. It
/// drives all that stands in that row, however it is cut into columns, slices
/// and signs.
class DacBank {
public:
  /// \p layer has a crossbar, and a DAC with a range.
  explicit DacBank(const plan::Layer &layer);

  /// Draws how the converters of \p chip differ; before, they do not.
  void draw(const Chip &chip);

  bool hasOffsets() const { return layer.dac().offset_mismatch() > 0; }
  bool isBent() const { return layer.dac().nonlinearity_mismatch() > 0; }
  /// The DAC of the row in which a weight stands, by its index in ONNX order.
  const DacRow &rowOf(uint64_t weight) const {
    const uint64_t group = matrix.channelOf(weight) / matrix.channelsPerGroup;
    return rows[group * layer.crossbar().matrix_rows() + matrix.rowOf(weight)];
  }

private:
  plan::Layer layer;
  WeightMatrix matrix;
  std::vector<DacRow> rows; ///< group by group
};

/// The value at \p x of the line through points (\p xs, \p ys), xs ascending
/// and x between the first and the last.
double interpolate(std::span<const double> xs, std::span<const double> ys,
                   double x);

} // namespace cim

#endif // CIM_RUNTIME_CONVERTERS_DAC_H
