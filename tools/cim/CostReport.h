//===- CostReport.h - What a mapped network takes ---------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_COSTREPORT_H
#define CIM_TOOLS_CIM_COSTREPORT_H

#include "runtime/cost/Cost.h"
#include "tools/cim/Flags.h"

#include <optional>
#include <string>

namespace cim {

/// `--technology`, for commands that know a mapping.
struct CostFlags {
  std::string technology;

  void addTo(CLI::App &app);
  /// Reads the technology, if one is asked for. Throws GrammarError, and
  /// InputError.
  void check();
  void describe(Json &options) const;

  /// The cost of \p plan. Throws InputError.
  Cost of(const plan::Plan &plan, double pulsesPerWrite = 1) const;
  /// A table of what every layer does for one image.
  std::string layersText(const Cost &cost) const;
  /// The sums of all layers.
  std::string summaryText(const Cost &cost) const;
  /// With a technology, what it makes of them: every figure and its formula.
  std::string totalsText(const Cost &cost) const;
  Json document(const Cost &cost) const;

private:
  std::optional<Technology> found;
};

} // namespace cim

#endif // CIM_TOOLS_CIM_COSTREPORT_H
