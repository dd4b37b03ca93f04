//===- MicroBatch.h - Cuts a program into parts -----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_MICROBATCH_H
#define CIM_RUNTIME_EXECUTOR_MICROBATCH_H

#include "runtime/executor/Parts.h"

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace cim {

/// What one step moves, in bytes.
struct Traffic {
  int step = 0;           ///< in the plan
  size_t activations = 0; ///< read and written, per call
  size_t weights = 0;
  size_t before = 0; ///< of the values that stand in front of it, per call
};

/// Bytes that one worker finds close by.
struct CacheSizes {
  size_t second = size_t(1) << 20;
  size_t third = size_t(2) << 20; ///< its share of what all cores have
};

/// This machine's caches, shared by \p threads workers.
CacheSizes cacheSizes(unsigned threads);

/// Cuts the steps into parts with the least estimated traffic beyond the
/// second-level cache, and from memory, which counts four times: layers of
/// large maps want few calls at a time, whose activations the cache holds, and
/// layers of large weights many, which share them.
///
/// Per call, each step moves its weights divided by the number of calls
/// together, a power of two from 1 to 32, unless the cache holds those of the
/// whole network beside the activations; and its activations, unless the cache
/// holds those of all these calls and the weights. To that comes a little per
/// step and pass, so that where all is in the cache, calls are as many as it
/// holds; and what stands between two parts, which is written and read. (That
/// the cache may hold the weights of a part from pass to pass is left out.)
///
/// \p memory says how many bytes parts need. They stay below 32 MB, unless
/// one call needs more: memory must not grow much with the number of threads.
/// None takes more than \p most calls together.
std::vector<Part>
chooseParts(std::span<const Traffic> steps, StepRange range,
            const CacheSizes &caches,
            const std::function<size_t(std::span<const Part>)> &memory,
            int64_t most = 32);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_MICROBATCH_H
