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

/// Bytes that one worker finds close by.
struct CacheSizes {
  size_t second = size_t(1) << 20;
  size_t third = size_t(2) << 20; ///< its share of what all cores have
};

/// This machine's caches, shared by \p threads workers.
CacheSizes cacheSizes(unsigned threads);

/// The number of images, a power of two from 1 to 32, with the least estimated
/// traffic beyond the second-level cache, and from memory, which counts four
/// times. Per image, each step moves its weights divided by the number of
/// images, unless the cache holds those of the whole network beside the
/// activations; and its activations, unless the cache holds those of all images
/// and the weights. To that comes a little per step and pass, so that where all
/// is in the cache, images are as many as it holds.
///
/// An arena stays below 32 MB, where one image needs \p arenaPerImage bytes,
/// unless one image needs more: memory must not grow much with the number of
/// threads.
unsigned chooseMicroBatch(std::span<const Traffic> steps,
                          const CacheSizes &caches, size_t arenaPerImage);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_MICROBATCH_H
