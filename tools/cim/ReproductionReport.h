//===- ReproductionReport.h - An experiment's results to keep ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_REPRODUCTIONREPORT_H
#define CIM_TOOLS_CIM_REPRODUCTIONREPORT_H

#include "tools/cim/Flags.h"

#include <map>
#include <string>
#include <vector>

namespace cim {

/// One published number beside ours, as text.
struct ComparedNumber {
  std::string run, setting, published, here, interval;
  bool agrees = false;
};

/// What an experiment found.
struct Reproduction {
  std::string experiment; ///< its file
  std::string title;
  std::vector<ComparedNumber> numbers;
  /// The documents of its runs, by name, in order.
  std::vector<std::pair<std::string, Json>> runs;

  int64_t agreeing() const;
  /// The comparison, for the terminal; empty without published numbers.
  std::string text() const;
  /// A page in Markdown that stands at \p path: the comparison, and every point
  /// and limit of all runs. Pictures that runs wrote are shown.
  std::string markdown(const std::string &path) const;
};

} // namespace cim

#endif // CIM_TOOLS_CIM_REPRODUCTIONREPORT_H
