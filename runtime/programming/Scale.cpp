//===- Scale.cpp - The range and quantization step of weights -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/programming/Scale.h"

#include <algorithm>
#include <cmath>

using namespace cim;

double Scale::size(plan::Unit unit) const {
  switch (unit) {
  case plan::QUANTIZATION_STEP:
    return step;
  case plan::NORMALISED_SCALE:
    return range();
  default:
    return 1;
  }
}

double Scale::changeByFlips(double level, uint32_t flipped,
                            unsigned bits) const {
  if (!codebook.empty()) {
    unsigned code = codebook.nearest(level);
    unsigned read = std::min(code ^ flipped, codebook.size() - 1);
    return codebook[read] - codebook[code];
  }
  int32_t offset = lowestCode < 0 ? 1 << (bits - 1) : 0;
  auto code = uint32_t(std::lround((level - origin) / step) + offset);
  return step * (double(code ^ flipped) - double(code));
}

/// The \p percent percentile of the magnitudes of \p weights, linear between
/// neighbours in order of size.
static double percentileOfMagnitude(std::span<const float> weights,
                                    double percent) {
  std::vector<float> magnitudes(weights.size());
  std::transform(weights.begin(), weights.end(), magnitudes.begin(),
                 [](float weight) { return std::abs(weight); });
  double rank = percent / 100 * double(weights.size() - 1);
  size_t below = std::min(size_t(rank), weights.size() - 1);
  auto at = magnitudes.begin() + below;
  std::nth_element(magnitudes.begin(), at, magnitudes.end());
  double lower = *at;
  if (at + 1 == magnitudes.end())
    return lower;
  double upper = *std::min_element(at + 1, magnitudes.end());
  return lower + (rank - double(below)) * (upper - lower);
}

Scale cim::scaleOf(std::span<const float> weights,
                   const plan::Quantize *quantize) {
  Scale scale;
  if (weights.empty())
    return scale;
  auto [lowest, highest] = std::minmax_element(weights.begin(), weights.end());
  scale.lowest = *lowest;
  scale.highest = *highest;
  if (!quantize || scale.range() == 0)
    return scale;

  double levels = std::exp2(quantize->bits());
  double largest = 0;
  switch (quantize->mode()) {
  case plan::Quantize::SYMMETRIC:
    largest = std::max(-scale.lowest, scale.highest);
    break;
  case plan::Quantize::PERCENTILE:
    largest = percentileOfMagnitude(weights, quantize->percentile());
    break;
  case plan::Quantize::LLOYD:
    scale.codebook = Codebook::lloyd(weights, unsigned(levels));
    scale.step = scale.range() / (levels - 1);
    return scale;
  case plan::Quantize::LEVELS:
    scale.codebook =
        Codebook({quantize->levels().begin(), quantize->levels().end()});
    scale.step = scale.range() / (quantize->levels_size() - 1);
    return scale;
  default: // MINMAX
    scale.origin = scale.lowest;
    scale.highestCode = levels - 1;
    scale.step = scale.range() / scale.highestCode;
    return scale;
  }
  scale.highestCode = levels / 2 - 1;
  scale.lowestCode = -scale.highestCode;
  scale.step = largest / scale.highestCode;
  return scale;
}
