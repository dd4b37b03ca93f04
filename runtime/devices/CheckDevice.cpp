//===- CheckDevice.cpp - Whether a device model can be used ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/devices/CheckDevice.h"
#include "runtime/devices/DeviceText.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <initializer_list>

using namespace cim;

/// Larger magnitudes would overflow single precision.
static constexpr double LargestNumber = 1e15;

static bool isFinite(double value) { return std::abs(value) <= LargestNumber; }

template <typename Values> static bool areFinite(const Values &values) {
  return std::all_of(values.begin(), values.end(), isFinite);
}

/// Higher powers would overflow, and nobody fits them.
static constexpr int LargestDegree = 8;

static std::string problemOfSpread(const plan::Device::Spread &spread,
                                   const std::string &what) {
  const bool saturates = spread.amplitude() != 0 || spread.saturation() != 0;
  if (saturates == (spread.polynomial_size() > 0))
    return what + " needs a polynomial, or amplitude and saturation";
  if (spread.polynomial_size() > LargestDegree + 1)
    return what + " has a polynomial of a degree above 8";
  if (!areFinite(spread.polynomial()) || !isFinite(spread.amplitude()) ||
      !isFinite(spread.saturation()))
    return what + " needs numbers of at most 1e15";
  if (saturates && !(spread.amplitude() >= 0 && spread.saturation() > 0))
    return what + " needs an amplitude of at least 0 and a saturation above 0";
  if (!(spread.time() >= 0 && isFinite(spread.time())))
    return what + " needs a time of at least 0";
  return {};
}

static std::string problemOfExponent(const plan::Device::Exponent &exponent,
                                     const std::string &what) {
  if (!areFinite(std::initializer_list<double>{
          exponent.slope(), exponent.offset(), exponent.lowest(),
          exponent.highest()}) ||
      exponent.lowest() > exponent.highest() || exponent.lowest() < -10 ||
      exponent.highest() > 10)
    return what + " needs lowest and highest from -10 to 10, in this order";
  return {};
}

static std::string problemOfRead(const plan::Device::Read &read) {
  if (!read.has_spread() && !read.has_power() && read.per_decade() == 0)
    return "read needs a polynomial, amplitude and saturation, power, or "
           "per_decade";
  if (read.has_spread())
    if (auto problem = problemOfSpread(read.spread(), "read"); !problem.empty())
      return problem;
  const plan::Device::Power &power = read.power();
  if (read.has_power() &&
      !(power.factor() > 0 && isFinite(power.factor()) &&
        power.exponent() >= 0 && power.exponent() <= 8 && power.floor() > 0 &&
        isFinite(power.floor()) && power.cap() > 0 && isFinite(power.cap())))
    return "the power of read needs a factor, a floor and a cap above 0, and "
           "an exponent from 0 to 8";
  if (!(read.per_decade() >= 0 && isFinite(read.per_decade())))
    return "read needs a per_decade of at least 0";
  if (!(read.sampling_time() >= 0 && isFinite(read.sampling_time())))
    return "read needs a sampling time of at least 0";
  return {};
}

static std::string problemOfDeviation(const plan::Device &device) {
  const auto &probability = device.deviation_probability();
  const auto &value = device.deviation_value();
  if (probability.empty() && value.empty())
    return {};
  if (probability.size() < 2 || probability.size() != value.size() ||
      !areFinite(value) || !std::is_sorted(value.begin(), value.end()) ||
      !std::is_sorted(probability.begin(), probability.end()) ||
      probability[0] != 0 || probability[probability.size() - 1] != 1)
    return "its distribution needs a cumulative distribution from 0 to 1, not "
           "descending";
  return {};
}

std::string cim::problemOfDevice(const plan::Device &device) {
  double low = device.lowest_conductance(), high = device.highest_conductance();
  if (!(low >= 0 && low < high && isFinite(high)))
    return "its conductances must ascend from at least 0";
  if (device.has_earliest_time() &&
      !(device.earliest_time() >= 0 && isFinite(device.earliest_time())))
    return "its earliest time must be at least 0";
  if (device.has_latest_time() &&
      (!device.has_earliest_time() || !isFinite(device.latest_time()) ||
       !(device.latest_time() >= device.earliest_time())))
    return "its latest time must not be before the earliest";
  if (device.levels() == 1)
    return "one level holds nothing; it needs at least 2 levels";
  for (int i = 0; i < device.programming_size(); ++i) {
    std::string problem = problemOfSpread(device.programming(i), "programming");
    if (!problem.empty())
      return problem;
    if (i > 0 &&
        !(device.programming(i).time() > device.programming(i - 1).time()))
      return "the times of programming must ascend";
  }
  if (device.programming_size() > 1 && device.logarithmic_time() &&
      device.programming(0).time() == 0)
    return "the time 0 of programming has no logarithm; use between: time";
  if (device.has_variation())
    if (auto problem = problemOfSpread(device.variation(), "variation");
        !problem.empty())
      return problem;
  if (auto problem = problemOfDeviation(device); !problem.empty())
    return problem;
  if (device.has_read())
    if (auto problem = problemOfRead(device.read()); !problem.empty())
      return problem;
  bool needsTime = device.programming_size() > 1 || device.has_drift() ||
                   device.has_relaxation() || device.has_read();
  if (needsTime && !device.has_earliest_time())
    return "it changes with time, but has no range of time";
  if (device.has_drift()) {
    const plan::Device::Drift &drift = device.drift();
    if (!(drift.t0() > 0 && isFinite(drift.t0())))
      return "drift needs a t0 above 0";
    if (device.earliest_time() < drift.t0())
      return "its times must not begin before the t0 of drift";
    for (auto [exponent, what] : {std::pair(&drift.mean(), "the drift's mean"),
                                  {&drift.std(), "the drift's std"}})
      if (auto problem = problemOfExponent(*exponent, what); !problem.empty())
        return problem;
  }
  if (device.has_relaxation()) {
    const auto &relaxation = device.relaxation();
    for (const auto *list : {&relaxation.mean(), &relaxation.std()})
      if (list->empty() || list->size() > LargestDegree + 1 ||
          !areFinite(*list))
        return "relaxation needs a mean and a std of 1 to 9 finite numbers "
               "each";
    if (device.earliest_time() == 0)
      return "relaxation goes with the logarithm of time, so the range of time "
             "must begin above 0";
  }
  return {};
}

std::string cim::problemOfTime(const plan::Device &device) {
  if (!device.has_time())
    return {};
  double time = device.time();
  if (!(time >= 0 && isFinite(time)))
    return "its time is not a number of seconds from 0 to 1e15";
  if (!device.has_earliest_time())
    return "it says nothing about time; leave out @" + timeText(time);
  if (device.has_drift() && time < device.drift().t0())
    return "its drift begins " + timeText(device.drift().t0()) +
           " after programming; ask for that time or a later one, not " +
           timeText(time);
  if (time == 0 && (device.has_relaxation() || (device.programming_size() > 1 &&
                                                device.logarithmic_time())))
    return "it goes with the logarithm of time; ask for a time above 0";
  bool early = time < device.earliest_time();
  bool late = device.has_latest_time() && time > device.latest_time();
  if (device.forced() || (!early && !late))
    return {};
  return timeText(time) + " is " + (early ? "before" : "after") +
         " the times at which it is known, " +
         timeText(device.earliest_time()) +
         (device.has_latest_time() ? " to " + timeText(device.latest_time())
                                   : " and later") +
         "; add ,force to extrapolate";
}

std::string cim::problemOfWindow(const plan::Device &device,
                                 const plan::Crossbar &crossbar) {
  auto text = [](double value) {
    char digits[32];
    return std::string(
        digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  };
  if (device.levels() > 0 && (crossbar.cell_bits() == 0 ||
                              device.levels() < 1u << crossbar.cell_bits()))
    return "its cells hold " + std::to_string(device.levels()) +
           " levels; slice the weights with --cell-bits " +
           std::to_string(std::bit_width(device.levels()) - 1) +
           (device.levels() < 4 ? "" : " or fewer");
  double low = crossbar.lowest_conductance();
  double high = crossbar.highest_conductance();
  if (device.forced())
    return {};
  // A scaled device keeps the ratio of its range.
  double scale =
      device.scales_with_window() ? high / device.highest_conductance() : 1;
  if (low >= device.lowest_conductance() * scale &&
      high <= device.highest_conductance() * scale * (1 + 1e-12))
    return {};
  return "the window " + text(low) + ":" + text(high) +
         " leaves the conductances that it is known for, " +
         text(device.lowest_conductance()) + " to " +
         text(device.highest_conductance()) + " " + device.unit() +
         "; choose another --conductance, or add ,force to extrapolate";
}
