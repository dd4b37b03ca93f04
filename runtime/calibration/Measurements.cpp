//===- Measurements.cpp - What calibration sees ---------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/calibration/Measurements.h"

#include "runtime/converters/Adc.h"

#include <algorithm>
#include <numeric>

using namespace cim;

plan::Layer cim::quantizedOnly(plan::Layer layer) {
  layer.clear_device();
  layer.clear_noise();
  layer.clear_write_verify();
  layer.clear_correlated();
  layer.clear_shift();
  layer.clear_read_disturb();
  layer.clear_faults();
  layer.clear_read_noise();
  layer.clear_compensates_drift();
  auto makeAlike = [](auto &converters) {
    converters.clear_gain_mismatch();
    converters.clear_offset_mismatch();
    converters.clear_nonlinearity_mismatch();
  };
  if (layer.has_dac())
    makeAlike(*layer.mutable_dac());
  if (layer.has_adc())
    makeAlike(*layer.mutable_adc());
  if (layer.has_crossbar())
    layer.mutable_crossbar()->clear_wires();
  return layer;
}

LayerMeasurement::LayerMeasurement(const plan::Layer &asked)
    : layer(quantizedOnly(asked)) {
  if (layer.crossbar().cell_bits() == 0)
    layer.clear_quantize();
  if (layer.has_adc())
    total.largest.assign(limitCount(layer), 0);
}

void LayerMeasurement::begin(unsigned workers) {
  LayerSight sight;
  sight.largest.assign(total.largest.size(), 0);
  if (sums == Quantity::histogram)
    sight.bins.assign(total.largest.size(), std::vector<uint64_t>(binCount));
  sights.assign(workers, sight);
}

void LayerMeasurement::finish() {
  for (const LayerSight &sight : sights) {
    total.lowestInput = std::min(total.lowestInput, sight.lowestInput);
    total.highestInput = std::max(total.highestInput, sight.highestInput);
    total.hasFiniteInputs &= sight.hasFiniteInputs;
    total.hasFiniteSums &= sight.hasFiniteSums;
    for (size_t i = 0; i < sight.largest.size(); ++i)
      total.largest[i] = std::max(total.largest[i], sight.largest[i]);
    total.bins.resize(std::max(total.bins.size(), sight.bins.size()),
                      std::vector<uint64_t>(binCount));
    for (size_t i = 0; i < sight.bins.size(); ++i)
      for (int bin = 0; bin < binCount; ++bin)
        total.bins[i][bin] += sight.bins[i][bin];
  }
  sights.clear();
}

double LayerMeasurement::largestInput() const {
  return std::max(-total.lowestInput, total.highestInput);
}

double LayerMeasurement::percentile(uint32_t limit, double percent) const {
  const std::vector<uint64_t> &bins = total.bins[limit];
  const auto count = std::accumulate(bins.begin(), bins.end(), uint64_t(0));
  const double width = largestSum(limit) / binCount;
  const double wanted = percent / 100 * double(count);
  double below = 0;
  for (int bin = 0; bin < binCount; ++bin) {
    if (bins[bin] > 0 && below + double(bins[bin]) >= wanted)
      return width * (bin + (wanted - below) / double(bins[bin]));
    below += double(bins[bin]);
  }
  return largestSum(limit);
}

Measurements::Measurements(const plan::Plan &plan) {
  for (const plan::Layer &layer : plan.layers())
    layers.emplace_back(layer);
}

void Measurements::begin(unsigned workers) {
  for (LayerMeasurement &layer : layers)
    layer.begin(workers);
}

void Measurements::finish() {
  for (LayerMeasurement &layer : layers)
    layer.finish();
}
