//===- MicroBatch.h - How many images run side by side ----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_MICROBATCH_H
#define CIM_RUNTIME_EXECUTOR_MICROBATCH_H

#include <cstddef>
#include <span>

namespace cim {

/// What one step moves, in bytes.
struct Traffic {
  size_t activations = 0; ///< read and written, per image
  size_t weights = 0;
};

/// Bytes of second-level cache of one core; 1 MB where the system does not say.
size_t secondLevelCache();

/// The number of images, a power of two from 1 to 32, with the least traffic
/// beyond the second-level cache of \p cacheBytes. Per image, each step moves
/// its weights divided by the number of images, and its activations if those of
/// all images and the weights do not fit into the cache together. The
/// activations of a step stay below 32 MB, unless one image has more: memory
/// must not grow with the size of images times the number of threads.
unsigned chooseMicroBatch(std::span<const Traffic> steps, size_t cacheBytes);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_MICROBATCH_H
