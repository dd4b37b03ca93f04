//===- Measure.h - Times and what they are worth ----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_BENCHKERNELS_MEASURE_H
#define CIM_TOOLS_BENCHKERNELS_MEASURE_H

#include "runtime/kernels/ImageView.h"
#include "runtime/kernels/InstructionSet.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace cim::bench {

/// Adds a benchmark that calls \p run while \p set is in use.
void add(const std::string &name, kernels::InstructionSet set,
         std::function<void(benchmark::State &)> run);

/// "SUBJECT/SET/", with which the names of all but plain convolutions begin.
std::string prefix(const char *subject, kernels::InstructionSet set);

/// The best of many times that \p compute takes, in seconds: other programs
/// share the machine, so it is the kernel's own. \p compute returns 0, or the
/// kernel's error code.
template <typename F> double bestTime(benchmark::State &state, F &&compute) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  for (auto _ : state) {
    const Clock::time_point start = Clock::now();
    if (compute() != 0) {
      state.SkipWithError("the kernel failed");
      break;
    }
    best = std::min(
        best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

/// For what multiplies and adds: GFLOP/s, and percent of the peak of \p set.
void reportFlops(benchmark::State &state, kernels::InstructionSet set,
                 double flops, double seconds);
/// For what waits for memory: GB/s of operands and results.
void reportBytes(benchmark::State &state, double bytes, double seconds);
/// For what makes numbers: millions of them a second, as \p counter.
void reportMillions(benchmark::State &state, const char *counter, double count,
                    double seconds);

/// Floats from a line of the cache on, between -0.5 and 0.5.
class Floats {
public:
  explicit Floats(size_t count);
  /// All of them \p value.
  Floats(size_t count, float value);
  Floats(const Floats &) = delete;

  float *data() const { return first; }
  size_t size() const { return count; }
  double bytes() const { return double(count) * sizeof(float); }

private:
  size_t count;
  std::vector<float> memory;
  float *first;
};

/// Square ones, as many as are worked on together.
struct ImagesShape {
  int channels, size, images;
};

/// Square images that own their memory.
struct Images {
  Images(int channels, int size, int images,
         const kernels::BorderWidths &border = {});

  /// Numbers of a channel.
  int64_t pixels() const {
    return int64_t(view.images) * view.height * view.width;
  }
  double bytes() const { return memory.bytes(); }

  Floats memory;
  kernels::ImageView view;
};

/// "16at32_images8"
std::string imagesName(const ImagesShape &shape);

} // namespace cim::bench

#endif // CIM_TOOLS_BENCHKERNELS_MEASURE_H
