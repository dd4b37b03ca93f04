//===- DrawBenchmarks.cpp - Random draws ----------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/converters/ReadNoise.h"
#include "runtime/random/Distributions.h"
#include "tools/bench-kernels/Benchmarks.h"
#include "tools/bench-kernels/Measure.h"

#include <cmath>
#include <span>

using namespace cim;
using namespace cim::bench;
using kernels::InstructionSet;
using random::Distribution;

namespace {

/// The cells of a layer of 64 channels; a layer like others.
constexpr size_t cells = 64 * 64 * 9;
const random::Coordinates coordinates{.seed = 1, .trial = 2, .layer = 3};

const random::DrawKernels &drawKernelsOf(InstructionSet set) {
  switch (set) {
  case InstructionSet::amx:
  case InstructionSet::avx512bf16:
  case InstructionSet::avx512:
    return random::avx512Draws;
  case InstructionSet::avx2:
    return random::avx2Draws;
  case InstructionSet::baseline:
    break;
  }
  return random::baselineDraws;
}

/// As measurements come: a histogram of bins of one width.
Distribution histogram() {
  constexpr int bins = 80;
  std::vector<double> probability, value;
  for (int i = 0; i <= bins; ++i) {
    value.push_back(8.0 * i / bins - 4);
    probability.push_back(1 / (1 + std::exp(-1.7 * value.back())));
  }
  probability.front() = 0;
  probability.back() = 1;
  return Distribution::empirical(probability, value);
}

/// Measures \p draw, which makes \p count numbers, with the kernels of \p set.
template <typename Draw>
void measure(benchmark::State &state, InstructionSet set, size_t count,
             const Draw &draw) {
  random::setDrawKernels(&drawKernelsOf(set));
  const double best = bestTime(state, [&] {
    draw();
    return 0;
  });
  random::setDrawKernels(nullptr);
  reportMillions(state, "Mdraws/s", count, best);
}

void runDistribution(benchmark::State &state, InstructionSet set,
                     const Distribution &distribution) {
  const Floats draws(cells);
  const random::Stream stream(coordinates);
  measure(state, set, cells,
          [&] { distribution.draw(stream, 0, {draws.data(), cells}); });
}

/// Bits alone, of which all others are made.
void runWords(benchmark::State &state, InstructionSet set) {
  std::vector<uint32_t> words(cells);
  const random::Stream stream(coordinates);
  measure(state, set, cells, [&] { random::drawWords(stream, 0, words); });
}

/// For the sums of one image, in blocks, as they leave an array.
void runReadNoise(benchmark::State &state, InstructionSet set) {
  constexpr size_t results = 16 * 1024, atATime = 1024;
  const Floats draws(atATime);
  ReadNoise noise;
  noise.results = results;
  measure(state, set, results, [&] {
    for (size_t at = 0; at < results; at += atATime)
      noise.draw(0, 0, 0, at, {draws.data(), atATime});
  });
}

} // namespace

void bench::addDraws(InstructionSet set) {
  const std::pair<const char *, Distribution> distributions[] = {
      {"normal", Distribution::normal()},
      {"uniform", Distribution::uniform()},
      {"laplace", Distribution::laplace()},
      {"lognormal", Distribution::lognormal(0.5)},
      {"student_t", Distribution::studentT(4)},
      {"empirical", histogram()},
  };
  for (const auto &[name, distribution] : distributions)
    add(prefix("draws", set) + name, set,
        [=, distribution = distribution](benchmark::State &state) {
          runDistribution(state, set, distribution);
        });
  add(prefix("draws", set) + "words", set,
      [=](benchmark::State &state) { runWords(state, set); });
  add(prefix("draws", set) + "read_noise", set,
      [=](benchmark::State &state) { runReadNoise(state, set); });
}
