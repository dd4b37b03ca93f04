//===- Statistics.cpp - An accuracy, and how well it is known -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/Statistics.h"

#include <boost/math/distributions/students_t.hpp>

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

Measure cim::measure(std::span<const double> trials, int64_t images) {
  assert(!trials.empty() && images >= 1);
  Measure result;
  result.trials.assign(trials.begin(), trials.end());
  double count = double(trials.size());
  result.mean = std::accumulate(trials.begin(), trials.end(), 0.0) / count;
  result.imageInterval = wilsonInterval(result.mean, double(images));
  if (trials.size() == 1) {
    result.interval = result.imageInterval;
    return result;
  }
  double squares = 0;
  for (double trial : trials)
    squares += (trial - result.mean) * (trial - result.mean);
  result.standardDeviation = std::sqrt(squares / (count - 1));
  double half =
      boost::math::quantile(boost::math::students_t(count - 1), 0.975) *
      *result.standardDeviation / std::sqrt(count);
  result.interval = {result.mean - half, result.mean + half};
  return result;
}

Measure cim::measure(std::span<const int64_t> correct, int64_t images) {
  std::vector<double> trials;
  for (int64_t count : correct)
    trials.push_back(double(count) / double(images));
  return measure(trials, images);
}
