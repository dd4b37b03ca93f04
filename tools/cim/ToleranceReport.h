//===- ToleranceReport.h - What cim tolerance has measured ------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_TOLERANCEREPORT_H
#define CIM_TOOLS_CIM_TOLERANCEREPORT_H

#include "runtime/evaluation/Statistics.h"
#include "runtime/pictures/ToleranceBars.h"
#include "tools/cim/Flags.h"

#include <optional>
#include <string>
#include <vector>

namespace cim {

/// The tolerance of one layer, or of several with errors at the same time.
struct MeasuredLayer {
  std::string name;             ///< of several: their pattern
  std::string role;             ///< of several: ""
  std::string publishedRole;    ///< "C1", "C2" or ""
  std::vector<uint32_t> layers; ///< places in the plan
  int64_t weights = 0;
  Measure accuracy;
  /// With a threshold: the largest size of the error that keeps it, and its
  /// interval over chips, in the unit of the (first) layer's error; infinite
  /// when no size was too large.
  std::optional<double> largest;
  Interval largestInterval;
  std::string unit; ///< "ns"
  /// What cheap estimates say, where they were asked for: the accuracy, from
  /// margins, and the rise of the loss, from gradients.
  std::optional<double> estimate, lossIncrease;
};

/// First and second convolution of a residual block, compared chip by chip.
struct BlockComparison {
  std::string c1, c2;
  Difference difference; ///< accuracy with errors in C2 minus in C1
};

/// The blocks with an identity shortcut: a layer of role C1 and the C2 that
/// follows it.
std::vector<BlockComparison>
compareBlocks(const std::vector<MeasuredLayer> &layers);

/// That of all largest errors; nothing where they differ.
std::optional<std::string> commonUnit(const std::vector<MeasuredLayer> &layers);

/// A table of the layers, and one of the blocks where there are any. \p exact
/// is the accuracy without errors; \p threshold the one to keep, if any.
std::string toleranceText(const std::vector<MeasuredLayer> &layers,
                          double exact, std::optional<double> threshold);

/// "layers" and "comparison".
void describeTolerance(const std::vector<MeasuredLayer> &layers,
                       Json &document);

std::vector<ToleranceBar>
toleranceBars(const std::vector<MeasuredLayer> &layers);

} // namespace cim

#endif // CIM_TOOLS_CIM_TOLERANCEREPORT_H
