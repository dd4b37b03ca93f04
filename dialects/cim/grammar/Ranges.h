//===- Ranges.h - Numbers that single precision holds -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Limits that options, operations and plans have in common: the numbers are
// double, but what is computed from them is not.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_GRAMMAR_RANGES_H
#define CIM_DIALECTS_CIM_GRAMMAR_RANGES_H

namespace cim {

/// Single precision holds it with room to spare, as it does 1e-30.
constexpr double largestSingle = 1e30;

/// Whether \p number is above 0 and single precision holds it.
constexpr bool isRange(double number) {
  return number >= 1e-30 && number <= largestSingle;
}

/// Whether \p lowest to \p highest is a conductance window whose width single
/// precision tells from 0. Its end is beyond any device, and far from overflow.
constexpr bool isWindow(double lowest, double highest) {
  const double width = highest - lowest;
  return lowest >= 0 && highest <= 1e15 && width >= 1e-30 &&
         width >= 1e-6 * highest;
}

} // namespace cim

#endif // CIM_DIALECTS_CIM_GRAMMAR_RANGES_H
