//===- SweepReport.h - A sweep for people and for programs -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_SWEEPREPORT_H
#define CIM_TOOLS_CIM_SWEEPREPORT_H

#include "runtime/report/Results.h"
#include "tools/cim/Vary.h"

#include <optional>
#include <string>
#include <vector>

namespace cim {

/// What is known about one point of a sweep.
struct PointResult {
  const SweepPoint *point;
  Result result; ///< without chips when none is finished
};

/// How results are shown.
struct SweepReport {
  int64_t images = 0;
  std::optional<double> yieldThreshold;
  /// Settings of the points that others are compared with; empty: no
  /// comparison.
  std::vector<Setting> baseline;
  /// What acts where nothing varies: errorsText().
  std::string errors;

  std::string text(const std::vector<PointResult> &results) const;
  /// `"points"`: settings and accuracy, null for a point without a chip.
  Json points(const std::vector<PointResult> &results) const;
  /// `"differences"`: every point and the one that differs from it in the
  /// settings of `baseline` only.
  Json differences(const std::vector<PointResult> &results) const;

private:
  struct Pair {
    const PointResult *result, *baseline;
    Difference difference;
  };
  std::vector<Pair> pairs(const std::vector<PointResult> &results) const;
  std::string differencesText(const std::vector<PointResult> &results) const;
};

} // namespace cim

#endif // CIM_TOOLS_CIM_SWEEPREPORT_H
