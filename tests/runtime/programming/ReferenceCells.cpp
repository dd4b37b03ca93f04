//===- ReferenceCells.cpp - The definition of writing cells ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/runtime/programming/ReferenceCells.h"
#include "tests/runtime/programming/ReferenceWrite.h"
#include "tests/runtime/random/ReferenceDraw.h"

#include <algorithm>
#include <cmath>
#include <tuple>

using namespace cim;
using random::Coordinates;
using random::Source;

namespace {

/// The layer's cells, one at a time.
struct CellWriter {
  const plan::Layer &layer;
  const Chip &chip;
  double low = layer.crossbar().lowest_conductance();
  double high = layer.crossbar().highest_conductance();

  struct Cell {
    uint32_t slice;
    bool negative;
    uint64_t index;
  };

  Coordinates at(const Cell &cell, Source source) const {
    return {.seed = chip.seed,
            .trial = chip.trial,
            .layer = layer.index(),
            .source = source,
            .epoch = source == Source::variation ? 0 : chip.epoch,
            .slice = cell.slice,
            .negative = cell.negative};
  }

  double normal(const Cell &cell, Source source) const {
    return reference_draw::normal(at(cell, source), cell.index);
  }

  double sigma(const plan::Device::Spread &spread, double g) const {
    const plan::Device &device = layer.device();
    // A scaled device is its own at conductances as high as it was measured.
    double scale =
        device.scales_with_window() ? high / device.highest_conductance() : 1;
    g /= scale;
    double value = 0;
    if (spread.polynomial_size() == 0)
      value = spread.amplitude() * (1 - std::exp(-g / spread.saturation()));
    for (int power = 0; power < spread.polynomial_size(); ++power)
      value +=
          spread.polynomial(power) *
          std::pow(spread.relative() ? g / device.highest_conductance() : g,
                   power);
    return scale * std::max(value, 0.0);
  }

  double programmingSigma(double g) const {
    const plan::Device &device = layer.device();
    if (device.programming_size() == 0)
      return 0;
    if (device.programming_size() == 1 || !device.has_time())
      return sigma(device.programming(0), g);
    int after = 1;
    while (after + 1 < device.programming_size() &&
           device.programming(after).time() < device.time())
      ++after;
    const auto &a = device.programming(after - 1),
               &b = device.programming(after);
    double share =
        device.logarithmic_time()
            ? std::log(device.time() / a.time()) / std::log(b.time() / a.time())
            : (device.time() - a.time()) / (b.time() - a.time());
    return sigma(a, g) + share * (sigma(b, g) - sigma(a, g));
  }

  double pulseNormal(const Cell &cell, Source first, Source later,
                     uint32_t pulse) const {
    if (pulse == 0)
      return normal(cell, first);
    Coordinates coordinates = at(cell, later);
    coordinates.epoch = chip.epoch * 64 + pulse;
    return reference_draw::normal(coordinates, cell.index);
  }

  /// What pulse number \p pulse leaves: the device's part, and noise.
  std::pair<double, double> afterPulse(const Cell &cell, double g,
                                       uint32_t pulse) const {
    double result = g, noise = 0;
    if (layer.device().programming_size() > 0)
      result +=
          programmingSigma(g) * pulseNormal(cell, Source::programming,
                                            Source::programmingPulse, pulse);
    if (layer.device().has_variation())
      result += sigma(layer.device().variation(), g) *
                normal(cell, Source::variation);
    if (layer.has_device())
      result = std::max(result, 0.0);
    if (layer.has_noise() && layer.noise().unit() == plan::MICROSIEMENS)
      noise = layer.noise().width() *
              factorAt(layer.noise().level_factor(), g) *
              pulseNormal(cell, Source::writeNoise, Source::noisePulse, pulse);
    return {result, noise};
  }

  double aged(const Cell &cell, double g, double result) const {
    const plan::Device &device = layer.device();
    if (!device.has_time())
      return result;
    double scale =
        device.scales_with_window() ? high / device.highest_conductance() : 1;
    if (device.has_drift()) {
      double x = g / (scale * device.highest_conductance());
      auto line = [&](const plan::Device::Exponent &e) {
        double value =
            x > 0 ? e.slope() * std::log(x) + e.offset() : e.slope() * -1e9;
        return std::clamp(value, e.lowest(), e.highest());
      };
      double nu =
          std::abs(line(device.drift().mean()) +
                   line(device.drift().std()) * normal(cell, Source::drift));
      result *= std::pow(device.time() / device.drift().t0(), -nu);
    }
    if (device.has_relaxation()) {
      auto polynomial = [&](const auto &terms) {
        double sum = 0;
        for (int power = 0; power < terms.size(); ++power)
          sum += terms[power] * std::pow(std::log(device.time()), power);
        return sum;
      };
      result += scale * (polynomial(device.relaxation().mean()) +
                         polynomial(device.relaxation().std()) *
                             normal(cell, Source::relaxation));
      result = std::max(result, 0.0);
    }
    return result;
  }

  template <typename Values>
  double factorAt(const Values &factors, double g) const {
    if (factors.empty())
      return 1;
    double place = (g - low) / (high - low) * (factors.size() - 1);
    int below = std::clamp(int(place), 0, int(factors.size()) - 1);
    int above = std::min(below + 1, int(factors.size()) - 1);
    return factors[below] + (place - below) * (factors[above] - factors[below]);
  }

  /// What the cell has in common with its column, its array and the chip.
  double inCommon(const Cell &cell) const {
    const plan::Correlated &correlated = layer.correlated();
    if (correlated.unit() != plan::MICROSIEMENS)
      return 0;
    const plan::Crossbar &crossbar = layer.crossbar();
    uint64_t inner = 1, channels = layer.shape(layer.channel_axis()), all = 1;
    for (int d = 0; d < layer.shape_size(); ++d) {
      all *= layer.shape(d);
      inner *= d > int(layer.channel_axis()) ? layer.shape(d) : 1;
    }
    const uint64_t perGroup = channels / crossbar.groups();
    const uint64_t channel = cell.index / inner % channels;
    const uint64_t row =
        cell.index / inner / channels * inner + cell.index % inner;
    const uint64_t height = crossbar.array_rows(),
                   width = crossbar.array_columns();
    const uint64_t rowTiles = (all / channels + height - 1) / height,
                   columnTiles = (perGroup + width - 1) / width;
    auto draw = [&](Source source, uint64_t index) {
      return reference_draw::normal(at(cell, source), index);
    };
    return correlated.column() *
               draw(Source::column, row / height * channels + channel) +
           correlated.array() *
               draw(Source::array,
                    (channel / perGroup * rowTiles + row / height) *
                            columnTiles +
                        channel % perGroup / width) +
           correlated.die() * reference_draw::normal({.seed = chip.seed,
                                                      .trial = chip.trial,
                                                      .layer = 0,
                                                      .source = Source::die,
                                                      .epoch = chip.epoch},
                                                     0);
  }

  double write(const Cell &cell, double g, bool &isStuck) const {
    auto [result, noise] = afterPulse(cell, g, 0);
    if (layer.has_write_verify())
      for (uint32_t pulse = 1; pulse < layer.write_verify().pulses() &&
                               std::abs(std::max(result + noise, 0.0) - g) >
                                   layer.write_verify().tolerance();
           ++pulse)
        std::tie(result, noise) = afterPulse(cell, g, pulse);
    result = aged(cell, g, result) + noise + inCommon(cell);
    if (layer.has_shift() && layer.shift().unit() == plan::MICROSIEMENS)
      result +=
          layer.shift().amount() * factorAt(layer.shift().level_factor(), g);
    if (layer.has_read_disturb() &&
        layer.read_disturb().unit() == plan::MICROSIEMENS)
      result +=
          layer.read_disturb().amount() *
          std::pow(layer.read_disturb().reads() / layer.read_disturb().per(),
                   layer.read_disturb().exponent());
    result = std::max(result, 0.0);
    if (layer.crossbar().clip_to_window())
      result = std::clamp(result, low, high);
    uint32_t fault = reference_draw::word(at(cell, Source::faults), cell.index);
    isStuck = true;
    if (fault < layer.faults().low() * 0x1p32)
      return low;
    if (fault >= (1 - layer.faults().high()) * 0x1p32)
      return high;
    isStuck = false;
    return result;
  }
};

} // namespace

std::vector<double> cim::referenceCells(const plan::Layer &layer,
                                        std::span<const float> weights,
                                        const Chip &chip) {
  const plan::Crossbar &crossbar = layer.crossbar();
  const bool isDifferential = crossbar.cells() == plan::Crossbar::DIFFERENTIAL;

  // Errors of weights, and weights without any.
  plan::Layer ofWeights = layer, quantized = layer;
  ofWeights.mutable_faults()->set_low(0);
  ofWeights.mutable_faults()->set_high(0);
  if (layer.noise().unit() == plan::MICROSIEMENS)
    ofWeights.clear_noise();
  if (layer.shift().unit() == plan::MICROSIEMENS)
    ofWeights.clear_shift();
  if (layer.correlated().unit() == plan::MICROSIEMENS)
    ofWeights.clear_correlated();
  if (layer.read_disturb().unit() == plan::MICROSIEMENS)
    ofWeights.clear_read_disturb();
  quantized.clear_noise();
  quantized.clear_shift();
  quantized.clear_faults();
  quantized.clear_correlated();
  quantized.clear_read_disturb();
  std::vector<double> levels = referenceWrite(quantized, weights, chip);
  std::vector<double> erroneous = referenceWrite(ofWeights, weights, chip);

  double lo = *std::min_element(weights.begin(), weights.end());
  double hi = *std::max_element(weights.begin(), weights.end());
  lo = std::min(lo, *std::min_element(levels.begin(), levels.end()));
  hi = std::max(hi, *std::max_element(levels.begin(), levels.end()));
  double s = std::max(-lo, hi);

  CellWriter cells{layer, chip};
  const double window = cells.high - cells.low;
  uint64_t inner = 1, channels = layer.shape(layer.channel_axis());
  for (int d = int(layer.channel_axis()) + 1; d < layer.shape_size(); ++d)
    inner *= layer.shape(d);
  uint64_t channelsPerGroup = channels / crossbar.groups();

  std::vector<double> read;
  for (uint64_t i = 0; i < weights.size(); ++i) {
    double value = 0;
    double shares = 0, kept = 0; // of the weight's own error
    bool allStuck = true;
    auto endSlice = [&](double share) {
      shares += share;
      kept += allStuck ? 0 : share;
      allStuck = true;
    };
    auto stored = [&](uint32_t slice, bool negative, double share) {
      bool isStuck;
      double g = cells.write({slice, negative, i}, cells.low + window * share,
                             isStuck);
      allStuck &= isStuck;
      return (g - cells.low) / window;
    };
    if (crossbar.cell_bits() > 0) {
      unsigned bits = layer.quantize().bits() - (isDifferential ? 1 : 0);
      unsigned digits = 1u << crossbar.cell_bits();
      double step = isDifferential ? s / (std::exp2(bits) - 1)
                                   : (hi - lo) / (std::exp2(bits) - 1);
      double origin = isDifferential ? 0 : lo;
      auto code = std::lround((levels[i] - origin) / step);
      uint32_t slice = 0;
      for (unsigned done = 0; done < bits; done += crossbar.cell_bits()) {
        auto digit = double((std::abs(code) >> done) % digits) / (digits - 1);
        double worth = step * std::exp2(done) * (digits - 1);
        if (isDifferential)
          value += worth * (stored(slice, false, code > 0 ? digit : 0) -
                            stored(slice, true, code < 0 ? digit : 0));
        else
          value += worth * stored(slice, false, digit);
        endSlice(std::exp2(done));
        ++slice;
      }
      value += origin;
    } else if (isDifferential) {
      double w = levels[i] / s;
      value = s * (stored(0, false, std::max(w, 0.0)) -
                   stored(0, true, std::max(-w, 0.0)));
    } else {
      double zero = std::clamp(0.0, lo, hi);
      double reference = (zero - lo) / (hi - lo);
      if (!crossbar.ideal_reference()) {
        uint64_t channel = i / inner % channels;
        uint64_t row = i - channel % channelsPerGroup * inner;
        bool ignored;
        reference = (cells.write({0, true, row}, cells.low + window * reference,
                                 ignored) -
                     cells.low) /
                    window;
      }
      value = zero +
              (hi - lo) *
                  (stored(0, false, (levels[i] - lo) / (hi - lo)) - reference);
    }
    if (crossbar.cell_bits() == 0)
      endSlice(1);
    read.push_back(value + kept / shares * (erroneous[i] - levels[i]));
  }
  return read;
}
