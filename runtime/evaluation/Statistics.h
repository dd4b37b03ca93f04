//===- Statistics.h - An accuracy, and how well it is known -----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EVALUATION_STATISTICS_H
#define CIM_RUNTIME_EVALUATION_STATISTICS_H

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace cim {

struct Interval {
  double lowest = 0, highest = 0;
};

/// An accuracy over several chips, with the two intervals that answer different
/// questions. All are fractions.
struct Measure {
  double mean = 0;
  /// Sample standard deviation over chips (n - 1); empty for one chip.
  std::optional<double> standardDeviation;
  /// How well the mean over chips is known, at 95 %: Student's t over the
  /// trials, not cut at 0 and 1; for one chip imageInterval.
  Interval interval;
  /// How well this many images stand for all images, at 95 %: the score
  /// interval of the mean (E. Wilson, Probable inference, the law of
  /// succession, and statistical inference, J. Am. Stat. Assoc. 22, 1927).
  Interval imageInterval;
  std::vector<double> trials;
};

/// Sums up the accuracies \p trials, one per chip, at least one, each over the
/// same \p images >= 1 images.
Measure measure(std::span<const double> trials, int64_t images);

/// The same from the number of images that each chip got right.
Measure measure(std::span<const int64_t> correct, int64_t images);

} // namespace cim

#endif // CIM_RUNTIME_EVALUATION_STATISTICS_H
