//===- KeptActivations.h - What a part of a network has computed -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_KEPTACTIVATIONS_H
#define CIM_RUNTIME_EXECUTOR_KEPTACTIVATIONS_H

#include "runtime/executor/Arena.h"

#include <cstdint>

namespace cim {

class Executor;

/// The activations of a range of images in front of one step of an executor's
/// program: every value that is computed before the step and read by it or
/// later ones, as it lies in the arena. Filled by Executor::keep, taken on by
/// Executor::advance, used by Executor::resume; of no use to another executor.
class KeptActivations {
public:
  /// Room for \p images images at any step of the program of \p executor.
  /// Throws InputError when there is not that much memory.
  KeptActivations(const Executor &executor, int64_t images);

  /// The step in front of which they stand.
  int step() const { return reached; }
  int64_t firstImage() const { return first; }
  int64_t images() const { return count; }

private:
  friend class Executor;
  std::byte *call(int64_t index) const {
    return memory.data() + index * bytesPerCall;
  }

  size_t bytesPerCall;
  AlignedMemory memory; ///< call by call
  int reached = 0;
  int64_t first = 0, count = 0;
};

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_KEPTACTIVATIONS_H
