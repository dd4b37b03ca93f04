//===- Differences.h - How far numbers are apart ----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_DIFFERENCES_H
#define CIM_TESTS_RUNTIME_DIFFERENCES_H

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace cim::test {

/// The larger of two errors. One that is no finite number is infinite, since
/// std::max would forget a NaN.
inline double largerError(double a, double b) {
  return std::isfinite(a) && std::isfinite(b)
             ? std::max(a, b)
             : std::numeric_limits<double>::infinity();
}

/// The largest error of the numbers of \p a, which should be those of \p b, as
/// many.
template <typename A, typename B>
double largestDifference(const A &a, const B &b) {
  double largest =
      a.size() == b.size() ? 0 : std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    largest = largerError(largest, std::abs(double(a[i]) - double(b[i])));
  return largest;
}

} // namespace cim::test

#endif // CIM_TESTS_RUNTIME_DIFFERENCES_H
