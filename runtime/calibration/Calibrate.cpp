//===- Calibrate.cpp - Finds the ranges of converters ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Up to three runs of the network: of inputs; of the largest partial sums, in
// the same run unless bits of inputs are applied one by one, which needs the
// inputs' range; and of the distribution of partial sums up to the largest.
//
//===----------------------------------------------------------------------===//
#include "runtime/calibration/Calibrate.h"

#include "runtime/calibration/Measurements.h"
#include "runtime/converters/Adc.h"
#include "runtime/converters/LayerConverters.h"
#include "runtime/mapping/Tiles.h"
#include "runtime/programming/Programming.h"
#include "runtime/tensor/Errors.h"

#include <algorithm>
#include <cstdio>

using namespace cim;

namespace {

/// The network without errors, converters and crossbars.
plan::Plan floatNetwork(plan::Plan plan) {
  for (plan::Layer &layer : *plan.mutable_layers()) {
    layer = quantizedOnly(layer);
    layer.clear_quantize();
    layer.clear_crossbar();
    layer.clear_dac();
    layer.clear_adc();
  }
  return plan;
}

bool isSerial(const plan::Layer &layer) {
  return layer.has_dac() && layer.dac().serial();
}

/// A range that codes can have, whatever was measured.
double usable(double range) { return range > 0 ? range : 1; }

class Calibration {
public:
  Calibration(plan::Plan &plan, const TensorMap &tensors)
      : plan(plan), tensors(tensors), measurements(plan) {}

  /// Sets up run \p index, 0 to 2; false when it has nothing to measure.
  bool prepare(int index) {
    bool measures = false;
    for (int l = 0; l < plan.layers_size(); ++l) {
      LayerMeasurement &layer = measurements.of(l);
      layer.inputs = false;
      layer.sums = Quantity::nothing;
      if (!needsCalibration(plan.layers(l)))
        continue;
      const plan::Layer &asked = plan.layers(l);
      const int firstSums = isSerial(asked) ? 1 : 0;
      layer.inputs = index == 0;
      if (asked.has_adc() && index == firstSums)
        layer.sums = Quantity::largest;
      if (asked.adc().range() == plan::Adc::PERCENTILE &&
          index == firstSums + 1)
        layer.sums = Quantity::histogram;
      measures |= layer.inputs || layer.sums != Quantity::nothing;
    }
    return measures;
  }

  /// Throws where a range would have to hold what is no finite number.
  void requireFinite() {
    for (int l = 0; l < plan.layers_size(); ++l)
      if (const LayerMeasurement &seen = measurements.of(l);
          !seen.hasFiniteInputs() || !seen.hasFiniteSums())
        throw InputError("layer '" + plan.layers(l).name() + "': " +
                         (seen.hasFiniteInputs() ? "partial sums" : "inputs") +
                         " are not finite (NaN or infinity) in the "
                         "calibration; correct the network's weights, or the "
                         "size of its inputs (--normalize)");
  }

  /// Ranges of DACs, which serial inputs need to be measured further.
  void findDacRanges() {
    for (int l = 0; l < plan.layers_size(); ++l)
      if (measurements.of(l).inputs && plan.layers(l).has_dac()) {
        plan::Dac &dac = *measurements.of(l).layer.mutable_dac();
        if (!dac.has_range())
          dac.set_range(usable(measurements.of(l).largestInput()));
        if (!dac.has_is_signed())
          dac.set_is_signed(measurements.of(l).lowestInput() < 0);
        if (dac.is_signed() && dac.bits() == 1)
          throw InputError("layer '" + plan.layers(l).name() +
                           "' has inputs below zero, but DACs of one bit; use "
                           "at least 2 bits (--dac 2)");
      }
  }

  /// Writes all ranges into the plan.
  void finish() {
    for (int l = 0; l < plan.layers_size(); ++l) {
      plan::Layer &layer = *plan.mutable_layers(l);
      if (!needsCalibration(layer))
        continue;
      if (layer.has_dac()) {
        const plan::Dac &measured = measurements.of(l).layer.dac();
        layer.mutable_dac()->set_range(measured.range());
        layer.mutable_dac()->set_is_signed(measured.is_signed());
      }
      if (layer.has_adc() && layer.adc().limits().empty())
        findLimits(layer, measurements.of(l));
    }
    warnOfUnusedCodes();
  }

  std::vector<std::string> warnings;
  Measurements &measured() { return measurements; }

private:
  void findLimits(plan::Layer &layer, const LayerMeasurement &seen) {
    plan::Adc &adc = *layer.mutable_adc();
    const uint32_t count = limitCount(layer);
    for (uint32_t limit = 0; limit < count; ++limit) {
      double range = seen.largestSum(limit);
      if (adc.range() == plan::Adc::PERCENTILE)
        range = seen.percentile(limit, adc.value());
      else if (adc.range() == plan::Adc::FRACTION)
        range = adc.value() * worstCase(layer, seen, limit);
      adc.add_limits(usable(range));
      if (adc.range() == plan::Adc::FRACTION && seen.largestSum(limit) > 0)
        noteUse(layer.name(), seen.largestSum(limit) / adc.limits(limit));
    }
  }

  /// What all rows of a tile add up to at most: at the largest input and the
  /// highest conductance.
  double worstCase(const plan::Layer &layer, const LayerMeasurement &seen,
                   uint32_t limit) {
    const plan::Crossbar &crossbar = layer.crossbar();
    const uint32_t perSlice = limitCount(layer) / slicesOf(layer);
    const uint32_t rowTile =
        layer.adc().per_tile()
            ? limit % perSlice / countTiles(layer).columnTiles
            : 0;
    const uint32_t rows =
        std::min(crossbar.array_rows(),
                 crossbar.matrix_rows() - rowTile * crossbar.array_rows());
    const double input =
        layer.has_dac() ? layer.dac().range() : seen.largestInput();
    const LayerProgram program(seen.layer, tensors.at(layer.weights()));
    return rows * input * program.fullScale(limit / perSlice);
  }

  void noteUse(const std::string &layer, double share) {
    if (share >= 0.5)
      return;
    if (wastefulLayers.empty() || wastefulLayers.back() != layer)
      wastefulLayers.push_back(layer);
    if (share < leastUse) {
      leastUse = share;
      leastUsed = layer;
    }
  }

  void warnOfUnusedCodes() {
    if (wastefulLayers.empty())
      return;
    char percent[16];
    std::snprintf(percent, sizeof percent, "%.2g %%", 100 * leastUse);
    warnings.push_back("most codes of the ADCs of " +
                       std::to_string(wastefulLayers.size()) +
                       (wastefulLayers.size() == 1 ? " layer" : " layers") +
                       " stay unused: partial sums reach no more than " +
                       percent + " of their range in layer '" + leastUsed +
                       "'; use --adc BITS,range=max, or a smaller fraction");
  }

  plan::Plan &plan;
  const TensorMap &tensors;
  Measurements measurements;
  std::vector<std::string> wastefulLayers;
  double leastUse = 1;
  std::string leastUsed;
};

} // namespace

std::vector<std::string>
cim::calibrate(plan::Plan &plan, const TensorMap &tensors, int64_t images,
               const Executor::ReadImage &read, const ExecutorOptions &asked,
               const std::function<bool()> &stop) {
  if (!needsCalibration(plan))
    return {};
  Calibration calibration(plan, tensors);
  ExecutorOptions options = asked;
  options.profile = false;
  options.measurements = &calibration.measured();
  const plan::Plan network = floatNetwork(plan);
  for (int run = 0; run < 3; ++run) {
    if (!calibration.prepare(run))
      continue;
    Executor executor(network, tensors, options);
    executor.program({});
    if (!executor.run(images, read, [](int64_t, const float *) {}, stop))
      return {};
    calibration.measured().finish();
    calibration.requireFinite();
    calibration.findDacRanges();
  }
  calibration.finish();
  return std::move(calibration.warnings);
}
