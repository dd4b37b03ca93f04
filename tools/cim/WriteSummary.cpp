//===- WriteSummary.cpp - What writing verified cells took ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/WriteSummary.h"

#include "tools/cim/Text.h"

#include <algorithm>
#include <cmath>

using namespace cim;

bool cim::verifiesCells(const plan::Plan &plan) {
  return std::any_of(
      plan.layers().begin(), plan.layers().end(),
      [](const plan::Layer &layer) { return layer.has_write_verify(); });
}

WriteSummary::WriteSummary(std::span<const WriteCounts> chips) {
  const double share = 1.0 / double(chips.size());
  for (const WriteCounts &chip : chips) {
    cells += double(chip.cells) * share;
    pulses += double(chip.pulses) * share;
    failed += double(chip.failed) * share;
  }
}

double WriteSummary::perWrite(uint64_t cellWrites) const {
  const double writes = double(cellWrites);
  return writes > 0 ? (writes + (pulses - cells)) / writes : 1;
}

std::string WriteSummary::text() const {
  return brief(perCell(), 3) + " pulses per cell, " +
         grouped(std::llround(pulses)) + " in all; " +
         grouped(std::llround(failed)) + " of " + grouped(std::llround(cells)) +
         " cells out of tolerance";
}

Json WriteSummary::json() const {
  return {{"cells", cells},
          {"pulses", pulses},
          {"pulses_per_cell", perCell()},
          {"failed", failed}};
}
