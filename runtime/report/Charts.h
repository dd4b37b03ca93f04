//===- Charts.h - Which curves a study draws --------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_REPORT_CHARTS_H
#define CIM_RUNTIME_REPORT_CHARTS_H

#include "runtime/pictures/Chart.h"
#include "runtime/report/Results.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cim {

/// The number in an option's value, and what is left of the value: 0.25 and
/// "normal:*qs" of `normal:0.25qs`, 1/64 and "*qs" of `+1/64qs`. Of a device it
/// is the time after programming, in seconds.
struct OptionNumber {
  double number = 0;
  std::string kind;
  std::string unit; ///< what follows the number, up to the next comma
};
std::optional<OptionNumber> numberIn(std::string_view option,
                                     std::string_view value);

/// The charts that show \p study: accuracy over every option whose number
/// varies while everything else stays, one curve per everything else; and bars
/// over every other option that varies. ChartPoint::result is the index into
/// the study's results, and bands are the intervals over chips.
std::vector<Chart> chartsOf(const Study &study);

/// "noise normal:0.25qs, quantize 4": the options \p names of \p options.
std::string textOf(const Options &options,
                   const std::vector<std::string> &names);

} // namespace cim

#endif // CIM_RUNTIME_REPORT_CHARTS_H
