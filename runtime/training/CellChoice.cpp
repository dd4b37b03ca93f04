//===- CellChoice.cpp - Which cells are worth another write ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/CellChoice.h"

#include <algorithm>
#include <span>

using namespace cim;

CellSet cim::cellsWorthWriting(const CellFacts &facts, int64_t most) {
  struct Candidate {
    double gain;
    size_t place; ///< among all, so that the choice among equals is certain
    std::vector<bool> *set;
    size_t cell;
  };
  CellSet chosen;
  std::vector<Candidate> candidates;
  for (const auto &[layer, wanted] : facts.wanted) {
    std::vector<bool> &set = chosen[layer];
    set.resize(wanted.size());
    const std::vector<float> &held = facts.held.at(layer),
                             &curvature = facts.curvature.at(layer);
    const double variance = facts.writeVariance.at(layer);
    for (size_t i = 0; i < wanted.size(); ++i) {
      const double distance = double(wanted[i]) - held[i];
      const double gain = curvature[i] * (distance * distance - variance);
      if (gain > 0)
        candidates.push_back({gain, candidates.size(), &set, i});
    }
  }
  const size_t count = std::min<size_t>(most, candidates.size());
  std::ranges::nth_element(candidates, candidates.begin() + count,
                           [](const Candidate &a, const Candidate &b) {
                             return a.gain != b.gain ? a.gain > b.gain
                                                     : a.place < b.place;
                           });
  for (const Candidate &candidate : std::span(candidates).first(count))
    (*candidate.set)[candidate.cell] = true;
  return chosen;
}

int64_t cim::countCells(const CellSet &cells) {
  int64_t count = 0;
  for (const auto &[layer, set] : cells)
    count += std::ranges::count(set, true);
  return count;
}
