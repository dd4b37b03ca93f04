//===- Distributions.cpp - Random numbers of a distribution ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/random/Distributions.h"

#include <algorithm>
#include <cmath>

using namespace cim;
using namespace cim::random;

static const DrawKernels *fastestDrawKernels() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return &avx512Draws;
  return __builtin_cpu_supports("avx2") ? &avx2Draws : &baselineDraws;
}

static const DrawKernels *&drawKernelsInUse() {
  static const DrawKernels *inUse = fastestDrawKernels();
  return inUse;
}

void random::setDrawKernels(const DrawKernels *kernels) {
  drawKernelsInUse() = kernels ? kernels : fastestDrawKernels();
}

/// Lets \p drawGroups(first group, groups, values) fill cells [begin, begin +
/// values.size()): whole groups in place, the rest through a buffer.
template <typename Value, typename DrawGroups>
static void drawRange(uint64_t begin, std::span<Value> values,
                      const DrawGroups &drawGroups) {
  assert(begin + values.size() <= uint64_t(1) << 34);
  while (!values.empty()) {
    uint32_t group = uint32_t(begin / CellsPerGroup);
    size_t skipped = begin % CellsPerGroup;
    size_t count;
    if (skipped == 0 && values.size() >= CellsPerGroup) {
      size_t groups = values.size() / CellsPerGroup;
      drawGroups(group, uint32_t(groups), values.data());
      count = groups * CellsPerGroup;
    } else {
      Value buffer[CellsPerGroup];
      drawGroups(group, 1, buffer);
      count = std::min(values.size(), CellsPerGroup - skipped);
      std::copy_n(buffer + skipped, count, values.data());
    }
    begin += count;
    values = values.subspan(count);
  }
}

/// What a word stands for, strictly between 0 and 1.
static double probabilityOf(uint32_t word) { return (word + 0.5) * 0x1p-32; }

Distribution Distribution::normal() { return Kind::normal; }

Distribution Distribution::uniform() { return Kind::uniform; }

Distribution Distribution::laplace() { return Kind::laplace; }

Distribution Distribution::lognormal(double shape) {
  assert(shape > 0 && shape <= 5);
  Distribution result(Kind::lognormal);
  result.constants = {float(shape), float(-shape * shape / 2),
                      float(1 / std::sqrt(std::expm1(shape * shape)))};
  return result;
}

Distribution Distribution::studentT(double degrees) {
  assert(degrees > 2);
  Distribution result(Kind::studentT);
  result.constants = {float(-2 / degrees), 0, float(degrees - 2)};
  return result;
}

Distribution Distribution::empirical(const std::vector<double> &probability,
                                     const std::vector<double> &value) {
  assert(probability.size() >= 2 && probability.size() == value.size() &&
         probability.front() == 0 && probability.back() == 1 &&
         std::is_sorted(probability.begin(), probability.end()) &&
         std::is_sorted(value.begin(), value.end()));
  Distribution result(Kind::empirical);
  for (size_t i = 0; i + 1 < value.size(); ++i)
    result.steps.push_back({probability[i], probability[i + 1] - probability[i],
                            value[i], value[i + 1] - value[i]});
  result.steps.push_back({1, 0, value.back(), 0});
  uint32_t step = 0;
  for (uint32_t i = 0; i < 1u << guideBits; ++i) {
    while (result.steps[step + 1].probability <=
           probabilityOf(i << (32 - guideBits)))
      ++step;
    result.guide.push_back(step);
  }
  return result;
}

float Distribution::inverse(uint32_t word) const {
  const double at = probabilityOf(word);
  // The last step that begins at or below `at`; steps of no width are jumps.
  const Step *step = &steps[guide[word >> (32 - guideBits)]];
  while (step[1].probability <= at)
    ++step;
  const double part = (at - step->probability) / step->width;
  return float(step->value + part * step->rise);
}

void Distribution::draw(const Stream &stream, uint64_t begin,
                        std::span<float> draws) const {
  const DrawKernels &kernels = *drawKernelsInUse();
  auto fill = [&](DrawKernel *kernel) {
    drawRange(begin, draws, [&](uint32_t group, uint32_t groups, float *out) {
      kernel(stream, constants, group, groups, out);
    });
  };
  switch (kind) {
  case Kind::normal:
    return fill(kernels.normal);
  case Kind::uniform:
    return fill(kernels.uniform);
  case Kind::lognormal:
    return fill(kernels.lognormal);
  case Kind::laplace:
    return fill(kernels.laplace);
  case Kind::studentT:
    return fill(kernels.studentT);
  case Kind::empirical:
    return drawRange(begin, draws,
                     [&](uint32_t group, uint32_t groups, float *out) {
                       for (; groups > 0; --groups, ++group) {
                         uint32_t words[CellsPerGroup];
                         kernels.words(stream, group, 1, words);
                         for (uint32_t word : words)
                           *out++ = inverse(word);
                       }
                     });
  }
}

void random::drawWords(const Stream &stream, uint64_t begin,
                       std::span<uint32_t> words) {
  drawRange(begin, words, [&](uint32_t group, uint32_t groups, uint32_t *out) {
    drawKernelsInUse()->words(stream, group, groups, out);
  });
}
