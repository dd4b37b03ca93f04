//===- Conditions.cpp - When and how often a chip is read -----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/Conditions.h"
#include "runtime/converters/Dac.h"
#include "runtime/devices/CheckDevice.h"
#include "runtime/tensor/Errors.h"

#include <algorithm>

using namespace cim;

plan::Plan cim::atTime(const plan::Plan &plan, double seconds) {
  plan::Plan later = plan;
  bool changes = false;
  for (plan::Layer &layer : *later.mutable_layers()) {
    if (!layer.has_device() || !layer.device().has_earliest_time())
      continue;
    plan::Device &device = *layer.mutable_device();
    auto fail = [&](const std::string &problem) {
      throw InputError("layer '" + layer.name() + "', device '" +
                       device.name() + "': " + problem);
    };
    if (device.has_time())
      fail("it has a time already; leave out @TIME where --times are given");
    device.set_time(seconds);
    if (std::string problem = problemOfTime(device); !problem.empty())
      fail(problem);
    changes = true;
  }
  if (!changes)
    throw InputError("--times needs a device that changes with time, such as "
                     "--device pcm-joshi2020; 'cim devices' lists them");
  return later;
}

static bool countsReads(const plan::Layer &layer) {
  return layer.has_read_disturb() && !layer.read_disturb().has_reads();
}

bool cim::countsReads(const plan::Plan &plan) {
  return std::any_of(
      plan.layers().begin(), plan.layers().end(),
      [](const plan::Layer &layer) { return ::countsReads(layer); });
}

plan::Plan cim::withReads(const plan::Plan &plan, int64_t images) {
  plan::Plan counted = plan;
  for (plan::Layer &layer : *counted.mutable_layers()) {
    if (!::countsReads(layer))
      continue;
    double weights = 1;
    for (int64_t extent : layer.shape())
      weights *= double(extent);
    // Every product uses every weight once, or once for every bit.
    const double products = weights > 0 ? double(layer.macs()) / weights : 0;
    // What is not calibrated is refused later.
    const unsigned applications =
        layer.dac().has_range() && layer.dac().has_is_signed()
            ? Dac(layer.dac()).applications()
            : 1;
    layer.mutable_read_disturb()->set_reads(double(images) * products *
                                            applications);
  }
  return counted;
}
