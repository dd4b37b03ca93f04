//===- Cost.h - What a mapped network takes --------------------*- C++ -*--===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Counts that follow from the mapping alone and, with a technology, what they
// cost; docs/cost.md derives every formula.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_COST_COST_H
#define CIM_RUNTIME_COST_COST_H

#include "runtime/cost/Technology.h"
#include "runtime/mapping/Tiles.h"
#include "runtime/plan/plan.pb.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cim {

/// What the arrays of one layer are, and do for one image.
struct LayerCost {
  std::string name;
  TileCounts tiles;
  /// Of one array, without the reference column.
  uint32_t arrayRows = 0, arrayColumns = 0;
  /// Columns with weights of the fullest array.
  uint32_t usedColumns = 0;
  /// Cells of all arrays, references among them, used or not.
  uint64_t arrayCells = 0;
  /// One for every cell with a weight or a reference.
  uint64_t cellWrites = 0;
  uint64_t dacs = 0, adcs = 0;
  /// Of converters; 0: ideal ones, and no technology says otherwise.
  unsigned inputBits = 0, adcBits = 0;
  /// Input vectors of a group's matrix, and analogue reads that one takes: 1,
  /// or as many as its bits need.
  uint64_t vectors = 0;
  unsigned reads = 1;
  /// Values that enter rows, and results of columns.
  uint64_t inputs = 0, outputs = 0;
  uint64_t macs = 0, arrayReads = 0, dacConversions = 0, adcConversions = 0;
  /// In joules, seconds and square metres; 0 without a technology.
  double energy = 0, latency = 0, area = 0;
};

/// A part of a sum: `count` things (`unit`), `price` for each. SI units.
struct CostTerm {
  std::string name;
  double count = 0;
  std::string unit, price;
  double total = 0;
};

struct Cost {
  /// Of a cell that is written, on average over all; 1 where nothing is
  /// verified.
  double pulsesPerWrite = 1;
  std::vector<LayerCost> layers;
  /// Of all layers: what has no sum (bits, reads) is 0.
  LayerCost total;
  /// With a technology: what energy (of one image), area and the energy of
  /// programming (once) are made of.
  std::vector<CostTerm> energy, area, programming;
  /// In seconds, cell after cell; 0 where the technology does not say.
  double programmingTime = 0;
  /// Seconds of the slowest layer: with every layer at work on an image of its
  /// own, results follow each other at this distance.
  double slowestLayer = 0;
};

/// Counts what the crossbar layers of \p plan take and, with \p technology,
/// prices it. \p pulsesPerWrite is measured, where writes are verified, and on
/// average over all cells, those that are not verified among them. Throws
/// InputError for converters that the technology does not know.
Cost costOf(const plan::Plan &plan, const Technology *technology = nullptr,
            double pulsesPerWrite = 1);

} // namespace cim

#endif // CIM_RUNTIME_COST_COST_H
