//===- PeakFlops.cpp - How fast one core can multiply and add ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/PeakFlops.h"

#include <algorithm>
#include <chrono>

namespace cim::kernels {

// Vectors, so that the loop compiles to one instruction per multiply-add (or
// two, without FMA), whatever this file is compiled for.
template <int Lanes>
using Vector = float __attribute__((vector_size(Lanes * sizeof(float))));

constexpr int chains = 12; // more than latency times throughput anywhere
constexpr int rounds = 100000;

#define CIM_PEAK(name, attributes, lanes, multiplyAdd)                         \
  attributes static float name() {                                             \
    Vector<lanes> sums[chains], factor;                                        \
    for (int i = 0; i < lanes; ++i)                                            \
      factor[i] = 0.999f;                                                      \
    for (Vector<lanes> &sum : sums)                                            \
      sum = factor;                                                            \
    for (int round = 0; round < rounds; ++round) {                             \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < chains; ++i)      \
          sums[i] = multiplyAdd;                                               \
      asm volatile("" : "+v"(sums[0]));                                        \
    }                                                                          \
    float result = 0;                                                          \
    for (Vector<lanes> &sum : sums)                                            \
      result += sum[0];                                                        \
    return result;                                                             \
  }

CIM_PEAK(runAvx512, __attribute__((target("avx512f"))), 16,
         __builtin_elementwise_fma(sums[i], factor, factor))
CIM_PEAK(runAvx2, __attribute__((target("avx2,fma"))), 8,
         __builtin_elementwise_fma(sums[i], factor, factor))
CIM_PEAK(runBaseline, , 4, sums[i] * factor + factor)

double peakFlops(InstructionSet set) {
  using Clock = std::chrono::steady_clock;
  float (*run)() = runBaseline;
  int lanes = 4;
  if (set == InstructionSet::avx2)
    run = runAvx2, lanes = 8;
  else if (set >= InstructionSet::avx512)
    run = runAvx512, lanes = 16;
  double best = 1e9;
  volatile float result;
  for (int i = 0; i < 50; ++i) {
    const Clock::time_point start = Clock::now();
    result = run();
    best = std::min(
        best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  (void)result;
  return 2.0 * lanes * chains * rounds / best;
}

} // namespace cim::kernels
