//===- InstructionSet.cpp - Which instructions kernels may use ---*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Halide compiles every kernel once per target and asks
// halide_can_use_target_features at each call which it may run. We answer.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/InstructionSet.h"

#include "HalideRuntime.h"

#include <atomic>
#include <cassert>
#include <cstdint>

namespace cim::kernels {

namespace {

std::atomic<InstructionSet> inUse = InstructionSet::baseline;

/// Halide asks with all features of a target. Each of our targets has the
/// features of the slower ones, so its fastest one tells.
int canUse(int count, const uint64_t *features) {
  auto wants = [&](int feature) {
    return feature / 64 < count && features[feature / 64] >> feature % 64 & 1;
  };
  InstructionSet needed = InstructionSet::baseline;
  if (wants(halide_target_feature_avx512_skylake))
    needed = InstructionSet::avx512;
  else if (wants(halide_target_feature_avx2))
    needed = InstructionSet::avx2;
  return needed <= inUse.load(std::memory_order_relaxed);
}

/// A kernel that refuses its operands returns an error code, which its caller
/// handles. Halide's own handler would end the process.
void ignoreMessage(void *, const char *) {}

/// Runs when the library is loaded, before any kernel.
[[maybe_unused]] const bool installed = [] {
  halide_set_custom_can_use_target_features(canUse);
  halide_set_error_handler(ignoreMessage);
  setInstructionSet(std::nullopt);
  return true;
}();

} // namespace

bool isSupported(InstructionSet set) {
#if defined(__x86_64__)
  switch (set) {
  case InstructionSet::avx512:
    return isSupported(InstructionSet::avx2) &&
           __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512cd") &&
           __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq");
  case InstructionSet::avx2:
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("f16c");
  case InstructionSet::baseline:
    break;
  }
#endif
  return set == InstructionSet::baseline;
}

InstructionSet bestInstructionSet() {
  for (InstructionSet set : {InstructionSet::avx512, InstructionSet::avx2})
    if (isSupported(set))
      return set;
  return InstructionSet::baseline;
}

void setInstructionSet(std::optional<InstructionSet> set) {
  assert((!set || isSupported(*set)) && "the processor lacks instructions");
  inUse.store(set.value_or(bestInstructionSet()), std::memory_order_relaxed);
}

InstructionSet instructionSet() {
  return inUse.load(std::memory_order_relaxed);
}

std::string_view nameOf(InstructionSet set) {
  switch (set) {
  case InstructionSet::avx512:
    return "avx512";
  case InstructionSet::avx2:
    return "avx2";
  case InstructionSet::baseline:
    break;
  }
  return "baseline";
}

} // namespace cim::kernels
