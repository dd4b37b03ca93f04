//===- Reduction.cpp - Reduction along dimensions -------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/reference/Operations.h"

#include <algorithm>
#include <limits>

namespace cim::reference {

void reduce(const Arguments &arguments) {
  const Tensor &x = arguments[0];
  Tensor &y = arguments.result;
  const std::string &kind = arguments.text("kind");
  const Extents &axes = arguments.integers("axes");

  // Strides of the result in the dimensions of x: 0 along reduced ones.
  Extents kept = x.shape;
  int64_t reduced = 1;
  for (int64_t axis : axes) {
    reduced *= x.shape[axis];
    kept[axis] = 1;
  }
  Extents strides = stridesOf(kept);
  for (int64_t axis : axes)
    strides[axis] = 0;

  withElements(x, y, [&](auto &values, auto &result) {
    using T = typename std::decay_t<decltype(result)>::value_type;
    using Limits = std::numeric_limits<T>;
    auto fold = [&](T start, auto function) {
      std::fill(result.begin(), result.end(), start);
      forEach<1>(x.shape, {strides},
                 [&](int64_t i, const std::array<int64_t, 1> &at) {
                   result[at[0]] = function(result[at[0]], values[i]);
                 });
    };
    auto add = [](T a, T b) { return wrappingAdd(a, b); };
    // a ≠ a is how NaN shows, which prevails.
    if (kind == "sum") {
      fold(0, add);
    } else if (kind == "prod") {
      fold(1, [](T a, T b) { return wrappingMultiply(a, b); });
    } else if (kind == "max") {
      fold(Limits::has_infinity ? -Limits::infinity() : Limits::lowest(),
           [](T a, T b) { return a > b || a != a ? a : b; });
    } else if (kind == "min") {
      fold(Limits::has_infinity ? Limits::infinity() : Limits::max(),
           [](T a, T b) { return a < b || a != a ? a : b; });
    } else {
      assert(kind == "mean");
      fold(0, add);
      for (T &sum : result) // integers have no mean of nothing
        sum = reduced == 0 && !Limits::has_infinity ? 0 : sum / T(reduced);
    }
  });
}

} // namespace cim::reference
