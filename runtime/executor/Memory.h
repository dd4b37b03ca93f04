//===- Memory.h - Where values stand ----------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_MEMORY_H
#define CIM_RUNTIME_EXECUTOR_MEMORY_H

#include "runtime/executor/Arena.h"
#include "runtime/executor/MicroBatch.h"
#include "runtime/executor/Step.h"

#include <memory>
#include <span>
#include <vector>

namespace cim {

/// How each value lies in memory, whatever the number of calls side by side.
struct ValueStorage {
  /// By value; empty for constants.
  std::vector<Geometry> geometry;
  /// By value: the value whose memory it shares, or itself. A reshape shares
  /// its operand's; so does a relayout of one pixel, and the result of an
  /// elementwise step that is the last to read its operand.
  std::vector<uint32_t> owner;
  /// By step: true when its result shares its operand's memory, so that there
  /// is nothing to run.
  std::vector<bool> vanishes;
};

/// Decides it from what the kernels of \p steps (one per step of the plan)
/// want.
ValueStorage storageOf(const Program &program, const BoundSteps &steps);

/// What each step moves per call.
std::vector<Traffic> trafficOf(const Program &program, const BoundSteps &steps,
                               const ValueStorage &storage);

/// The arena of one worker, from the values' lifetimes.
struct MemoryPlan {
  std::vector<Placement> values; ///< by value
  /// By value, in steps: from the one that computes it (the network's input:
  /// -1) to the last that reads it. Without bytes where a value has no memory
  /// of its own.
  std::vector<Lifetime> lifetimes;
  std::vector<size_t> scratch; ///< by step
  size_t bytes = 0;
};
MemoryPlan planMemory(const Program &program, const BoundSteps &steps,
                      const ValueStorage &storage, int64_t calls);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_MEMORY_H
