//===- DriftCompensation.h - Against what all cells lose --------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PROGRAMMING_DRIFTCOMPENSATION_H
#define CIM_RUNTIME_PROGRAMMING_DRIFTCOMPENSATION_H

#include "runtime/programming/Cells.h"

#include <span>
#include <vector>

namespace cim {

/// Global drift compensation (V. Joshi et al., Nat. Commun. 11 (2020) 2473):
/// all rows are driven at one voltage, and the currents of all columns of a
/// layer are added up, when it has been programmed and again before it is used.
/// The ratio of the two sums is a digital factor of the layer's results. The
/// currents are those of the cells that hold weights, without wires and without
/// the noise of reads, which is small in a sum over a layer.
class DriftCompensation {
public:
  /// \p programmed: \p cells as they were at first. \p cells and \p levels,
  /// the weights that they are meant to hold, must outlive it.
  DriftCompensation(Cells programmed, const Cells &cells,
                    std::span<const float> levels);

  /// The sums are added up in parts, which are independent.
  size_t parts() const { return sums.size(); }
  void measure(const Chip &chip, size_t part);

  /// The factor on the chip of which all parts are measured; 1 where there is
  /// no current.
  float factor() const;

private:
  struct Sums {
    double programmed = 0, now = 0;
  };
  Cells programmed;
  const Cells &cells;
  std::span<const float> levels;
  std::vector<Sums> sums;
};

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_DRIFTCOMPENSATION_H
