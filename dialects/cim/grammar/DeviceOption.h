//===- DeviceOption.h - The grammar of --device -----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_GRAMMAR_DEVICEOPTION_H
#define CIM_DIALECTS_CIM_GRAMMAR_DEVICEOPTION_H

#include "dialects/cim/grammar/ErrorOptions.h"

namespace cim {

/// `NAME[@TIME][,force]`, NAME a preset's or the path of a YAML file.
struct DeviceOption {
  std::string name;
  std::optional<double> time = std::nullopt; ///< seconds since programming
  bool force = false; ///< also outside the model's ranges
};

/// Throws GrammarError. Does not look for the device.
DeviceOption parseDevice(std::string_view text);

/// A time of at least 0 with its unit, `20s`, `5min`, `1.5h`, `1d` (or ns, us,
/// ms), in seconds. Throws GrammarError.
double parseDuration(std::string_view text);

/// `T1,T2,...`, ascending. Throws GrammarError.
std::vector<double> parseDurations(std::string_view text);

} // namespace cim

#endif // CIM_DIALECTS_CIM_GRAMMAR_DEVICEOPTION_H
