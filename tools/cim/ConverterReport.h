//===- ConverterReport.h - What converters clipped --------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_CONVERTERREPORT_H
#define CIM_TOOLS_CIM_CONVERTERREPORT_H

#include "runtime/converters/Counts.h"
#include "runtime/plan/plan.pb.h"
#include "tools/cim/Flags.h"

#include <string>
#include <vector>

namespace cim {

/// The converters of every layer that has some, their ranges, and what they
/// clipped.
class ConverterReport {
public:
  /// \p counts by layer of \p plan, which must outlive this.
  ConverterReport(const plan::Plan &plan, std::vector<ConverterCounts> counts);

  bool isEmpty() const { return layers.empty(); }
  std::string text() const;
  /// `"converters"`: a list with one entry per layer.
  Json json() const;

private:
  const plan::Plan &plan;
  std::vector<ConverterCounts> counts;
  std::vector<int> layers; ///< with converters
};

} // namespace cim

#endif // CIM_TOOLS_CIM_CONVERTERREPORT_H
