//===- PrefixEvaluator.cpp - Chips that differ in a few layers ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/PrefixEvaluator.h"

#include "runtime/evaluation/LabelRank.h"

#include <algorithm>

using namespace cim;

plan::Plan cim::withoutErrors(plan::Plan plan) {
  for (plan::Layer &layer : *plan.mutable_layers()) {
    layer.clear_quantize();
    layer.clear_device();
    layer.clear_noise();
    layer.clear_shift();
    layer.clear_faults();
    // Slices are cut from codes, and there are none.
    if (layer.has_crossbar())
      layer.mutable_crossbar()->clear_cell_bits();
  }
  return plan;
}

/// Images of whole micro-batches whose activations fit into \p bytes.
static int64_t imagesThatFit(const Executor &executor, size_t bytes) {
  const int64_t batch = executor.microBatch();
  const size_t perBatch = std::max<size_t>(
      1, executor.keptBytesPerCall() * (batch / executor.imagesPerCall()));
  return std::max<int64_t>(1, bytes / perBatch) * batch;
}

PrefixEvaluator::PrefixEvaluator(const plan::Plan &base,
                                 const TensorMap &tensors, const DataSet &data,
                                 PrefixOptions asked)
    : data(data), options(std::move(asked)),
      executor(base, tensors, options.executor),
      block(std::min(data.images(),
                     imagesThatFit(executor, options.memoryBytes))) {
  executor.program({options.seed, 0, 0});
}

bool PrefixEvaluator::reach(int step, int64_t first, int64_t images) {
  if (!kept)
    kept.emplace(executor, block);
  const bool isOnTheWay = kept->firstImage() == first &&
                          kept->images() == images && kept->step() <= step;
  if (isOnTheWay)
    return kept->step() == step || executor.advance(*kept, step, options.stop);
  return executor.keep(
      *kept, first, images, step,
      [&](int64_t index, float *image) { data.read(index, image); },
      options.stop);
}

bool PrefixEvaluator::runBlock(std::span<const LayerChange> changes,
                               int64_t trials, const TakeAnswer &take) {
  bool isComplete = true;
  for (int64_t trial = 0; trial < trials && isComplete; ++trial) {
    for (const LayerChange &change : changes)
      executor.programLayer(change.layer, {options.seed, uint64_t(trial), 0},
                            change.chain);
    isComplete = executor.resume(
        *kept,
        [&](int64_t image, const float *logits) {
          take(trial, image, logits);
          if (options.imagesDone)
            options.imagesDone->fetch_add(1, std::memory_order_relaxed);
        },
        options.stop);
  }
  for (const LayerChange &change : changes)
    executor.programLayer(change.layer, {options.seed, 0, 0});
  return isComplete;
}

bool PrefixEvaluator::run(std::span<const LayerChange> changes, int64_t trials,
                          int64_t images, const TakeAnswer &take) {
  int step = changes.empty() ? 0 : executor.steps();
  for (const LayerChange &change : changes)
    step = std::min(step, executor.firstUseOf(change.layer));
  for (int64_t first = 0; first < images; first += block)
    if (!reach(step, first, std::min(block, images - first)) ||
        !runBlock(changes, trials, take))
      return false;
  return true;
}

std::optional<std::vector<int64_t>>
PrefixEvaluator::correct(std::span<const LayerChange> changes, int64_t trials) {
  std::vector<std::atomic<int64_t>> counts(trials);
  const bool isComplete =
      run(changes, trials, data.images(),
          [&](int64_t trial, int64_t image, const float *logits) {
            if (rankOf(data.label(image), logits, classes()) == 0)
              counts[trial].fetch_add(1, std::memory_order_relaxed);
          });
  if (!isComplete)
    return std::nullopt;
  return std::vector<int64_t>(counts.begin(), counts.end());
}
