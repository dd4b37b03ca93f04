//===- FrozenPrefix.h - What training leaves as it is -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_FROZENPREFIX_H
#define CIM_RUNTIME_TRAINING_FROZENPREFIX_H

#include "runtime/executor/Memory.h"
#include "runtime/threads/Workers.h"

#include <functional>
#include <utility>

namespace cim {

/// The steps in front of the first that is trained. Nothing behind them reads
/// what they compute but the values across the border, so they run as in any
/// evaluation: in one arena per worker, which stays in its cache. And as their
/// weights stay, the same view of an image always gives the same: a part of the
/// views can be kept.
class FrozenPrefix {
public:
  /// Steps [0, \p end) of \p program, of batches of at most \p batch images.
  /// Keeps at most \p keptBytes of values, and at most \p mostViews views.
  /// Places the steps. Throws InputError when there is not that much memory.
  FrozenPrefix(const Program &program, const BoundSteps &steps,
               const ValueStorage &storage, int end, int64_t batch,
               Workers &workers, size_t keptBytes, int64_t mostViews);

  /// What is read behind the prefix: the values, and bytes per image.
  struct Result {
    uint32_t value;
    size_t bytes;
  };
  const std::vector<Result> &results() const { return across; }

  using ReadImage = std::function<void(int64_t position, float *image)>;
  /// Where result number \p result of image \p position is wanted.
  using Place = std::function<std::byte *(int64_t position, size_t result)>;
  /// Computes the results of \p images images. \p views says which views of
  /// which images they are, numbers from 0 on, each at most once; empty where
  /// none comes again.
  void run(int64_t images, const ReadImage &read,
           std::span<const int64_t> views, const Place &place);

  /// The weights have changed.
  void forget();

  /// Of arenas and kept values.
  size_t bytes() const;

private:
  /// Computes images \p positions of the batch, a micro-batch at most.
  void compute(unsigned worker, std::span<const int64_t> positions,
               const ReadImage &read, std::span<const int64_t> views,
               const Place &place);
  /// Where view \p view is kept, or is to be; null: nowhere.
  std::byte *keptAt(int64_t view) const;
  /// Makes room for \p view where there is some.
  void reserve(int64_t view);

  struct RunningStep {
    const BoundStep *step;
    int index; ///< in the plan
  };
  struct Worker {
    AlignedMemory arena;
    std::vector<float> dense; ///< one image
  };

  const Program &program;
  Workers &workers;
  std::vector<RunningStep> running;
  std::vector<Result> across;
  Placement input;
  std::vector<Part> parts;
  MemoryPlan memory; ///< where the steps find their values
  std::vector<Worker> perWorker;

  AlignedMemory kept;
  size_t viewBytes = 0;
  int64_t capacity = 0, used = 0; ///< views
  std::vector<int64_t> slots;     ///< by view; none: -1
};

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_FROZENPREFIX_H
