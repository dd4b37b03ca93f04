//===- PrefixEvaluator.h - Chips that differ in a few layers ----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EVALUATION_PREFIXEVALUATOR_H
#define CIM_RUNTIME_EVALUATION_PREFIXEVALUATOR_H

#include "runtime/data/DataSet.h"
#include "runtime/executor/Executor.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Programming.h"
#include "runtime/tensor/Tensor.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace cim {

struct PrefixOptions {
  uint64_t seed = 0;
  ExecutorOptions executor;
  /// For the activations that are kept; where it does not hold those of all
  /// images, they come in blocks, each of which begins at the input.
  size_t memoryBytes = size_t(1) << 30;
  /// As in EvaluationOptions.
  std::function<bool()> stop;
  std::atomic<int64_t> *imagesDone = nullptr;
};

/// A layer (its place in the plan), and as what it is written and read.
struct LayerChange {
  uint32_t layer;
  plan::Layer as;
};

/// The plan with exact weights and reads: without quantization, errors,
/// devices, wires and converters. Which cells hold which weights remains.
plan::Plan withoutErrors(plan::Plan plan);

/// Chips `first` to `first + count - 1`.
struct ChipRange {
  int64_t first = 0, count = 1;
};

/// Images, per chip of a range, as in Evaluation.
struct RightCounts {
  std::vector<int64_t> correct, correctTop5;
};

/// Runs a base network, of which every chip is the same, with changes to a few
/// of its layers. All steps before the first changed layer run once for all
/// chips and, when changes move towards the output, for all changes (but for
/// those that act at every read, converters and read noise). The results have
/// the bits of separate evaluations.
class PrefixEvaluator {
public:
  /// Prepares the kernels and writes the base network. \p data must outlive it.
  /// Throws InputError.
  PrefixEvaluator(plan::Plan base, const TensorMap &tensors,
                  const DataSet &data, PrefixOptions options);

  /// Receives what the network answers. Called from several threads.
  using TakeAnswer =
      std::function<void(int64_t trial, int64_t image, const float *logits)>;
  /// Runs the first \p images images with \p changes on \p chips; no changes
  /// are the base network itself. False when `stop` ended it.
  bool run(std::span<const LayerChange> changes, ChipRange chips,
           int64_t images, const TakeAnswer &take);

  /// How many of all images each of \p chips gets right. Nothing when `stop`
  /// ended it.
  std::optional<RightCounts> countRight(std::span<const LayerChange> changes,
                                        ChipRange chips);

  /// Whether the next run takes over what stands in front of \p changes, so
  /// that chips may as well come one at a time.
  bool keepsPrefix(std::span<const LayerChange> changes) const;

  int64_t classes() const { return executor.outputElements(); }
  unsigned threads() const { return executor.threads(); }
  /// Images whose activations are kept at a time.
  int64_t blockImages() const { return block; }
  /// What was asked of weights but could not be done, a line each, so far.
  const std::set<std::string> &warnings() const { return doubts; }

private:
  /// Leaves images [first, first + images) of the base network in front of
  /// \p step.
  bool reach(int step, int64_t first, int64_t images);
  bool runBlock(Executor &executor, const KeptActivations &kept,
                std::span<const LayerChange> changes,
                std::vector<LayerProgram> &chains, ChipRange chips,
                const TakeAnswer &take);
  bool runApart(std::span<const LayerChange> changes, ChipRange chips,
                int64_t images, const TakeAnswer &take);
  bool keep(Executor &executor, KeptActivations &kept, int step, int64_t first,
            int64_t images);

  const plan::Plan base;
  const TensorMap tensors;
  const DataSet &data;
  PrefixOptions options;
  Executor executor;
  int64_t block;
  std::optional<KeptActivations> kept;
  std::set<std::string> doubts;
};

} // namespace cim

#endif // CIM_RUNTIME_EVALUATION_PREFIXEVALUATOR_H
