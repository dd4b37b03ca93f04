//===- InstructionSet.cpp - Which instructions kernels may use ---*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/InstructionSet.h"

#include <atomic>
#include <cassert>

namespace cim::kernels {

static std::atomic<InstructionSet> inUse = bestInstructionSet();

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
