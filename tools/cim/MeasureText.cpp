//===- MeasureText.cpp - Accuracies for people and for programs -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/MeasureText.h"
#include "tools/cim/Text.h"

using namespace cim;

std::string cim::accuraciesText(const Interval &interval) {
  const Interval possible = withinAccuracies(interval);
  return hundredths(possible.lowest) + " to " + hundredths(possible.highest);
}

/// \p spread is what the standard deviation is over, and \p between stands
/// between it and the interval of the mean.
static std::string textOf(const Measure &measure, const std::string &spread,
                          const std::string &between) {
  std::string text = percent(measure.mean) + "  (";
  if (measure.standardDeviation)
    text += "over " + spread + ": std " +
            hundredths(*measure.standardDeviation) + between +
            accuraciesText(measure.interval) + "; ";
  return text + "over images: 95 % interval " +
         accuraciesText(measure.imageInterval) + ")";
}

std::string cim::measureText(const Measure &measure) {
  return textOf(measure, "chips", ", 95 % interval ");
}

std::string cim::rewritesText(const Measure &measure, size_t chips) {
  if (chips == measure.trials.size())
    return measureText(measure);
  if (chips == 1)
    return textOf(measure, "rewrites", ", 95 % interval ");
  return textOf(measure, "chips and rewrites",
                "; 95 % interval of the mean over chips ");
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
