//===- FirstOrder.cpp - Wires to first order in their resistance ----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/wires/ArrayNetwork.h"

#include <algorithm>
#include <cassert>

using namespace cim;

/// The voltages along a line of wire whose nodes feed the currents \p current
/// out of it, per unit of resistance: node n lies n + 1 segments from the
/// source at the line's beginning, and, with \p bothEnds, count - n from one at
/// its end. Nodes are \p stride apart.
static void addDrops(const double *current, size_t count, size_t stride,
                     bool bothEnds, double resistance, double *drop) {
  double beyond = 0;
  for (size_t n = 0; n < count; ++n)
    beyond += current[n * stride];
  double voltage = 0, last = 0;
  if (bothEnds) { // what a source at the beginning alone leaves at the end
    double rest = beyond;
    for (size_t n = 0; n < count; ++n) {
      last += rest;
      rest -= current[n * stride];
    }
  }
  for (size_t n = 0; n < count; ++n) {
    voltage += beyond;
    beyond -= current[n * stride];
    const double fromEnd = last * double(n + 1) / double(count + 1);
    drop[n * stride] += resistance * (voltage - fromEnd);
  }
}

void ArrayNetwork::solveFirstOrder(const Wires &wires, size_t rows,
                                   size_t columns,
                                   std::span<double> conductances) {
  assert(conductances.size() == rows * columns);
  constexpr double perOhm = 1e-6; // a resistance in 1/uS
  sum.assign(rows * columns, 1);
  for (size_t i = 0; i < rows; ++i)
    addDrops(conductances.data() + i * columns, columns, 1, wires.driveBothEnds,
             wires.row * perOhm, sum.data() + i * columns);
  // Column lines begin at their sink, behind the last row.
  reversed.assign(conductances.rbegin(), conductances.rend());
  std::reverse(sum.begin(), sum.end());
  for (size_t j = 0; j < columns; ++j)
    addDrops(reversed.data() + j, rows, columns, false, wires.column * perOhm,
             sum.data() + j);
  std::reverse(sum.begin(), sum.end());
  for (size_t cell = 0; cell < conductances.size(); ++cell)
    conductances[cell] /= sum[cell];
}
