//===- ReferenceWrite.cpp - The definition of writing weights -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/runtime/programming/ReferenceWrite.h"
#include "tests/runtime/random/ReferenceDraw.h"

#include <algorithm>
#include <cmath>

using namespace cim;
using random::Coordinates;
using random::Source;

namespace {

/// The weights that share a range: the layer's, or one channel's.
struct Range {
  double lo, hi;
  std::vector<double> magnitudes; ///< ascending
};

Range rangeOf(const std::vector<double> &weights) {
  Range range{*std::min_element(weights.begin(), weights.end()),
              *std::max_element(weights.begin(), weights.end()),
              {}};
  for (double weight : weights)
    range.magnitudes.push_back(std::abs(weight));
  std::sort(range.magnitudes.begin(), range.magnitudes.end());
  return range;
}

/// All levels of a stored code, by code; empty where nothing is quantized.
std::vector<double> levelsOf(const plan::Layer &layer, const Range &range) {
  const plan::Quantize &quantize = layer.quantize();
  if (!layer.has_quantize() || range.lo == range.hi)
    return {};
  if (quantize.mode() == plan::Quantize::LEVELS)
    return {quantize.levels().begin(), quantize.levels().end()};
  int codes = 1 << quantize.bits();
  std::vector<double> levels;
  if (quantize.mode() == plan::Quantize::MINMAX) {
    for (int code = 0; code < codes; ++code)
      levels.push_back(range.lo + (range.hi - range.lo) / (codes - 1) * code);
    return levels;
  }
  double s = range.magnitudes.back();
  if (quantize.mode() == plan::Quantize::PERCENTILE) {
    double rank =
        quantize.percentile() / 100 * double(range.magnitudes.size() - 1);
    size_t below = size_t(rank);
    size_t above = std::min(below + 1, range.magnitudes.size() - 1);
    s = range.magnitudes[below] +
        (rank - double(below)) *
            (range.magnitudes[above] - range.magnitudes[below]);
  }
  if (s == 0)
    return {};
  // Offset binary: code 0 is one level below the lowest that is written.
  for (int code = 0; code < codes; ++code)
    levels.push_back(s / (codes / 2 - 1) * (code - codes / 2));
  return levels;
}

unsigned codeOf(double weight, const std::vector<double> &levels,
                const plan::Quantize &quantize) {
  if (quantize.mode() == plan::Quantize::LEVELS) {
    unsigned nearest = 0;
    for (unsigned code = 1; code < levels.size(); ++code)
      if (std::abs(levels[code] - weight) < std::abs(levels[nearest] - weight))
        nearest = code;
    return nearest;
  }
  bool hasZero = quantize.mode() != plan::Quantize::MINMAX;
  double step = levels[1] - levels[0];
  double origin = hasZero ? 0 : levels[0];
  // Steps of equally spaced levels, to the last digit.
  step = hasZero ? -levels[0] / double(levels.size() / 2)
                 : (levels.back() - levels[0]) / double(levels.size() - 1);
  double code = std::rint((weight - origin) / step) +
                (hasZero ? double(levels.size() / 2) : 0);
  return unsigned(
      std::clamp(code, hasZero ? 1.0 : 0.0, double(levels.size() - 1)));
}

double unitSize(plan::Unit unit, const plan::Layer &layer, const Range &range,
                const std::vector<double> &levels) {
  switch (unit) {
  case plan::QUANTIZATION_STEP:
    if (levels.empty())
      return 0;
    if (layer.quantize().mode() == plan::Quantize::LEVELS)
      return (range.hi - range.lo) / double(levels.size() - 1);
    return (levels.back() - levels[0]) / double(levels.size() - 1);
  case plan::NORMALISED_SCALE:
    return range.hi - range.lo;
  default:
    return 1;
  }
}

template <typename Values>
double factorAt(const Values &factors, double level, const Range &range) {
  if (factors.empty())
    return 1;
  double position =
      range.hi > range.lo ? (level - range.lo) / (range.hi - range.lo) : 0;
  double place = std::clamp(position, 0.0, 1.0) * (factors.size() - 1);
  int below = int(place), above = std::min(below + 1, factors.size() - 1);
  return factors[below] + (place - below) * (factors[above] - factors[below]);
}

double drawOf(const plan::Noise &noise, const Coordinates &at, uint64_t cell) {
  switch (noise.distribution()) {
  case plan::Noise::UNIFORM:
    return reference_draw::uniform(at, cell);
  case plan::Noise::LOGNORMAL:
    return reference_draw::lognormal(at, cell, noise.parameter());
  case plan::Noise::LAPLACE:
    return reference_draw::laplace(at, cell);
  case plan::Noise::STUDENT_T:
    return reference_draw::studentT(at, cell, noise.parameter());
  case plan::Noise::EMPIRICAL: {
    double u = (reference_draw::word(at, cell) + 0.5) * 0x1p-32;
    int step = 0;
    while (noise.quantile_probability(step + 1) <= u)
      ++step;
    double p0 = noise.quantile_probability(step),
           p1 = noise.quantile_probability(step + 1);
    double v0 = noise.quantile_value(step), v1 = noise.quantile_value(step + 1);
    return v0 + (u - p0) / (p1 - p0) * (v1 - v0);
  }
  default:
    return reference_draw::normal(at, cell);
  }
}

} // namespace

std::vector<double> cim::referenceWrite(const plan::Layer &layer,
                                        std::span<const float> weights,
                                        const Chip &chip) {
  size_t channels = 1, inner = weights.size();
  if (layer.has_quantize() && layer.quantize().per_channel()) {
    channels = layer.shape(layer.channel_axis());
    inner = 1;
    for (int d = int(layer.channel_axis()) + 1; d < layer.shape_size(); ++d)
      inner *= layer.shape(d);
  }
  std::vector<std::vector<double>> ofChannel(channels);
  for (size_t cell = 0; cell < weights.size(); ++cell)
    ofChannel[cell / inner % channels].push_back(weights[cell]);
  std::vector<Range> ranges;
  std::vector<std::vector<double>> levelsOfChannel;
  for (const auto &values : ofChannel) {
    ranges.push_back(rangeOf(values));
    levelsOfChannel.push_back(levelsOf(layer, ranges.back()));
  }

  auto coordinates = [&](Source source, uint32_t slice = 0) {
    return Coordinates{.seed = chip.seed,
                       .trial = chip.trial,
                       .layer = layer.index(),
                       .source = source,
                       .epoch = chip.epoch,
                       .slice = slice};
  };
  std::vector<double> written;
  for (size_t cell = 0; cell < weights.size(); ++cell) {
    const Range &range = ranges[cell / inner % channels];
    const std::vector<double> &levels =
        levelsOfChannel[cell / inner % channels];
    unsigned code =
        levels.empty() ? 0 : codeOf(weights[cell], levels, layer.quantize());
    double level = levels.empty() ? weights[cell] : levels[code];

    double value = level;
    if (layer.has_noise())
      value += layer.noise().width() *
               unitSize(layer.noise().unit(), layer, range, levels) *
               factorAt(layer.noise().level_factor(), level, range) *
               drawOf(layer.noise(), coordinates(Source::writeNoise), cell);
    if (layer.has_shift())
      value += layer.shift().amount() *
               unitSize(layer.shift().unit(), layer, range, levels) *
               factorAt(layer.shift().level_factor(), level, range);
    if (layer.faults().flip() > 0 && !levels.empty()) {
      unsigned flipped = code;
      for (unsigned bit = 0; (1u << bit) < levels.size(); ++bit)
        if (reference_draw::word(coordinates(Source::flip, bit), cell) <
            layer.faults().flip() * 0x1p32)
          flipped ^= 1u << bit;
      flipped = std::min<unsigned>(flipped, levels.size() - 1);
      value += levels[flipped] - level;
    }
    uint32_t fault = reference_draw::word(coordinates(Source::faults), cell);
    if (fault < layer.faults().low() * 0x1p32)
      value = range.lo;
    else if (fault >= (1 - layer.faults().high()) * 0x1p32)
      value = range.hi;
    written.push_back(value);
  }
  return written;
}
