//===- Indexing.cpp - Elements at places that are computed ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/reference/Operations.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace cim::reference {

namespace {

/// \p index into \p extent elements, counted from the front.
int64_t resolved(int64_t index, int64_t extent) {
  if (index < -extent || index >= extent)
    throw std::domain_error("index " + std::to_string(index) +
                            " lies outside of the " + std::to_string(extent) +
                            " elements of its dimension");
  return index < 0 ? index + extent : index;
}

/// How a dimension divides a row-major tensor.
struct Lines {
  int64_t outer, extent, inner;
  Lines(const Extents &shape, int64_t axis)
      : outer(product(std::span(shape).first(axis))), extent(shape[axis]),
        inner(product(std::span(shape).subspan(axis + 1))) {}

  /// Calls \p function with the offset of every line's first element, and
  /// where it stands among the lines.
  template <typename Function> void forEach(Function function) const {
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i)
        function(o * extent * inner + i, o, i);
  }
};

/// Whether a comes before b when the largest comes first; NaN is larger than
/// all numbers.
template <typename T> bool isLarger(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    if (std::isnan(a) || std::isnan(b))
      return std::isnan(a) && !std::isnan(b);
  return a > b;
}

/// \p function that combines what stands there with an update.
template <typename T, typename Call>
void withReduction(const std::string &name, Call call) {
  if (name == "add")
    call([](T a, T b) { return wrappingAdd(a, b); });
  else if (name == "mul")
    call([](T a, T b) { return wrappingMultiply(a, b); });
  else if (name == "max")
    call([](T a, T b) { return a > b || a != a ? a : b; });
  else if (name == "min")
    call([](T a, T b) { return a < b || a != a ? a : b; });
  else
    call([](T, T b) { return b; });
}

} // namespace

void topK(const Arguments &arguments) {
  const Tensor &x = arguments[0];
  Tensor &y = arguments.result;
  const int64_t axis = arguments.integer("axis"), k = arguments.integer("k");
  const bool largest = arguments.integer("largest");
  const Lines lines(x.shape, axis);
  y.integers.resize(product(y.shape));
  auto select = [&](const auto &values) {
    std::vector<int64_t> order(lines.extent);
    lines.forEach([&](int64_t first, int64_t o, int64_t i) {
      std::iota(order.begin(), order.end(), 0);
      auto comesFirst = [&](int64_t a, int64_t b) {
        auto left = values[first + a * lines.inner];
        auto right = values[first + b * lines.inner];
        if (!largest)
          std::swap(left, right);
        if (isLarger(left, right) || isLarger(right, left))
          return isLarger(left, right);
        return a < b;
      };
      std::partial_sort(order.begin(), order.begin() + k, order.end(),
                        comesFirst);
      for (int64_t n = 0; n < k; ++n)
        y.integers[(o * k + n) * lines.inner + i] = order[n];
    });
  };
  withType(x.kind, [&](auto zero) { select(elements<decltype(zero)>(x)); });
}

void gatherElements(const Arguments &arguments) {
  const Tensor &x = arguments[0], &indices = arguments[1];
  const int64_t axis = arguments.integer("axis");
  Extents strides = stridesOf(x.shape);
  const int64_t step = strides[axis];
  strides[axis] = 0;
  withElements(x, arguments.result, [&](auto &values, auto &result) {
    forEach<1>(indices.shape, {strides},
               [&](int64_t i, const std::array<int64_t, 1> &at) {
                 int64_t index = resolved(indices.integers[i], x.shape[axis]);
                 result[i] = values[at[0] + index * step];
               });
  });
}

void gatherNd(const Arguments &arguments) {
  const Tensor &x = arguments[0], &indices = arguments[1];
  const int64_t batch = arguments.integer("batch_dimensions");
  const int64_t depth = indices.shape.back();
  const Extents strides = stridesOf(x.shape);
  const int64_t inner = product(std::span(x.shape).subspan(batch + depth));
  const int64_t batchSize = product(std::span(x.shape).subspan(batch));
  // Tuples of each element of the batch.
  const int64_t tuples = product(std::span<const int64_t>(
      indices.shape.begin() + batch, indices.shape.end() - 1));
  const int64_t images = product(std::span(x.shape).first(batch));
  withElements(x, arguments.result, [&](auto &values, auto &result) {
    for (int64_t t = 0; t < images * tuples; ++t) {
      int64_t offset = t / tuples * batchSize;
      for (int64_t d = 0; d < depth; ++d)
        offset +=
            resolved(indices.integers[t * depth + d], x.shape[batch + d]) *
            strides[batch + d];
      std::copy_n(values.begin() + offset, inner, result.begin() + t * inner);
    }
  });
}

void scatterElements(const Arguments &arguments) {
  const Tensor &x = arguments[0], &indices = arguments[1];
  const int64_t axis = arguments.integer("axis");
  Extents strides = stridesOf(x.shape);
  const int64_t step = strides[axis];
  strides[axis] = 0;
  withElements(x, arguments.result, [&](auto &values, auto &result) {
    using T = typename std::decay_t<decltype(result)>::value_type;
    std::ranges::copy(values, result.begin());
    const std::span<const T> updates = elements<T>(arguments[2]);
    withReduction<T>(arguments.text("reduction"), [&](auto combine) {
      forEach<1>(
          indices.shape, {strides},
          [&](int64_t i, const std::array<int64_t, 1> &at) {
            auto &element =
                result[at[0] +
                       resolved(indices.integers[i], x.shape[axis]) * step];
            element = combine(element, updates[i]);
          });
    });
  });
}

void scatterNd(const Arguments &arguments) {
  const Tensor &x = arguments[0], &indices = arguments[1];
  const int64_t depth = indices.shape.back();
  const Extents strides = stridesOf(x.shape);
  const int64_t inner = product(std::span(x.shape).subspan(depth));
  const int64_t tuples = product(
      std::span<const int64_t>(indices.shape).first(indices.shape.size() - 1));
  withElements(x, arguments.result, [&](auto &values, auto &result) {
    using T = typename std::decay_t<decltype(result)>::value_type;
    std::ranges::copy(values, result.begin());
    const std::span<const T> updates = elements<T>(arguments[2]);
    withReduction<T>(arguments.text("reduction"), [&](auto combine) {
      for (int64_t t = 0; t < tuples; ++t) {
        int64_t offset = 0;
        for (int64_t d = 0; d < depth; ++d)
          offset += resolved(indices.integers[t * depth + d], x.shape[d]) *
                    strides[d];
        for (int64_t i = 0; i < inner; ++i)
          result[offset + i] =
              combine(result[offset + i], updates[t * inner + i]);
      }
    });
  });
}

void resample(const Arguments &arguments) {
  const Tensor &x = arguments[0], &positions = arguments[1];
  const Tensor &weights = arguments[2];
  Tensor &y = arguments.result;
  const Lines from(x.shape, arguments.integer("axis"));
  const int64_t extent = positions.shape[0], taps = positions.shape[1];
  y.numbers.assign(product(y.shape), 0);
  for (int64_t e = 0; e < extent; ++e)
    for (int64_t t = 0; t < taps; ++t) {
      const int64_t at =
          resolved(positions.integers[e * taps + t], from.extent);
      const double weight = weights.numbers[e * taps + t];
      for (int64_t o = 0; o < from.outer; ++o)
        for (int64_t i = 0; i < from.inner; ++i)
          y.numbers[(o * extent + e) * from.inner + i] +=
              weight * x.numbers[(o * from.extent + at) * from.inner + i];
    }
}

void cumulate(const Arguments &arguments) {
  const Tensor &x = arguments[0];
  const bool isSum = arguments.text("kind") == "sum";
  const bool exclusive = arguments.integer("exclusive");
  const bool reverse = arguments.integer("reverse");
  const Lines lines(x.shape, arguments.integer("axis"));
  withElements(x, arguments.result, [&](auto &values, auto &result) {
    using T = typename std::decay_t<decltype(result)>::value_type;
    lines.forEach([&](int64_t first, int64_t, int64_t) {
      T total = isSum ? 0 : 1;
      for (int64_t n = 0; n < lines.extent; ++n) {
        const int64_t at =
            first + (reverse ? lines.extent - 1 - n : n) * lines.inner;
        const T before = total;
        total = isSum ? wrappingAdd(total, values[at])
                      : wrappingMultiply(total, values[at]);
        result[at] = exclusive ? before : total;
      }
    });
  });
}

} // namespace cim::reference
