//===- Statistics.cpp - An accuracy, and how well it is known -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/Statistics.h"

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

using namespace cim;

static Interval wilsonInterval(double fraction, double count) {
  constexpr double z = 1.959963984540054; // 97.5 % quantile of the normal
  double scale = 1 + z * z / count;
  double centre = (fraction + z * z / (2 * count)) / scale;
  double half = z / scale *
                std::sqrt(fraction * (1 - fraction) / count +
                          z * z / (4 * count * count));
  // The ends are exact at 0 and 1, which rounding would miss.
  return {fraction <= 0 ? 0 : centre - half, fraction >= 1 ? 1 : centre + half};
}

namespace {

struct Moments {
  double mean = 0;
  /// Empty for one value.
  std::optional<double> standardDeviation;
  std::optional<Interval> interval;
};

} // namespace

/// Half the width of the interval of the mean of \p count values.
static double halfWidth(double standardDeviation, double count,
                        Sampling sampling) {
  const double upper = sampling == Sampling::sequential ? 0.98 : 0.975;
  return boost::math::quantile(boost::math::students_t(count - 1), upper) *
         standardDeviation / std::sqrt(count);
}

static Moments momentsOf(std::span<const double> values,
                         Sampling sampling = Sampling::fixed) {
  assert(!values.empty());
  Moments result;
  const double count = double(values.size());
  result.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (values.size() == 1)
    return result;
  double squares = 0;
  for (double value : values)
    squares += (value - result.mean) * (value - result.mean);
  result.standardDeviation = std::sqrt(squares / (count - 1));
  const double half = halfWidth(*result.standardDeviation, count, sampling);
  result.interval = {result.mean - half, result.mean + half};
  return result;
}

Interval cim::withinAccuracies(const Interval &interval) {
  return {std::clamp(interval.lowest, 0.0, 1.0),
          std::clamp(interval.highest, 0.0, 1.0)};
}

Measure cim::measure(std::span<const double> trials, int64_t images,
                     Sampling sampling) {
  assert(images >= 1);
  const Moments moments = momentsOf(trials, sampling);
  Measure result;
  result.trials.assign(trials.begin(), trials.end());
  result.mean = moments.mean;
  result.standardDeviation = moments.standardDeviation;
  result.imageInterval = wilsonInterval(result.mean, double(images));
  result.interval = moments.interval.value_or(result.imageInterval);
  return result;
}

Measure cim::measure(std::span<const int64_t> correct, int64_t images) {
  std::vector<double> trials;
  for (int64_t count : correct)
    trials.push_back(double(count) / double(images));
  return measure(trials, images);
}

Measure cim::measureWrites(std::span<const int64_t> correct,
                           size_t writesPerChip, int64_t images) {
  assert(!correct.empty() && correct.size() % writesPerChip == 0);
  Measure result = measure(correct, images);
  std::vector<double> means;
  for (; !correct.empty(); correct = correct.subspan(writesPerChip))
    means.push_back(measure(correct.first(writesPerChip), images).mean);
  if (means.size() > 1)
    result.interval = measure(means, images).interval;
  return result;
}

StoppingRule::StoppingRule(double width, int64_t leastTrials)
    : width(width), leastTrials(std::max<int64_t>(leastTrials, 10)) {}

void StoppingRule::add(double accuracy) {
  ++count;
  const double distance = accuracy - mean;
  mean += distance / double(count);
  squares += distance * (accuracy - mean);
  if (count < leastTrials)
    return;
  const double deviation =
      std::sqrt(std::max(0.0, squares) / double(count - 1));
  // Student's t is above the normal's 98 % quantile, which costs nothing.
  satisfied =
      2 * 2.05 * deviation / std::sqrt(double(count)) <= width &&
      2 * halfWidth(deviation, double(count), Sampling::sequential) <= width;
}

double cim::quantile(std::span<const double> trials, double share) {
  assert(!trials.empty() && share >= 0 && share <= 1);
  std::vector<double> sorted(trials.begin(), trials.end());
  std::sort(sorted.begin(), sorted.end());
  const double position = share * double(sorted.size() - 1);
  const size_t below = size_t(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], position - double(below));
}

Share cim::yieldAbove(std::span<const double> trials, double threshold) {
  assert(!trials.empty());
  const auto enough =
      std::count_if(trials.begin(), trials.end(),
                    [&](double trial) { return trial >= threshold; });
  const double share = double(enough) / double(trials.size());
  return {share, wilsonInterval(share, double(trials.size()))};
}

Difference cim::pairedDifference(std::span<const double> trials,
                                 std::span<const double> baseline) {
  assert(!trials.empty() && !baseline.empty());
  const size_t count = trials.size() == 1 ? baseline.size()
                       : baseline.size() == 1
                           ? trials.size()
                           : std::min(trials.size(), baseline.size());
  auto of = [](std::span<const double> list, size_t chip) {
    return list[list.size() == 1 ? 0 : chip];
  };
  Difference result;
  for (size_t chip = 0; chip < count; ++chip)
    result.trials.push_back(of(trials, chip) - of(baseline, chip));
  const Moments moments = momentsOf(result.trials);
  result.mean = moments.mean;
  result.standardDeviation = moments.standardDeviation;
  result.interval = moments.interval;
  return result;
}

/// The rank of each value, from 0; equal ones share their mean.
static std::vector<double> ranksOf(std::span<const double> values) {
  std::vector<double> ranks;
  for (double value : values) {
    double below = 0, equal = 0;
    for (double other : values) {
      below += other < value;
      equal += other == value;
    }
    ranks.push_back(below + (equal - 1) / 2);
  }
  return ranks;
}

std::optional<double> cim::rankCorrelation(std::span<const double> a,
                                           std::span<const double> b) {
  const std::vector<double> x = ranksOf(a), y = ranksOf(b);
  const double mean = (double(x.size()) - 1) / 2;
  double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
    xy += (x[i] - mean) * (y[i] - mean);
  }
  if (!(xx > 0 && yy > 0))
    return std::nullopt;
  return xy / std::sqrt(xx * yy);
}
