//===- CellChoice.cpp - Which cells are worth another write ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/CellChoice.h"

#include <algorithm>
#include <cmath>
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

int64_t cim::writesOfRound(int64_t most, int64_t round, int64_t rounds) {
  constexpr double ratio = 0.3;
  auto upTo = [&](int64_t r) {
    return std::llround(most * (1 - std::pow(ratio, r)) /
                        (1 - std::pow(ratio, rounds)));
  };
  return upTo(round + 1) - upTo(round);
}

CellSet cim::changedCells(const CellFacts &facts, double threshold) {
  CellSet changed;
  for (const auto &[layer, wanted] : facts.wanted) {
    const std::vector<float> &held = facts.held.at(layer);
    const auto [lowest, highest] = std::ranges::minmax(wanted);
    const double limit = threshold * (double(highest) - lowest);
    std::vector<bool> &set = changed[layer];
    for (size_t i = 0; i < wanted.size(); ++i)
      set.push_back(threshold <= 0 ||
                    std::abs(double(wanted[i]) - held[i]) > limit);
  }
  return changed;
}

CellSet cim::worstLayers(const CellFacts &facts) {
  std::vector<std::pair<double, std::string>> layers; // the worst first
  for (const auto &[layer, wanted] : facts.wanted) {
    const double size = meanSquare(wanted, std::vector<float>(wanted.size()));
    layers.emplace_back(-meanSquare(wanted, facts.held.at(layer)) /
                            std::max(size, 1e-300),
                        layer);
  }
  std::ranges::sort(layers);
  CellSet worst;
  for (size_t i = 0; i < layers.size(); ++i)
    worst[layers[i].second].assign(facts.wanted.at(layers[i].second).size(),
                                   i < (layers.size() + 1) / 2);
  return worst;
}

CellSet cim::inBoth(CellSet a, const CellSet &b) {
  for (auto &[layer, set] : a)
    for (size_t i = 0; i < set.size(); ++i)
      set[i] = set[i] && b.at(layer)[i];
  return a;
}

void cim::setWanted(CellFacts &facts, const CellSet &set,
                    const CellValues &values) {
  for (const auto &[layer, cells] : set)
    for (size_t i = 0; i < cells.size(); ++i)
      if (cells[i])
        facts.wanted.at(layer)[i] = values.at(layer)[i];
}

double cim::meanSquare(const std::vector<float> &a,
                       const std::vector<float> &b) {
  double squares = 0;
  for (size_t i = 0; i < a.size(); ++i)
    squares += (double(a[i]) - b[i]) * (double(a[i]) - b[i]);
  return a.empty() ? 0 : squares / a.size();
}

int64_t cim::countCells(const CellSet &cells) {
  int64_t count = 0;
  for (const auto &[layer, set] : cells)
    count += std::ranges::count(set, true);
  return count;
}
