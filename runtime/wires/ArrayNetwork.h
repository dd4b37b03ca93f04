//===- ArrayNetwork.h - An array of cells and its wires ---------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the resistance of wires does to an array (IR drop); docs/wires.md has
// the equations. Row i is driven from the side of column 0, with one segment of
// wire before every cell; the line of column j collects rows 0, 1, ... with one
// segment after every cell, the last of which ends in a sink at 0 V:
//
//   V_i -R- (i,0) -R- (i,1) -R- ...      (0,j) -R- (1,j) -R- ... -R- sink
//
// Cells are linear, so the array is: the current of column j is the sum of
// V_i times an effective conductance, which replaces the cell's.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_WIRES_ARRAYNETWORK_H
#define CIM_RUNTIME_WIRES_ARRAYNETWORK_H

#include <cstddef>
#include <span>
#include <vector>

namespace cim {

/// Resistances in ohm, per segment from cell to cell and at the ends.
struct Wires {
  double row = 0, column = 0;
  bool driveBothEnds = false; ///< drivers at both ends of every row
};

/// Solves networks one after the other, in memory that it keeps. One thread at
/// a time.
class ArrayNetwork {
public:
  /// Replaces the cells' \p conductances (in uS, at least 0, row by row) by
  /// effective ones. Exact but for rounding in double precision: block
  /// elimination across the shorter side, in O(long · short³). The same bits on
  /// every instruction set.
  void solve(const Wires &wires, size_t rows, size_t columns,
             std::span<double> conductances);

  /// The same to first order in the resistances, in O(rows · columns): every
  /// cell's conductance is divided by 1 + δ, with δ the voltage that the cell
  /// loses if all currents were as large as without wires, and all inputs but
  /// its own, and all outputs but its own, were off.
  void solveFirstOrder(const Wires &wires, size_t rows, size_t columns,
                       std::span<double> conductances);

private:
  /// Wires along one direction, their resistance in 1/uS.
  struct Line {
    double resistance;
    bool bothEnds; ///< a driver, or a sink, at both of its ends
  };
  /// Some neighbouring rows, whose inputs are on their way to the last row.
  struct Segment {
    size_t begin = 0, count = 0;
    std::vector<double> transfer; ///< from before its first row to its last
    std::vector<double> inputs;   ///< from each of its rows to its last
  };

  void solveExactly(Line drivers, Line collectors, size_t rows, size_t columns,
                    std::span<double> conductances);
  void sweep(Line drivers, Line collectors, size_t rows, size_t columns,
             const double *conductances, double *effective);
  void couple(Line drivers, size_t columns, const double *conductances);
  void eliminate(size_t size, size_t width, size_t stride);

  /// Row wires and cells of one row, seen from the column lines.
  std::vector<double> coupling, injected;
  std::vector<double> forward, backward; ///< of continued fractions
  std::vector<double> system;            ///< a block, and right-hand sides
  std::vector<double> panel, pivotRows, carried, product;
  std::vector<double> turned, reversed, sum;
  std::vector<Segment> segments;
};

/// Which of the processor's instruction sets computes; for tests.
enum class ProductSet { fastest, baseline, avx2, avx512 };

/// Uses \p set from now on; changes speed only, never a bit. Call it while
/// nothing is solved.
void setProductSet(ProductSet set);

} // namespace cim

#endif // CIM_RUNTIME_WIRES_ARRAYNETWORK_H
