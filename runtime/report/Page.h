//===- Page.h - Results as one web page -------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_REPORT_PAGE_H
#define CIM_RUNTIME_REPORT_PAGE_H

#include "runtime/report/Results.h"

#include <optional>
#include <span>
#include <string>

namespace cim {

struct PageOptions {
  std::string title;   ///< what the results are of
  std::string version; ///< of the program that writes the page
  double yieldThreshold = 0.9;
  /// What is still being computed; such a page loads itself anew.
  std::optional<std::string> running;
};

/// A page of HTML that shows \p studies: charts, sortable tables, settings. It
/// stands alone: styles, data and the chart library (Apache ECharts) are
/// inside.
std::string pageOf(std::span<const Study> studies, const PageOptions &options);

/// \p text as one field of CSV, in quotes where it needs them.
std::string csvField(std::string text);

/// The table of \p studies as CSV (RFC 4180), one line per result.
std::string tableOf(std::span<const Study> studies, double yieldThreshold);

} // namespace cim

#endif // CIM_RUNTIME_REPORT_PAGE_H
