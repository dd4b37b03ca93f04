//===- Chart.h - Curves and bars with bands ---------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PICTURES_CHART_H
#define CIM_RUNTIME_PICTURES_CHART_H

#include "runtime/evaluation/Statistics.h"
#include "runtime/pictures/Gnuplot.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cim {

/// A value somewhere along the axis, and how well it is known.
struct ChartPoint {
  double x = 0; ///< a number, or the index of a category
  double value = 0;
  /// Drawn as a band around a curve, as a whisker on a bar.
  Interval band;
  /// Which result this is, for those who show more of it than its value.
  size_t result = 0;
};

struct ChartCurve {
  std::string name;               ///< may be empty when there is one curve
  std::vector<ChartPoint> points; ///< ascending x
};

/// Values (fractions, such as accuracies) over a number, or over categories.
struct Chart {
  std::string title;
  std::string xTitle, yTitle;
  bool isLogarithmic = false; ///< x, all above 0
  bool isTime = false;        ///< x is seconds
  bool isWhole = false;       ///< x has no fractions: bits
  /// Not empty: bars, one group per category.
  std::vector<std::string> categories;
  /// What bars are compared with, drawn as a line from which they begin: the
  /// accuracy without errors. Its place means nothing.
  std::optional<ChartPoint> reference;
  std::vector<ChartCurve> curves;
  size_t leftOut = 0; ///< curves that there was no room for
  /// Lines that say what is shown, below a picture that stands alone.
  std::vector<std::string> caption;
};

/// At most so many charts fit a picture.
constexpr size_t mostCharts = 24;

/// Draws \p charts, a panel each; fractions in percent. Throws InputError.
std::string drawCharts(std::span<const Chart> charts, PictureFormat format);

} // namespace cim

#endif // CIM_RUNTIME_PICTURES_CHART_H
