//===- Pooling.cpp - Pooling ----------------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/reference/Operations.h"

#include <algorithm>
#include <limits>

namespace cim::reference {

namespace {

/// Calls \p function(position of the result, offset in the channel or −1, is
/// inside the padded image) for every result of a channel and every element of
/// its window.
template <typename Function>
void forEachWindow(const Arguments &arguments, Function function) {
  std::span<const int64_t> image = std::span(arguments[0].shape).subspan(2);
  std::span<const int64_t> results =
      std::span<const int64_t>(arguments.result.shape).subspan(2);
  const Extents &kernel = arguments.integers("kernel");
  const Extents &strides = arguments.integers("strides");
  const Extents &pads = arguments.integers("pads");
  const Extents &dilations = arguments.integers("dilations");
  size_t rank = image.size();

  Extents position(rank, 0);
  int64_t count = product(results), window = product(kernel);
  for (int64_t result = 0; result < count; ++result) {
    Extents tap(rank, 0);
    for (int64_t i = 0; i < window; ++i) {
      int64_t offset = 0;
      bool inImage = true, inPadded = true;
      for (size_t d = 0; d < rank; ++d) {
        int64_t at = position[d] * strides[d] + tap[d] * dilations[d] - pads[d];
        inImage &= at >= 0 && at < image[d];
        inPadded &= at < image[d] + pads[rank + d];
        offset = offset * image[d] + at;
      }
      function(result, inImage ? offset : -1, inPadded);
      for (size_t d = rank; d-- > 0 && ++tap[d] == kernel[d];)
        tap[d] = 0;
    }
    for (size_t d = rank; d-- > 0 && ++position[d] == results[d];)
      position[d] = 0;
  }
}

/// Values of a channel of a tensor.
template <typename Values>
auto *channel(Values &numbers, const Tensor &tensor, int64_t channel) {
  return numbers.data() + channel * product(std::span(tensor.shape).subspan(2));
}

int64_t channels(const Tensor &tensor) {
  return tensor.shape[0] * tensor.shape[1];
}

} // namespace

/// Calls \p function(result, index of the largest element in the channel) for
/// every result of a channel of \p input; of equal elements the first.
template <typename T, typename Function>
static void forEachLargest(const Arguments &arguments, const T *input,
                           Function function) {
  std::vector<int64_t> largest(
      product(std::span(arguments.result.shape).subspan(2)), -1);
  forEachWindow(arguments, [&](int64_t result, int64_t offset, bool) {
    // x ≠ x is how NaN shows, which prevails.
    if (offset >= 0 &&
        (largest[result] < 0 || input[offset] > input[largest[result]] ||
         input[offset] != input[offset]))
      largest[result] = offset;
  });
  for (size_t i = 0; i < largest.size(); ++i)
    function(i, largest[i]);
}

void maxPool(const Arguments &arguments) {
  const Tensor &x = arguments[0];
  withElements(x, arguments.result, [&](auto &values, auto &results) {
    for (int64_t c = 0; c < channels(x); ++c) {
      const auto *input = channel(values, x, c);
      auto *output = channel(results, arguments.result, c);
      forEachLargest(arguments, input, [&](size_t result, int64_t offset) {
        // A window of padding only (no importer makes one) has no largest.
        using T = std::decay_t<decltype(*output)>;
        output[result] =
            offset < 0 ? std::numeric_limits<T>::lowest() : input[offset];
      });
    }
  });
}

void maxPoolIndices(const Arguments &arguments) {
  const Tensor &x = arguments[0];
  Tensor &y = arguments.result;
  const std::span<const int64_t> image = std::span(x.shape).subspan(2);
  const bool columnMajor = arguments.integer("column_major");
  y.integers.resize(product(y.shape));
  auto place = [&](int64_t offset) {
    if (!columnMajor)
      return offset;
    int64_t reversed = 0, step = product(image);
    for (size_t d = image.size(); d-- > 0; offset /= image[d])
      reversed += offset % image[d] * (step /= image[d]);
    return reversed;
  };
  auto find = [&](const auto &values) {
    for (int64_t c = 0; c < channels(x); ++c) {
      int64_t *output = channel(y.integers, y, c);
      forEachLargest(arguments, channel(values, x, c),
                     [&](size_t result, int64_t offset) {
                       output[result] = c * product(image) +
                                        place(std::max<int64_t>(offset, 0));
                     });
    }
  };
  withType(x.kind, [&](auto zero) { find(elements<decltype(zero)>(x)); });
}

void sumPool(const Arguments &arguments) {
  const Tensor &x = arguments[0];
  Tensor &y = arguments.result;
  y.numbers.assign(product(y.shape), 0);
  for (int64_t c = 0; c < channels(x); ++c) {
    const double *input = channel(x.numbers, x, c);
    double *output = channel(y.numbers, y, c);
    forEachWindow(arguments, [&](int64_t result, int64_t offset, bool) {
      if (offset >= 0)
        output[result] += input[offset];
    });
  }
}

void averagePool(const Arguments &arguments) {
  const Tensor &x = arguments[0];
  Tensor &y = arguments.result;
  bool includePad = arguments.integer("count_include_pad");
  y.numbers.assign(product(y.shape), 0);
  std::vector<int64_t> counts(product(std::span(y.shape).subspan(2)), 0);
  forEachWindow(arguments, [&](int64_t result, int64_t offset, bool inPadded) {
    counts[result] += includePad ? inPadded : offset >= 0;
  });
  for (int64_t c = 0; c < channels(x); ++c) {
    const double *input = channel(x.numbers, x, c);
    double *output = channel(y.numbers, y, c);
    forEachWindow(arguments, [&](int64_t result, int64_t offset, bool) {
      if (offset >= 0)
        output[result] += input[offset];
    });
    for (size_t i = 0; i < counts.size(); ++i)
      output[i] /= double(counts[i]);
  }
}

void globalAveragePool(const Arguments &arguments) {
  const Tensor &x = arguments[0];
  Tensor &y = arguments.result;
  y.numbers.resize(product(y.shape));
  int64_t positions = product(std::span(x.shape).subspan(2));
  for (int64_t c = 0; c < channels(x); ++c) {
    const double *input = channel(x.numbers, x, c);
    double sum = 0;
    for (int64_t i = 0; i < positions; ++i)
      sum += input[i];
    y.numbers[c] = sum / double(positions);
  }
}

} // namespace cim::reference
