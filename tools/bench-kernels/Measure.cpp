//===- Measure.cpp - Times and what they are worth ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/bench-kernels/Measure.h"

#include "runtime/kernels/PeakFlops.h"

#include <map>
#include <utility>

namespace cim::bench {

using kernels::InstructionSet;

void add(const std::string &name, InstructionSet set,
         std::function<void(benchmark::State &)> run) {
  benchmark::RegisterBenchmark(name.c_str(), [set, run = std::move(run)](
                                                 benchmark::State &state) {
    kernels::setInstructionSet(set);
    run(state);
    kernels::setInstructionSet(std::nullopt);
  })->MinTime(0.1);
}

std::string prefix(const char *subject, InstructionSet set) {
  return std::string(subject) + "/" + std::string(nameOf(set)) + "/";
}

static double peakOf(InstructionSet set) {
  static std::map<InstructionSet, double> peaks;
  const auto known = peaks.find(set);
  return known != peaks.end()
             ? known->second
             : peaks.emplace(set, kernels::peakFlops(set)).first->second;
}

void reportFlops(benchmark::State &state, InstructionSet set, double flops,
                 double seconds) {
  state.counters["GFLOP/s"] = flops / seconds / 1e9;
  state.counters["%peak"] = 100 * flops / seconds / peakOf(set);
  state.counters["best_us"] = seconds * 1e6;
}

void reportBytes(benchmark::State &state, double bytes, double seconds) {
  state.counters["GB/s"] = bytes / seconds / 1e9;
  state.counters["best_us"] = seconds * 1e6;
}

void reportMillions(benchmark::State &state, const char *counter, double count,
                    double seconds) {
  state.counters[counter] = count / seconds / 1e6;
  state.counters["best_us"] = seconds * 1e6;
}

Floats::Floats(size_t count) : count(count), memory(count + 16) {
  for (size_t i = 0; i < memory.size(); ++i)
    memory[i] = float(i * 7919 % 1000) / 1000 - 0.5f;
  const size_t beyond = reinterpret_cast<uintptr_t>(memory.data()) / 4 % 16;
  first = memory.data() + (16 - beyond) % 16;
}

Floats::Floats(size_t count, float value) : Floats(count) {
  std::fill(memory.begin(), memory.end(), value);
}

Images::Images(int channels, int size, int images,
               const kernels::BorderWidths &border)
    : memory(size_t(border.left + size + border.right) *
             (border.top + size + border.bottom) *
             kernels::paddedChannels(channels) * images) {
  view.channels = channels;
  view.width = view.height = size;
  view.images = images;
  view.pixelStride = kernels::paddedChannels(channels);
  view.rowStride = (border.left + size + border.right) * view.pixelStride;
  view.imageStride = (border.top + size + border.bottom) * view.rowStride;
  view.data = memory.data() + border.top * view.rowStride +
              border.left * view.pixelStride;
}

std::string imagesName(const ImagesShape &shape) {
  return std::to_string(shape.channels) + "at" + std::to_string(shape.size) +
         "_images" + std::to_string(shape.images);
}

} // namespace cim::bench
