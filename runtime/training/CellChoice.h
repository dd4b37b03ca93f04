//===- CellChoice.h - Which cells are worth another write -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_CELLCHOICE_H
#define CIM_RUNTIME_TRAINING_CELLCHOICE_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cim {

/// A number for every cell of some layers, by the name of their weights.
using CellValues = std::map<std::string, std::vector<float>>;
/// Some of these cells.
using CellSet = std::map<std::string, std::vector<bool>>;

/// What deciding needs to know of the cells; all of the same layers.
struct CellFacts {
  CellValues wanted; ///< what they should hold
  CellValues held;   ///< what they hold
  // For cellsWorthWriting() only:
  /// The second derivative of the loss in every weight, times any common
  /// factor.
  CellValues curvature{};
  /// By layer: the mean square of the errors that a write makes.
  std::map<std::string, double> writeVariance{};
};

/// The at most \p most cells whose writing is expected to lower the loss most.
/// A cell at a distance d from what is wanted costs c d^2 / 2, c its curvature,
/// and after another write c v / 2 on average, v the variance of writing
/// (the selective write-verify of Yan, Hu and Shi, SWIM, DAC 2022, which ranks
/// cells by c alone). Cells that a write would be expected to worsen are never
/// taken. Among equal cells the first ones are.
CellSet cellsWorthWriting(const CellFacts &facts, int64_t most);

/// How many of \p most writes fall into round \p round, from 0, of \p rounds:
/// each round has 0.3 times the writes of the one before. Rounds that write
/// again whatever lies beyond a fixed multiple of the error do so, and 0.3 is
/// near the best for normal errors and a budget of two fifths of all cells.
int64_t writesOfRound(int64_t most, int64_t round, int64_t rounds);

/// The cells that are wanted to change by more than \p threshold of the range
/// of what is wanted in their layer; with 0, all.
CellSet changedCells(const CellFacts &facts, double threshold);

/// All cells of the half of the layers whose errors are largest, relative to
/// what is wanted; none of the others.
CellSet worstLayers(const CellFacts &facts);

/// The cells that are in both \p a and \p b, sets of the same layers.
CellSet inBoth(CellSet a, const CellSet &b);

/// Of the cells \p set, \p values are wanted from now on.
void setWanted(CellFacts &facts, const CellSet &set, const CellValues &values);

/// The mean square of the distances between \p a and \p b, of the same size.
double meanSquare(const std::vector<float> &a, const std::vector<float> &b);

/// How many cells are in \p cells.
int64_t countCells(const CellSet &cells);

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_CELLCHOICE_H
