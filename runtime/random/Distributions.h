//===- Distributions.h - Random numbers of a distribution -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_RANDOM_DISTRIBUTIONS_H
#define CIM_RUNTIME_RANDOM_DISTRIBUTIONS_H

#include "runtime/random/Coordinates.h"
#include "runtime/random/DrawTable.h"

#include <cstdint>
#include <span>
#include <vector>

namespace cim::random {

/// A distribution with zero mean and unit variance (empirical: its own), ready
/// to draw from. The same bits on every instruction set, for any split of cells
/// into ranges.
class Distribution {
public:
  enum class Kind { normal, uniform, lognormal, laplace, studentT, empirical };

  /// Standard normal, by Box and Muller; |draw| <= 6.66.
  static Distribution normal();
  /// Uniform on +-sqrt(3).
  static Distribution uniform();
  /// exp(\p shape z), z standard normal, centred and rescaled; 0 < shape <= 5.
  static Distribution lognormal(double shape);
  /// Double exponential; |draw| <= 15.69.
  static Distribution laplace();
  /// Student's t with \p degrees > 2 of freedom, rescaled. Draws end where the
  /// probability of larger ones is below 2^-32, so that the variance of very
  /// few degrees is a little below 1.
  static Distribution studentT(double degrees);
  /// The inverse of the cumulative distribution through the points
  /// (\p value, \p probability), linear between them; both not descending,
  /// probabilities from 0 to 1, at least two points, values of any scale.
  static Distribution empirical(const std::vector<double> &probability,
                                const std::vector<double> &value);

  /// Draws for cells [begin, begin + draws.size()) of \p stream, cells below
  /// 2^34.
  void draw(const Stream &stream, uint64_t begin, std::span<float> draws) const;

private:
  Distribution(Kind kind) : kind(kind) {}
  float inverse(uint32_t word) const;

  Kind kind;
  DrawConstants constants;

  /// Of an empirical one: what lies between two points, side by side since a
  /// draw needs all of it.
  struct Step {
    double probability; ///< with which it begins
    double width, value, rise;
  };
  std::vector<Step> steps; ///< the last begins at 1, where searches end
  /// The step that holds the first probability of each 2^-guideBits.
  static constexpr int guideBits = 12;
  std::vector<uint32_t> guide;
};

/// The words of cells [begin, begin + words.size()) of \p stream.
void drawWords(const Stream &stream, uint64_t begin, std::span<uint32_t> words);

} // namespace cim::random

#endif // CIM_RUNTIME_RANDOM_DISTRIBUTIONS_H
