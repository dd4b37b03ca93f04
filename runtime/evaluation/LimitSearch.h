//===- LimitSearch.h - The largest error that a network bears ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EVALUATION_LIMITSEARCH_H
#define CIM_RUNTIME_EVALUATION_LIMITSEARCH_H

#include "runtime/evaluation/Statistics.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace cim {

/// What is searched for: the largest size of an error, between `least` and
/// `most`, at which the mean accuracy over chips is at least `threshold`. Sizes
/// may be negative, or numbers of bits; `least` is the end with less error.
struct LimitQuestion {
  double threshold = 0.9;
  double least = 0, most = 1;
  /// A size that is perhaps near: the search doubles or halves it until the
  /// limit lies between two sizes. Without it, the search begins with `most`.
  std::optional<double> start = {};
  bool isWhole = false;     ///< only whole numbers are sizes
  double resolution = 0.01; ///< of the limit, as a share of it
  int64_t images = 1;       ///< that accuracies are measured on
  int64_t trials = 20;      ///< chips where the decision is close
};

/// The answer.
struct Limit {
  /// A size that was measured to keep the threshold, while one that is larger
  /// by at most the resolution (of whole numbers, the next) was not. Nothing
  /// when even `least` is too much; `most` when nothing is.
  std::optional<double> largest;
  bool reachesMost = false; ///< the threshold is kept everywhere
  /// The sizes at which the 95 % interval of the mean contains the threshold:
  /// the limit lies there in 95 of 100 searches. At the lower end it was
  /// measured to lie above, at the upper end below (of whole numbers, they are
  /// the last that surely and perhaps keep it). Ends at `least` or `most` where
  /// the question does.
  Interval interval;

  /// What was measured on the way: accuracies by size, one per chip.
  std::map<double, std::vector<double>> visited;
};

/// The accuracies of chips 0 to \p trials - 1 with an error of \p size; a
/// single one where nothing is random.
using AccuraciesOf =
    std::function<std::vector<double>(double size, int64_t trials)>;

/// Stochastic bisection. All sizes have the same chips (common random numbers),
/// so that accuracy falls with size nearly as smoothly as its mean does. At
/// every size chips are added only until the side is clear (Student's t at
/// 99.9 %), at most `trials`; a bisection of the mean finds the limit to the
/// resolution, two more of the interval's ends invert the test of each size,
/// whose set of undecided sizes covers the limit as often as the intervals do
/// (G. Casella and R. Berger, Statistical inference, 2002, section 9.2.1).
/// Exceptions of \p accuraciesOf are passed on.
Limit findLimit(const LimitQuestion &question,
                const AccuraciesOf &accuraciesOf);

} // namespace cim

#endif // CIM_RUNTIME_EVALUATION_LIMITSEARCH_H
