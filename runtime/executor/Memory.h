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

#include <functional>
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

/// The computed values that \p step reads, the epilogue's too.
std::vector<uint32_t> computedOperands(const Program &program,
                                       const plan::Step &step);

/// All steps of \p program.
StepRange allSteps(const Program &program);

/// What each of the steps \p range moves that is anything to run.
std::vector<Traffic> trafficOf(const Program &program, const BoundSteps &steps,
                               const ValueStorage &storage, StepRange range);

/// chooseParts() of the steps \p range for this machine, whose caches \p
/// threads workers share.
std::vector<Part> partsOf(const Program &program, const BoundSteps &steps,
                          const ValueStorage &storage, StepRange range,
                          unsigned threads, int64_t most = 32);

/// The values that are computed before \p step, or inputs, and read by it or
/// later ones; of those that share memory, one.
std::vector<uint32_t> valuesAcross(const Program &program,
                                   const ValueStorage &storage, int step);

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
/// For the steps of \p parts alone, which follow each other: what is computed
/// before and read there has its place from the beginning, what is read after
/// it, to the end. Values that stand between two parts have a place for each
/// call of a micro-batch (Placement::isForAllCalls), the others for those that
/// go through their part together.
MemoryPlan planMemory(const Program &program, const BoundSteps &steps,
                      const ValueStorage &storage, std::span<const Part> parts);
/// The same for the steps \p range and \p calls calls, without scratch, whose
/// place is elsewhere, and for those values alone whose lifetime \p isWanted.
MemoryPlan planValues(const Program &program, const ValueStorage &storage,
                      int64_t calls, StepRange range,
                      const std::function<bool(const Lifetime &)> &isWanted);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_MEMORY_H
