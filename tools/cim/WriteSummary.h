//===- WriteSummary.h - What writing verified cells took --------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_WRITESUMMARY_H
#define CIM_TOOLS_CIM_WRITESUMMARY_H

#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"
#include "tools/cim/Flags.h"

#include <span>
#include <string>

namespace cim {

/// Whether cells of \p plan are verified when they are written.
bool verifiesCells(const plan::Plan &plan);

/// What writing cells took, on average over chips.
class WriteSummary {
public:
  explicit WriteSummary(std::span<const WriteCounts> chips);

  /// Pulses per cell that was written with errors; and of all \p cellWrites of
  /// a chip, of which others take one each.
  double perCell() const { return cells > 0 ? pulses / cells : 1; }
  double perWrite(uint64_t cellWrites) const;
  std::string text() const;
  Json json() const;

private:
  double cells = 0, pulses = 0, failed = 0;
};

} // namespace cim

#endif // CIM_TOOLS_CIM_WRITESUMMARY_H
