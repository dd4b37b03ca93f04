//===- CorrelatedErrors.h - Errors that cells have in common ----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PROGRAMMING_CORRELATEDERRORS_H
#define CIM_RUNTIME_PROGRAMMING_CORRELATEDERRORS_H

#include "runtime/mapping/WeightMatrix.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"
#include "runtime/random/Distributions.h"

#include <cstdint>
#include <span>

namespace cim {

/// Normal errors of a whole column, array or chip (semantics.md). Each is a
/// source of random numbers with a coarser coordinate than a cell's:
///
/// | source | coordinate |
/// |---|---|
/// | column | row tile · output channels + output channel; slice, sign |
/// | array | (group of arrays · row tiles + row tile) · column tiles + column
/// tile; slice, sign | | die | 0, of layer 0 |
///
/// In units other than uS there is one row tile, and no slice or sign.
class CorrelatedErrors {
public:
  /// \p layer has correlated errors without a problem.
  explicit CorrelatedErrors(const plan::Layer &layer);

  bool any() const { return column > 0 || array > 0 || die > 0; }
  plan::Unit unit() const { return itsUnit; }

  /// Adds the errors, times \p factor, to \p values of weights [first, first +
  /// values.size()) or of one of their cells.
  void addTo(const Chip &chip, uint32_t slice, bool negative, uint64_t first,
             float factor, std::span<float> values) const;

private:
  uint32_t layer;
  WeightMatrix matrix;
  plan::Unit itsUnit;
  float column, array, die;
  uint64_t tileRows, tileColumns; ///< beyond the matrix without cells
  uint64_t rowTiles, columnTiles, groupsPerArray;
  random::Distribution normal = random::Distribution::normal();
};

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_CORRELATEDERRORS_H
