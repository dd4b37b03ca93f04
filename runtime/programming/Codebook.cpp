//===- Codebook.cpp - Quantization levels at any distance -----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/programming/Codebook.h"

#include <algorithm>

using namespace cim;

static std::vector<double> thresholdsOf(const std::vector<double> &levels) {
  std::vector<double> thresholds;
  for (size_t i = 1; i < levels.size(); ++i)
    thresholds.push_back(levels[i - 1] + (levels[i] - levels[i - 1]) / 2);
  return thresholds;
}

Codebook::Codebook(std::vector<double> ascending)
    : levels(std::move(ascending)), thresholds(thresholdsOf(levels)) {}

unsigned Codebook::nearest(double weight) const {
  return unsigned(
      std::lower_bound(thresholds.begin(), thresholds.end(), weight) -
      thresholds.begin());
}

Codebook Codebook::lloyd(std::span<const float> weights, unsigned count) {
  std::vector<float> sorted(weights.begin(), weights.end());
  std::sort(sorted.begin(), sorted.end());
  // Sums of the weights before each, so that a mean costs one subtraction.
  std::vector<double> sumBefore(sorted.size() + 1, 0);
  for (size_t i = 0; i < sorted.size(); ++i)
    sumBefore[i + 1] = sumBefore[i] + sorted[i];

  std::vector<double> levels(count);
  double lowest = sorted.front(), highest = sorted.back();
  for (unsigned i = 0; i < count; ++i)
    levels[i] = lowest + (highest - lowest) * i / (count - 1);

  // The error never grows, so the algorithm settles; slow last digits are not
  // worth waiting for.
  constexpr int mostIterations = 300;
  std::vector<size_t> ends, endsBefore;
  for (int iteration = 0; iteration < mostIterations; ++iteration) {
    ends.clear();
    for (double threshold : thresholdsOf(levels))
      ends.push_back(std::upper_bound(sorted.begin(), sorted.end(), threshold) -
                     sorted.begin());
    ends.push_back(sorted.size());
    if (ends == endsBefore)
      break;
    for (size_t i = 0, begin = 0; i < count; begin = ends[i++])
      if (ends[i] > begin)
        levels[i] =
            (sumBefore[ends[i]] - sumBefore[begin]) / double(ends[i] - begin);
    std::swap(ends, endsBefore);
  }
  return Codebook(std::move(levels));
}
