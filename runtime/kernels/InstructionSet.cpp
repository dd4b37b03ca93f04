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

#if defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace cim::kernels {

static std::atomic<InstructionSet> inUse = bestInstructionSet();

#if defined(__x86_64__)
/// Asks Linux, once, to let this process use the tile registers, whose 8 KB it
/// has to save at every context switch.
static bool mayUseTiles() {
  static const bool granted = [] {
    constexpr int requestPermission = 0x1023; // ARCH_REQ_XCOMP_PERM
    constexpr int tileData = 18;              // XFEATURE_XTILEDATA
    return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
  }();
  return granted;
}
#endif

bool isSupported(InstructionSet set) {
#if defined(__x86_64__)
  switch (set) {
  case InstructionSet::amx:
    return isSupported(InstructionSet::avx512bf16) &&
           __builtin_cpu_supports("amx-tile") &&
           __builtin_cpu_supports("amx-bf16") && mayUseTiles();
  case InstructionSet::avx512bf16:
    return isSupported(InstructionSet::avx512) &&
           __builtin_cpu_supports("avx512bf16");
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

InstructionSet bestBfloat16InstructionSet() {
  for (InstructionSet set : {InstructionSet::amx, InstructionSet::avx512bf16})
    if (isSupported(set))
      return set;
  return bestInstructionSet();
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
  case InstructionSet::amx:
    return "amx";
  case InstructionSet::avx512bf16:
    return "avx512bf16";
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
