//===- LayerConverters.cpp - What stands around a layer's arrays ----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/converters/LayerConverters.h"

#include "runtime/converters/Mismatch.h"
#include "runtime/tensor/Errors.h"

#include <algorithm>

using namespace cim;

bool cim::readsArrays(const plan::Layer &layer) {
  return layer.has_adc() || hasReadNoise(layer) || hasMismatch(layer.dac()) ||
         hasDigitalInputs(layer);
}

bool cim::hasNoisyDevice(const plan::Layer &layer) {
  return layer.device().has_read() && layer.device().has_time();
}

bool cim::hasReadNoise(const plan::Layer &layer) {
  return layer.read_noise().width() > 0 || hasNoisyDevice(layer);
}

bool cim::hasDigitalInputs(const plan::Layer &layer) {
  const plan::Crossbar &crossbar = layer.crossbar();
  return layer.dac().curve_input_size() > 0 && !layer.dac().serial() &&
         (crossbar.cells() == plan::Crossbar::OFFSET ||
          crossbar.cell_bits() > 0);
}

double cim::uniformReadVariance(const plan::Layer &layer, double fullScale) {
  const plan::Crossbar &crossbar = layer.crossbar();
  const double width =
      layer.read_noise().width() * fullScale /
      (crossbar.highest_conductance() - crossbar.lowest_conductance());
  const bool isAlone = crossbar.cells() == plan::Crossbar::OFFSET &&
                       (crossbar.cell_bits() > 0 || crossbar.ideal_reference());
  return (isAlone ? 1 : 2) * width * width;
}

Dac cim::dacOf(const plan::Layer &layer) {
  plan::Dac dac = layer.dac();
  if (!readsArrays(layer))
    dac.clear_serial();
  return Dac(dac);
}

bool cim::needsCalibration(const plan::Layer &layer) {
  return (layer.has_dac() &&
          !(layer.dac().has_range() && layer.dac().has_is_signed())) ||
         (layer.has_adc() && layer.adc().limits().empty());
}

bool cim::needsCalibration(const plan::Plan &plan) {
  return std::ranges::any_of(plan.layers(), [](const plan::Layer &layer) {
    return needsCalibration(layer);
  });
}

bool cim::hasConverters(const plan::Plan &plan) {
  return std::ranges::any_of(plan.layers(), [](const plan::Layer &layer) {
    return layer.has_dac() || layer.has_adc();
  });
}

void cim::requireRanges(const plan::Layer &layer) {
  if (needsCalibration(layer))
    throw InputError(
        "layer '" + layer.name() +
        "' has converters without ranges; calibrate them on data, or say where "
        "they end (--dac BITS,range=X,inputs=signed, --adc BITS,limit=L)");
}
