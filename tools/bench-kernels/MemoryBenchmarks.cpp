//===- MemoryBenchmarks.cpp - How fast the core reads memory --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/bench-kernels/Benchmarks.h"
#include "tools/bench-kernels/Measure.h"

using namespace cim;
using namespace cim::bench;

/// Bytes a second that one core reads from \p bytes bytes, again and again.
static void run(benchmark::State &state, size_t bytes) {
  const std::vector<uint64_t> memory(bytes / sizeof(uint64_t), 1);
  const double best = bestTime(state, [&] {
    uint64_t sums[8] = {};
    for (size_t i = 0; i + 8 <= memory.size(); i += 8)
      for (int lane = 0; lane < 8; ++lane)
        sums[lane] += memory[i + lane];
    benchmark::DoNotOptimize(sums);
    return 0;
  });
  reportBytes(state, bytes, best);
}

void bench::addMemory() {
  for (auto [name, bytes] :
       {std::pair<const char *, size_t>("second-level cache", 256 << 10),
        std::pair<const char *, size_t>("third-level cache", 8 << 20),
        std::pair<const char *, size_t>("main memory", 256 << 20)})
    add(std::string("memory/") + name, kernels::bestInstructionSet(),
        [bytes = bytes](benchmark::State &state) { run(state, bytes); });
}
