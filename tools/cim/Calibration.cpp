//===- Calibration.cpp - Ranges of converters, from data ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/Calibration.h"
#include "dialects/cim/grammar/LayerPattern.h"
#include "runtime/calibration/Calibrate.h"
#include "runtime/converters/LayerConverters.h"
#include "runtime/evaluation/Evaluation.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Progress.h"

#include <CLI/CLI.hpp>
#include <charconv>

using namespace cim;

void Calibrator::addTo(CLI::App &app) {
  addCount(app, "--calibrate", asked,
           "Images of the train split on which the ranges of converters are "
           "measured (default: 200)",
           1'000'000)
      ->group("Crossbars");
}

int64_t Calibrator::count() const { return asked > 0 ? asked : 200; }

void Calibrator::check(const Network &network) const {
  if (asked == 0)
    return;
  if (!hasConverters(network.plan))
    throw UsageError("--calibrate has no effect without converters; add --dac "
                     "or --adc, or leave it out");
  if (!needsCalibration(network.plan))
    throw UsageError("--calibrate has no effect: the ranges of all converters "
                     "are given; leave it out");
}

const DataSet &Calibrator::images(const Network &network, const DataFlags &data,
                                  const RunFlags &running) {
  if (!opened)
    opened = data.openForCalibration({.limit = count(),
                                      .inputShape = imageShape(network.plan),
                                      .classes = classCount(network.plan),
                                      .threads = unsigned(running.threads)});
  return *opened;
}

void Calibrator::calibrate(
    Network &network, const DataFlags &data, const RunFlags &running,
    const std::function<void(const std::string &)> &warning) {
  if (!needsCalibration(network.plan))
    return;
  const DataSet &set = images(network, data, running);
  std::vector<std::string> doubts;
  {
    Progress progress("calibrating", set.images(), "images");
    doubts = cim::calibrate(
        network.plan, network.tensors, set.images(),
        [&](int64_t index, float *image) {
          set.read(index, image);
          if (index == 0 && progress.done > 0) // another run of the network
            progress.total += set.images();
          progress.done.fetch_add(1, std::memory_order_relaxed);
        },
        running.executorOptions(), interrupted);
  }
  checkInterrupted();
  for (const std::string &doubt : doubts)
    warning(doubt);
}

Json Calibrator::identity(const Network &network, const DataFlags &data,
                          const RunFlags &running) {
  const DataSet &set = images(network, data, running);
  return {{"images", set.images()}, {"sha256", set.sha256()}};
}

void Calibrator::describe(Json &options, const Network &network) const {
  if (hasConverters(network.plan))
    options["calibrate"] = count();
}

std::vector<ErrorRequest> cim::fixedRanges(const plan::Plan &plan) {
  auto decimal = [](double number) {
    char text[32];
    return std::string(text, std::to_chars(text, std::end(text), number).ptr);
  };
  std::vector<ErrorRequest> requests;
  for (int index = 0; index < plan.layers_size(); ++index) {
    const plan::Layer &layer = plan.layers(index);
    if (!layer.has_dac() && !layer.has_adc())
      continue;
    ErrorRequest &request = requests.emplace_back();
    request.layers = patternOfLayer(index);
    if (const plan::Dac &dac = layer.dac(); layer.has_dac())
      request.dac = std::to_string(dac.bits()) +
                    ",range=" + decimal(dac.range()) +
                    (dac.is_signed() ? ",inputs=signed" : ",inputs=unsigned") +
                    (dac.serial() ? ",mode=serial" : "");
    if (const plan::Adc &adc = layer.adc(); layer.has_adc()) {
      request.adc = std::to_string(adc.bits()) + ",limit=";
      for (int i = 0; i < adc.limits_size(); ++i)
        request.adc += (i > 0 ? "/" : "") + decimal(adc.limits(i));
      request.adc += adc.per_tile() ? ",per=tile" : "";
    }
  }
  return requests;
}
