//===- LevelFactors.h - Sizes of errors that depend on the level -*- C++ -*-==//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PROGRAMMING_LEVELFACTORS_H
#define CIM_RUNTIME_PROGRAMMING_LEVELFACTORS_H

#include <algorithm>
#include <cstddef>
#include <vector>

namespace cim {

/// A factor per level, at equal distances over the range.
class LevelFactors {
public:
  LevelFactors() = default;
  template <typename Values>
  explicit LevelFactors(const Values &values)
      : factors(values.begin(), values.end()) {}

  bool isConstant() const { return factors.empty(); }
  /// The factor at \p position, 0 at lo and 1 at hi, held constant outside.
  double at(double position) const {
    double place = std::clamp(position, 0.0, 1.0) * double(factors.size() - 1);
    size_t below = size_t(place);
    if (below + 1 >= factors.size())
      return factors.back();
    return factors[below] +
           (place - double(below)) * (factors[below + 1] - factors[below]);
  }

private:
  std::vector<double> factors;
};

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_LEVELFACTORS_H
