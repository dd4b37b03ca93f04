//===- DeviceErrors.cpp - What a device model does to cells ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/programming/DeviceErrors.h"
#include "runtime/random/Elementary.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

using namespace cim;
using random::Source;

namespace {

/// A number per cell of a block.
using PerCell = float[DeviceErrors::MaximumCells];

constexpr int Lanes = 4;
using Vector = random::Floats<Lanes>;

/// Replaces every value by \p function of it, four at a time. The block's tail
/// up to a whole vector is computed, too.
template <typename Function>
void transform(float *values, size_t count, const Function &function) {
  std::fill(values + count, values + (count + Lanes - 1) / Lanes * Lanes, 1.0f);
  for (size_t i = 0; i < count; i += Lanes) {
    Vector vector;
    std::memcpy(&vector, values + i, sizeof vector);
    vector = function(vector);
    std::memcpy(values + i, &vector, sizeof vector);
  }
}

/// exp(x) - 1, x >= -87 for a larger magnitude.
void exponentialMinus1(float *values, size_t count) {
  for (size_t i = 0; i < count; ++i)
    values[i] = std::clamp(values[i], -87.0f, 87.0f);
  transform(values, count,
            [](Vector x) { return random::exponentialMinus1<Lanes>(x); });
}

void logarithm(float *values, size_t count) {
  for (size_t i = 0; i < count; ++i)
    values[i] = std::max(values[i], 1e-30f);
  transform(values, count,
            [](Vector x) { return random::logarithm<Lanes>(x); });
}

double polynomialAt(double x,
                    const google::protobuf::RepeatedField<double> &terms) {
  double sum = 0;
  for (int i = terms.size() - 1; i >= 0; --i)
    sum = sum * x + terms[i];
  return sum;
}

} // namespace

DeviceErrors::Spread::Spread(const plan::Device::Spread &spread, double highest,
                             double factor)
    : amplitude(float(spread.amplitude() * factor)) {
  // A model that scales is the same in fractions of the window.
  double own = spread.relative() ? highest : factor;
  perConductance = float(1 / own);
  for (double coefficient : spread.polynomial())
    polynomial.push_back(float(coefficient * factor));
  if (spread.saturation() > 0)
    saturation = float(spread.saturation() * factor);
}

void DeviceErrors::Spread::addTo(std::span<const float> target, float share,
                                 float *sum) const {
  PerCell sigma;
  const size_t count = target.size();
  if (polynomial.empty()) {
    for (size_t i = 0; i < count; ++i)
      sigma[i] = -target[i] / saturation;
    exponentialMinus1(sigma, count);
    for (size_t i = 0; i < count; ++i)
      sigma[i] *= -amplitude;
  } else {
    std::fill_n(sigma, count, polynomial.back());
    for (size_t power = polynomial.size() - 1; power-- > 0;) {
      const float coefficient = polynomial[power], per = perConductance;
      for (size_t i = 0; i < count; ++i)
        sigma[i] = sigma[i] * (target[i] * per) + coefficient;
    }
  }
  for (size_t i = 0; i < count; ++i)
    sum[i] += share * std::max(sigma[i], 0.0f);
}

DeviceErrors::DeviceErrors(const plan::Device &device, double windowHighest) {
  const bool scales = device.scales_with_window();
  const double factor =
      scales ? windowHighest / device.highest_conductance() : 1;
  const double own = scales ? windowHighest : device.highest_conductance();
  highest = float(own);
  auto addSpread = [&](int index, double share) {
    if (share != 0)
      programming.push_back(
          {Spread(device.programming(index), own, factor), float(share)});
  };
  const int spreads = device.programming_size();
  if (spreads > 0 && (spreads == 1 || !device.has_time())) {
    addSpread(0, 1);
  } else if (spreads > 1) {
    int after = 1;
    while (after + 1 < spreads &&
           device.programming(after).time() <= device.time())
      ++after;
    auto place = [&](double time) {
      return device.logarithmic_time() ? std::log(time) : time;
    };
    double begin = place(device.programming(after - 1).time());
    double end = place(device.programming(after).time());
    double share = (place(device.time()) - begin) / (end - begin);
    addSpread(after - 1, 1 - share);
    addSpread(after, share);
  }
  if (device.deviation_value_size() > 0)
    deviate = random::Distribution::empirical(
        {device.deviation_probability().begin(),
         device.deviation_probability().end()},
        {device.deviation_value().begin(), device.deviation_value().end()});
  if (device.has_variation())
    variation.emplace(device.variation(), own, factor);
  if (!device.has_time())
    return;
  if (device.has_drift()) {
    auto exponent = [](const plan::Device::Exponent &e) {
      return Exponent{float(e.slope()), float(e.offset()), float(e.lowest()),
                      float(e.highest())};
    };
    drift =
        Drift{exponent(device.drift().mean()), exponent(device.drift().std()),
              float(std::log(device.time() / device.drift().t0()))};
  }
  if (device.has_read()) {
    const plan::Device::Read &asked = device.read();
    reads.emplace();
    if (asked.has_spread())
      reads->spread.emplace(asked.spread(), own, factor);
    reads->factor = float(asked.power().factor());
    reads->exponent = float(asked.power().exponent());
    reads->floor = float(asked.power().floor());
    reads->cap = float(asked.power().cap());
    reads->perDecade = float(factor * asked.per_decade());
    reads->unit = float(factor);
    if (const double read = asked.sampling_time(); read > 0)
      reads->growth = float(std::sqrt(
          std::max(std::log((device.time() + read) / (2 * read)), 0.0)));
  }
  if (device.has_relaxation()) {
    double logOfTime = std::log(device.time());
    relaxes = true;
    relaxationMean =
        float(factor * polynomialAt(logOfTime, device.relaxation().mean()));
    relaxationStd = float(
        factor *
        std::max(polynomialAt(logOfTime, device.relaxation().std()), 0.0));
  }
}

static random::Stream streamOf(random::Coordinates at, Source source,
                               uint32_t epoch) {
  at.source = source;
  at.epoch = epoch;
  return random::Stream(at);
}

static void removeNegative(float *conductance, size_t count) {
  for (size_t i = 0; i < count; ++i)
    conductance[i] = std::max(conductance[i], 0.0f);
}

void DeviceErrors::program(random::Coordinates at, uint64_t begin,
                           std::span<const float> target, unsigned pulse,
                           float *conductance) const {
  const size_t count = target.size();
  assert(count <= MaximumCells);
  PerCell draw, size;
  std::copy(target.begin(), target.end(), conductance);
  auto addDraws = [&] {
    for (size_t i = 0; i < count; ++i)
      conductance[i] += std::max(size[i], 0.0f) * draw[i];
  };
  if (!programming.empty()) {
    const random::Stream stream =
        pulse == 0 ? streamOf(at, Source::programming, at.epoch)
                   : streamOf(at, Source::programmingPulse,
                              random::epochOfPulse(at.epoch, pulse));
    deviate.draw(stream, begin, {draw, count});
    std::fill_n(size, count, 0);
    for (const ShareOfSpread &part : programming)
      part.spread.addTo(target, part.share, size);
    addDraws();
  }
  if (variation) {
    normal.draw(streamOf(at, Source::variation, 0), begin, {draw, count});
    std::fill_n(size, count, 0);
    variation->addTo(target, 1, size);
    addDraws();
  }
  removeNegative(conductance, count);
}

void DeviceErrors::age(random::Coordinates at, uint64_t begin,
                       std::span<const float> target,
                       float *conductance) const {
  const size_t count = target.size();
  PerCell draw, size;
  if (drift) {
    normal.draw(streamOf(at, Source::drift, at.epoch), begin, {draw, count});
    for (size_t i = 0; i < count; ++i)
      size[i] = target[i] / highest;
    logarithm(size, count);
    const Drift d = *drift;
    auto exponent = [](const Exponent &e, float logOfLevel) {
      return std::clamp(e.slope * logOfLevel + e.offset, e.lowest, e.highest);
    };
    for (size_t i = 0; i < count; ++i) {
      float nu = std::abs(exponent(d.mean, size[i]) +
                          exponent(d.std, size[i]) * draw[i]);
      size[i] = -nu * d.logOfTime;
    }
    exponentialMinus1(size, count);
    for (size_t i = 0; i < count; ++i)
      conductance[i] += conductance[i] * size[i];
  }
  if (relaxes) {
    normal.draw(streamOf(at, Source::relaxation, at.epoch), begin,
                {draw, count});
    for (size_t i = 0; i < count; ++i)
      conductance[i] += relaxationMean + relaxationStd * draw[i];
    removeNegative(conductance, count);
  }
}

void DeviceErrors::addReadVariance(std::span<const float> target,
                                   const float *conductance, float share,
                                   float *variance) const {
  const size_t count = target.size();
  const Reads &r = *reads;
  PerCell sigma, size;
  std::fill_n(sigma, count, 0);
  if (r.spread)
    r.spread->addTo({conductance, count}, 1, sigma);
  if (r.factor > 0) { // G * min(factor / max(x^exponent, floor), cap)
    for (size_t i = 0; i < count; ++i)
      size[i] = target[i] / highest;
    logarithm(size, count);
    for (size_t i = 0; i < count; ++i)
      size[i] *= r.exponent;
    exponentialMinus1(size, count);
    for (size_t i = 0; i < count; ++i)
      sigma[i] += conductance[i] *
                  std::min(r.factor / std::max(size[i] + 1, r.floor), r.cap);
  }
  if (r.perDecade > 0) {
    constexpr float decade = 2.302585093f;
    for (size_t i = 0; i < count; ++i)
      size[i] = conductance[i] / r.unit;
    logarithm(size, count);
    for (size_t i = 0; i < count; ++i)
      sigma[i] += std::max(r.perDecade * (size[i] / decade), 0.0f);
  }
  for (size_t i = 0; i < count; ++i)
    variance[i] += share * (r.growth * sigma[i]) * (r.growth * sigma[i]);
}
