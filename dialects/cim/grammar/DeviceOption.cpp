//===- DeviceOption.cpp - The grammar of --device -------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/DeviceOption.h"
#include "dialects/cim/grammar/Words.h"

using namespace cim;
using namespace cim::grammar;

double cim::parseDuration(std::string_view text) {
  constexpr std::pair<std::string_view, double> units[] = {
      {"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1},
      {"min", 60},  {"h", 3600},  {"d", 86400}};
  size_t end = text.find_last_of("0123456789.") + 1; // 0 without a digit
  std::string_view unit = text.substr(end);
  std::optional<double> number = parseDecimal(text.substr(0, end));
  for (auto [name, seconds] : units)
    if (number && unit == name && *number >= 0 && *number * seconds <= 1e15)
      return *number * seconds;
  throw GrammarError("time " + quote(text) +
                     " is not a number of at least 0 with a unit; write s, "
                     "min, h or d, such as 20s or 1d");
}

std::vector<double> cim::parseDurations(std::string_view text) {
  std::vector<double> times;
  for (std::string_view word : split(text, ',')) {
    times.push_back(parseDuration(word));
    if (times.size() > 1 && !(times.back() > times[times.size() - 2]))
      throw GrammarError("time " + quote(word) +
                         " is not after the one before it; write times in "
                         "ascending order");
  }
  return times;
}

DeviceOption cim::parseDevice(std::string_view text) {
  DeviceOption option;
  if (constexpr std::string_view force = ",force"; text.ends_with(force)) {
    option.force = true;
    text.remove_suffix(force.size());
  } else if (size_t comma = text.rfind(','); comma != text.npos) {
    throw GrammarError("unknown word " + quote(text.substr(comma + 1)) +
                       " after the device; write NAME[@TIME][,force]");
  }
  if (size_t at = text.rfind('@'); at != text.npos) {
    option.time = parseDuration(text.substr(at + 1));
    text = text.substr(0, at);
  }
  if (text.empty())
    throw GrammarError("the device is missing; write NAME[@TIME][,force], such "
                       "as pcm-joshi2020@1d");
  option.name = text;
  return option;
}
