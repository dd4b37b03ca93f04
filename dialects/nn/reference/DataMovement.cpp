//===- DataMovement.cpp - Elements in other places ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/reference/Operations.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace cim::reference {

/// The result reads x from \p offset on with \p strides along its dimensions.
static void readStrided(const Arguments &arguments, int64_t offset,
                        const Extents &strides) {
  withElements(arguments[0], arguments.result, [&](auto &x, auto &y) {
    forEach<1>(arguments.result.shape, {strides},
               [&](int64_t i, const std::array<int64_t, 1> &at) {
                 y[i] = x[offset + at[0]];
               });
  });
}

void reshape(const Arguments &arguments) {
  withElements(arguments[0], arguments.result, [](auto &x, auto &y) {
    assert(x.size() == y.size());
    std::ranges::copy(x, y.begin());
  });
}

void expand(const Arguments &arguments) {
  readStrided(arguments, 0,
              broadcastStrides(arguments[0].shape, arguments.result.shape));
}

void transpose(const Arguments &arguments) {
  Extents own = stridesOf(arguments[0].shape), strides;
  for (int64_t dimension : arguments.integers("permutation"))
    strides.push_back(own[dimension]);
  readStrided(arguments, 0, strides);
}

void slice(const Arguments &arguments) {
  Extents strides = stridesOf(arguments[0].shape);
  int64_t offset = 0;
  for (size_t d = 0; d < strides.size(); ++d) {
    offset += arguments.integers("starts")[d] * strides[d];
    strides[d] *= arguments.integers("steps")[d];
  }
  readStrided(arguments, offset, strides);
}

void concat(const Arguments &arguments) {
  int64_t axis = arguments.integer("axis");
  Tensor &result = arguments.result;
  int64_t outer = product(std::span(result.shape).first(axis));
  // A row is everything from the axis on; the operands' rows alternate.
  int64_t row = product(std::span(result.shape).subspan(axis)), begin = 0;
  for (const Tensor *operand : arguments.operands) {
    int64_t part = product(std::span(operand->shape).subspan(axis));
    withElements(*operand, result, [&](auto &x, auto &y) {
      for (int64_t o = 0; o < outer; ++o)
        std::copy_n(x.begin() + o * part, part, y.begin() + o * row + begin);
    });
    begin += part;
  }
}

void pad(const Arguments &arguments) {
  const Tensor &x = arguments[0];
  const Extents &shape = arguments.result.shape;
  const Extents &pads = arguments.integers("pads");
  const std::string &mode = arguments.text("mode");
  double value = arguments.number("value");
  size_t rank = shape.size();

  // Per dimension, which element of x stands at each place; −1 for `value`.
  std::vector<Extents> sources(rank);
  for (size_t d = 0; d < rank; ++d) {
    // What negative pads leave of x: from `first`, `kept` elements.
    int64_t first = std::max<int64_t>(-pads[d], 0);
    int64_t kept = x.shape[d] - first - std::max<int64_t>(-pads[rank + d], 0);
    for (int64_t i = 0; i < shape[d]; ++i) {
      int64_t at = i - std::max<int64_t>(pads[d], 0);
      if (at < 0 || at >= kept) {
        if (mode == "constant")
          at = -1;
        else if (mode == "edge")
          at = at < 0 ? 0 : kept - 1;
        else if (mode == "wrap")
          at = (at % kept + kept) % kept;
        else // reflect, without repeating the edge
          at = at < 0 ? -at : 2 * (kept - 1) - at;
      }
      sources[d].push_back(at < 0 ? -1 : first + at);
    }
  }

  Extents strides = stridesOf(x.shape), position(rank, 0);
  withElements(x, arguments.result, [&](auto &values, auto &result) {
    using T = typename std::decay_t<decltype(result)>::value_type;
    const T fill = saturated<T>(value);
    for (T &element : result) {
      int64_t offset = 0;
      bool inside = true;
      for (size_t d = 0; d < rank; ++d) {
        int64_t source = sources[d][position[d]];
        inside &= source >= 0;
        offset += source * strides[d];
      }
      element = inside ? values[offset] : fill;
      for (size_t d = rank; d-- > 0 && ++position[d] == shape[d];)
        position[d] = 0;
    }
  });
}

void gather(const Arguments &arguments) {
  const Tensor &x = arguments[0], &indices = arguments[1];
  int64_t axis = arguments.integer("axis"), extent = x.shape[axis];
  int64_t outer = product(std::span(x.shape).first(axis));
  int64_t inner = product(std::span(x.shape).subspan(axis + 1));
  int64_t count = indices.integers.size();
  withElements(x, arguments.result, [&](auto &values, auto &result) {
    for (int64_t i = 0; i < count; ++i) {
      int64_t index = indices.integers[i];
      if (index < -extent || index >= extent)
        throw std::domain_error("index " + std::to_string(index) +
                                " lies outside of the " +
                                std::to_string(extent) + " elements of axis " +
                                std::to_string(axis));
      if (index < 0)
        index += extent;
      for (int64_t o = 0; o < outer; ++o)
        std::copy_n(values.begin() + (o * extent + index) * inner, inner,
                    result.begin() + (o * count + i) * inner);
    }
  });
}

void range(const Arguments &arguments) {
  Tensor &result = arguments.result;
  const Tensor &start = arguments[0], &limit = arguments[1];
  const Tensor &delta = arguments[2];
  // In floating point also for integers, whose differences may overflow.
  auto number = [](const Tensor &scalar) {
    return withType(scalar.kind, [&](auto zero) {
      return double(elements<decltype(zero)>(scalar)[0]);
    });
  };
  double count =
      std::max(std::ceil((number(limit) - number(start)) / number(delta)), 0.0);
  if (count != double(result.shape[0]))
    throw std::domain_error(
        "its operands ask for " +
        (count < 0x1p63 ? std::to_string(int64_t(count)) : "endlessly many") +
        " elements, its result has " + std::to_string(result.shape[0]));
  withElements(start, result, [&](auto &first, auto &values) {
    using T = typename std::decay_t<decltype(values)>::value_type;
    const T step = elements<T>(delta)[0];
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = wrappingAdd(first[0], wrappingMultiply(T(i), step));
  });
}

} // namespace cim::reference
