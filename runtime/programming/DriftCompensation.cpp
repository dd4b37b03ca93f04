//===- DriftCompensation.cpp - Against what all cells lose ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/programming/DriftCompensation.h"

#include <algorithm>
#include <utility>

using namespace cim;

/// Weights of a part: enough that handing it out costs nothing.
static constexpr size_t partWeights = 32 * Cells::MaximumWeights;

DriftCompensation::DriftCompensation(Cells programmed, const Cells &cells,
                                     std::span<const float> levels)
    : programmed(std::move(programmed)), cells(cells), levels(levels),
      sums((levels.size() + partWeights - 1) / partWeights) {}

void DriftCompensation::measure(const Chip &chip, size_t part) {
  const size_t end = std::min((part + 1) * partWeights, levels.size());
  float conductances[Cells::MaximumWeights];
  auto sum = [&](const Cells &from) {
    double total = 0;
    for (size_t first = part * partWeights; first < end;
         first += Cells::MaximumWeights) {
      const std::span<const float> block =
          levels.subspan(first, std::min(Cells::MaximumWeights, end - first));
      for (unsigned slice = 0; slice < from.sliceCount(); ++slice)
        for (bool negative : {false, true}) {
          if (negative && !from.hasPairs())
            continue;
          from.writeConductances(chip, {slice, negative}, first, block,
                                 conductances);
          for (size_t i = 0; i < block.size(); ++i)
            total += conductances[i];
        }
    }
    return total;
  };
  sums[part] = {sum(programmed), sum(cells)};
}

float DriftCompensation::factor() const {
  Sums total;
  for (const Sums &part : sums) {
    total.programmed += part.programmed;
    total.now += part.now;
  }
  return total.now > 0 ? float(total.programmed / total.now) : 1;
}
