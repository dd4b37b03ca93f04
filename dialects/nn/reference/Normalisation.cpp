//===- Normalisation.cpp - Batch norm, LRN, softmax -----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/reference/Operations.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cim::reference {

void batchNorm(const Arguments &arguments) {
  const Tensor &x = arguments[0];
  Tensor &y = arguments.result;
  double epsilon = arguments.number("epsilon");
  int64_t images = x.shape[0], channels = x.shape[1];
  int64_t positions = product(std::span(x.shape).subspan(2));
  y.numbers.resize(x.numbers.size());
  for (int64_t n = 0; n < images; ++n)
    for (int64_t c = 0; c < channels; ++c) {
      double scale = arguments[1].numbers[c], bias = arguments[2].numbers[c];
      double mean = arguments[3].numbers[c];
      double deviation = std::sqrt(arguments[4].numbers[c] + epsilon);
      int64_t first = (n * channels + c) * positions;
      for (int64_t i = first; i < first + positions; ++i)
        y.numbers[i] = scale * (x.numbers[i] - mean) / deviation + bias;
    }
}

void lrn(const Arguments &arguments) {
  const Tensor &x = arguments[0];
  Tensor &y = arguments.result;
  int64_t size = arguments.integer("size");
  double alpha = arguments.number("alpha"), beta = arguments.number("beta");
  double bias = arguments.number("bias");
  int64_t images = x.shape[0], channels = x.shape[1];
  int64_t positions = product(std::span(x.shape).subspan(2));
  int64_t before = (size - 1) / 2, after = size - 1 - before;
  y.numbers.resize(x.numbers.size());
  for (int64_t n = 0; n < images; ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < positions; ++i) {
        double squares = 0;
        for (int64_t neighbour = std::max<int64_t>(c - before, 0);
             neighbour < std::min(c + after + 1, channels); ++neighbour) {
          double value = x.numbers[(n * channels + neighbour) * positions + i];
          squares += value * value;
        }
        int64_t at = (n * channels + c) * positions + i;
        y.numbers[at] = x.numbers[at] /
                        std::pow(bias + alpha / double(size) * squares, beta);
      }
}

void softmax(const Arguments &arguments) {
  const Tensor &x = arguments[0];
  Tensor &y = arguments.result;
  int64_t axis = arguments.integer("axis"), extent = x.shape[axis];
  int64_t inner = product(std::span(x.shape).subspan(axis + 1));
  int64_t outer = product(std::span(x.shape).first(axis));
  y.numbers.resize(x.numbers.size());
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      int64_t first = o * extent * inner + i;
      // Relative to the largest, so that no power overflows.
      double largest = -std::numeric_limits<double>::infinity();
      for (int64_t k = 0; k < extent; ++k)
        largest = std::max(largest, x.numbers[first + k * inner]);
      double sum = 0;
      for (int64_t k = 0; k < extent; ++k)
        sum += y.numbers[first + k * inner] =
            std::exp(x.numbers[first + k * inner] - largest);
      for (int64_t k = 0; k < extent; ++k)
        y.numbers[first + k * inner] /= sum;
    }
}

} // namespace cim::reference
