//===- MeasureText.cpp - Accuracies for people and for programs -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/MeasureText.h"
#include "tools/cim/Text.h"

using namespace cim;

static std::string intervalText(const Interval &interval) {
  return "95 % interval " + hundredths(interval.lowest) + " to " +
         hundredths(interval.highest);
}

std::string cim::measureText(const Measure &measure) {
  std::string text = percent(measure.mean) + "  (";
  if (measure.standardDeviation)
    text += "over chips: std " + hundredths(*measure.standardDeviation) + ", " +
            intervalText(measure.interval) + "; ";
  return text + "over images: " + intervalText(measure.imageInterval) + ")";
}

Json cim::measureJson(const Measure &measure) {
  auto both = [](const Interval &interval) {
    return Json::array({interval.lowest, interval.highest});
  };
  return {{"mean", measure.mean},
          {"std", measure.standardDeviation ? Json(*measure.standardDeviation)
                                            : Json(nullptr)},
          {"ci95", both(measure.interval)},
          {"image_ci95", both(measure.imageInterval)},
          {"trials", measure.trials}};
}
