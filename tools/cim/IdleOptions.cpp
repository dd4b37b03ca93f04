//===- IdleOptions.cpp - Options that change nothing ----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/IdleOptions.h"

#include "dialects/cim/grammar/LayerPattern.h"
#include "runtime/devices/CheckDevice.h"
#include "tools/cim/Flags.h"
#include "tools/cim/Network.h"

#include <algorithm>

using namespace cim;

namespace {

/// Whether a change of the window would change what \p layer computes.
bool actsOnConductances(const plan::Layer &layer) {
  auto isInMicrosiemens = [](const auto &error) {
    return error.unit() == plan::MICROSIEMENS;
  };
  return layer.has_device() ||
         (layer.has_noise() && isInMicrosiemens(layer.noise())) ||
         (layer.has_shift() && isInMicrosiemens(layer.shift())) ||
         (layer.has_correlated() && isInMicrosiemens(layer.correlated())) ||
         (layer.has_read_disturb() && isInMicrosiemens(layer.read_disturb())) ||
         layer.has_read_noise() || layer.crossbar().has_wires();
}

/// Whether it matters how many cells a weight has.
bool actsOnCells(const plan::Layer &layer) {
  return actsOnConductances(layer) || layer.has_adc() ||
         (layer.has_faults() &&
          (layer.faults().low() > 0 || layer.faults().high() > 0));
}

/// Whether the device of \p layer could do without being forced.
bool isForcedInVain(const plan::Layer &layer) {
  if (!layer.has_device() || !layer.device().forced())
    return false;
  plan::Device device = layer.device();
  device.set_forced(false);
  return problemOfTime(device).empty() &&
         (!layer.has_crossbar() ||
          problemOfWindow(device, layer.crossbar()).empty());
}

class Search {
public:
  Search(const std::vector<ErrorRequest> &requests, const plan::Plan &plan)
      : requests(requests), plan(plan) {
    for (const plan::Layer &layer : plan.layers())
      layers.push_back({layer.name(), layer.role()});
  }

  std::vector<std::string> run(Purpose purpose) {
    findOverridden();
    findWithoutObject(purpose);
    if (any(&ErrorRequest::device) && !anyLayer([](const plan::Layer &layer) {
          return layer.has_device() && layer.device().forced() &&
                 !isForcedInVain(layer);
        }) &&
        anyLayer(isForcedInVain))
      lines.push_back("--device: ',force' has no effect: the device is used "
                      "inside the ranges that it is known for");
    return std::move(lines);
  }

private:
  template <typename Predicate> bool anyLayer(Predicate holds) const {
    return std::any_of(plan.layers().begin(), plan.layers().end(), holds);
  }
  bool any(std::string ErrorRequest::*field) const {
    return std::any_of(
        requests.begin(), requests.end(),
        [&](const ErrorRequest &request) { return !(request.*field).empty(); });
  }

  /// An option that later ones replace in every layer that it speaks of.
  void findOverridden() {
    for (const LayerOption &option : ErrorFlags::layerOptions()) {
      std::vector<bool> replaced(layers.size());
      for (auto request = requests.rbegin(); request != requests.rend();
           ++request) {
        const std::string &value = (*request).*option.field;
        if (value.empty())
          continue;
        const std::vector<bool> selected =
            selectLayers(request->layers, layers);
        bool isSeen = layers.empty();
        for (size_t i = 0; i < layers.size(); ++i) {
          isSeen = isSeen || (selected[i] && !replaced[i]);
          replaced[i] = replaced[i] || selected[i];
        }
        if (!isSeen)
          lines.push_back(std::string(option.name) + " '" + value +
                          "' has no effect: other options replace it in every "
                          "layer");
      }
    }
  }

  /// What happens while a chip computes is in no weight.
  void findWhatActsLater() {
    for (const LayerOption &option : ErrorFlags::layerOptions())
      for (auto field :
           {&ErrorRequest::dac, &ErrorRequest::adc, &ErrorRequest::dacMismatch,
            &ErrorRequest::adcMismatch, &ErrorRequest::currentVoltage,
            &ErrorRequest::readNoise})
        if (option.field == field && any(field))
          lines.push_back(std::string("--") + option.name +
                          " has no effect on weights: it acts while a chip "
                          "computes");
    if (anyLayer([](const plan::Layer &layer) {
          return layer.device().has_read() && layer.device().has_time();
        }))
      lines.push_back("the read noise of the device has no effect on weights: "
                      "it acts while a chip computes");
  }

  void findWithoutObject(Purpose purpose) {
    const bool hasCells = anyLayer(actsOnCells);
    if (purpose == Purpose::weights)
      findWhatActsLater();
    if (!anyLayer(actsOnConductances) && any(&ErrorRequest::conductance))
      lines.push_back("--conductance has no effect: no error acts on "
                      "conductances (none is in uS, and there are no device, "
                      "read noise or wires)");
    if (anyLayer([](const plan::Layer &layer) {
          return layer.compensates_drift();
        }) &&
        !anyLayer([](const plan::Layer &layer) {
          return layer.compensates_drift() && layer.device().has_time();
        }))
      lines.push_back("--drift-compensation has no effect: without a time "
                      "(--device NAME@TIME, --times) no device has changed "
                      "since it was programmed");
    if (hasCells)
      return;
    const char *ideal = " has no effect on accuracy: without an error of cells "
                        "(in uS, a device, stuck cells) and without an ADC, "
                        "any number of them hold the same weight";
    if (any(&ErrorRequest::cells))
      lines.push_back(std::string("--cells") + ideal);
    if (any(&ErrorRequest::cellBits))
      lines.push_back(std::string("--cell-bits") + ideal);
    if (purpose == Purpose::weights && any(&ErrorRequest::crossbar))
      lines.push_back("--crossbar has no effect on weights without an error of "
                      "cells (in uS, a device, stuck cells)");
  }

  const std::vector<ErrorRequest> &requests;
  const plan::Plan &plan;
  std::vector<LayerIdentity> layers;
  std::vector<std::string> lines;
};

} // namespace

std::vector<std::string>
cim::idleOptions(const std::vector<ErrorRequest> &requests,
                 const plan::Plan &plan, Purpose purpose) {
  return Search(requests, plan).run(purpose);
}

void cim::warnOfIdleOptions(const std::vector<ErrorRequest> &requests,
                            const plan::Plan &plan, Purpose purpose) {
  for (const std::string &line : idleOptions(requests, plan, purpose))
    warn(line);
}
