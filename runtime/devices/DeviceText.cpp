//===- DeviceText.cpp - Device models in words ----------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/devices/DeviceText.h"

#include <charconv>
#include <cmath>

using namespace cim;

/// The shortest decimal text of \p value.
static std::string decimal(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string cim::timeText(double seconds) {
  constexpr std::pair<double, const char *> units[] = {
      {86400, " d"}, {3600, " h"}, {60, " min"}};
  for (auto [size, name] : units)
    if (seconds >= size && std::fmod(seconds, size) == 0)
      return decimal(seconds / size) + name;
  return decimal(seconds) + " s";
}

std::string cim::rangeText(const DeviceModel &model) {
  if (!model.blankLines.empty())
    return "to be filled in";
  const plan::Device &device = model.device;
  std::string text = decimal(device.lowest_conductance()) + " to " +
                     decimal(device.highest_conductance()) + " " +
                     device.unit();
  if (device.scales_with_window())
    text += " or scaled";
  if (device.has_latest_time())
    text += ", " + timeText(device.earliest_time()) + " to " +
            timeText(device.latest_time());
  else if (device.has_earliest_time())
    text += ", from " + timeText(device.earliest_time());
  return text;
}

std::vector<std::string> cim::termsOf(const plan::Device &device) {
  std::vector<std::string> terms;
  if (device.programming_size() > 0)
    terms.push_back("programming");
  if (device.programming_size() > 1)
    terms.push_back("growth");
  if (device.has_variation())
    terms.push_back("variation");
  if (device.has_drift())
    terms.push_back("drift");
  if (device.has_relaxation())
    terms.push_back("relaxation");
  if (device.has_read())
    terms.push_back("read noise");
  return terms;
}
