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

/// An interval of accuracies, cut at 0 and 1: that of a mean may reach beyond,
/// where no accuracy lies.
Interval withinAccuracies(const Interval &interval);

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

/// How it was decided how many chips there are.
enum class Sampling {
  fixed,
  /// By a StoppingRule. Who stops when the interval looks narrow stops too
  /// often where the spread is underestimated, which costs about one percent of
  /// coverage; Student's t at 96 % in place of 95 % gives it back (measured in
  /// tests/runtime/evaluation/StoppingRuleTest.cpp).
  sequential,
};

/// Sums up the accuracies \p trials, one per chip, at least one, each over the
/// same \p images >= 1 images.
Measure measure(std::span<const double> trials, int64_t images,
                Sampling sampling = Sampling::fixed);

/// The same from the number of images that each chip got right.
Measure measure(std::span<const int64_t> correct, int64_t images);

/// Sums up chips that were each written several times: \p correct has a chip's
/// writes one after another, \p writesPerChip >= 1 of every chip. Mean,
/// standard deviation and trials are those of all writes. Writes of one chip
/// share what was not written again, so the interval is that of the chips'
/// means; one chip alone has the interval of its own writes.
Measure measureWrites(std::span<const int64_t> correct, size_t writesPerChip,
                      int64_t images);

/// Says when there are enough chips: when the interval of Sampling::sequential
/// is at most so wide. It looks after every chip, so that it decides the same
/// however the chips come, as long as they come in order.
class StoppingRule {
public:
  /// At least \p leastTrials chips, and never fewer than ten: the spread of
  /// fewer is too uncertain to decide by.
  StoppingRule(double width, int64_t leastTrials);

  void add(double accuracy);
  bool isSatisfied() const { return satisfied; }

private:
  double width;
  int64_t leastTrials, count = 0;
  double mean = 0, squares = 0; ///< of the distances from the mean
  bool satisfied = false;
};

/// The value that the \p share (0 to 1) of \p trials, at least one, lie at or
/// below: linear between neighbours, the extremes at 0 and 1 (definition 7 of
/// R. Hyndman and Y. Fan, Sample quantiles in statistical packages, Am. Stat.
/// 50, 1996).
double quantile(std::span<const double> trials, double share);

/// A share of chips, and its score interval at 95 %.
struct Share {
  double share = 0;
  Interval interval;
};

/// The share of \p trials, at least one, that are at least \p threshold.
Share yieldAbove(std::span<const double> trials, double threshold);

/// How much more accurate a chip is at one point than the same chip (seed and
/// trial, and so the same random numbers) at another.
struct Difference {
  std::vector<double> trials;
  double mean = 0;
  /// As in Measure; both empty for one chip.
  std::optional<double> standardDeviation;
  std::optional<Interval> interval;
};

/// Chip by chip \p trials minus \p baseline. One chip alone, where nothing is
/// random, stands for all; otherwise only chips that both have count. There is
/// at least one.
Difference pairedDifference(std::span<const double> trials,
                            std::span<const double> baseline);

/// How far \p a and \p b, equally many, agree in the order of their values:
/// Spearman's coefficient, from -1 to 1, equal values sharing their mean rank;
/// nothing when either is constant.
std::optional<double> rankCorrelation(std::span<const double> a,
                                      std::span<const double> b);

} // namespace cim

#endif // CIM_RUNTIME_EVALUATION_STATISTICS_H
