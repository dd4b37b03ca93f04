//===- PrefixEvaluator.cpp - Chips that differ in a few layers ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/PrefixEvaluator.h"

#include "runtime/converters/LayerConverters.h"
#include "runtime/evaluation/LabelRank.h"

#include <algorithm>

using namespace cim;

plan::Plan cim::withoutErrors(plan::Plan plan) {
  for (plan::Layer &layer : *plan.mutable_layers()) {
    layer.clear_quantize();
    layer.clear_device();
    layer.clear_noise();
    layer.clear_write_verify();
    layer.clear_correlated();
    layer.clear_shift();
    layer.clear_read_disturb();
    layer.clear_faults();
    layer.clear_dac();
    layer.clear_adc();
    layer.clear_read_noise();
    layer.clear_compensates_drift();
    if (!layer.has_crossbar())
      continue;
    // Slices are cut from codes, and there are none.
    layer.mutable_crossbar()->clear_cell_bits();
    layer.mutable_crossbar()->clear_wires();
  }
  return plan;
}

/// Whether something happens to what enters or leaves its arrays, so that its
/// steps are bound to other kernels.
static bool actsAtReads(const plan::Layer &layer) {
  return layer.has_dac() || readsArrays(layer);
}

static bool anyActsAtReads(std::span<const LayerChange> changes) {
  return std::ranges::any_of(changes, [](const LayerChange &change) {
    return actsAtReads(change.as);
  });
}

/// Images whose activations fit into \p bytes, one call at least; of whole
/// micro-batches, where one fits.
static int64_t imagesThatFit(const Executor &executor, size_t bytes) {
  const int64_t perCall = executor.imagesPerCall(),
                batch = executor.microBatch();
  const size_t bytesPerCall = std::max<size_t>(1, executor.keptBytesPerCall());
  const int64_t images = std::max<int64_t>(1, bytes / bytesPerCall) * perCall;
  return images < batch ? images : images / batch * batch;
}

PrefixEvaluator::PrefixEvaluator(plan::Plan plan, const TensorMap &tensors,
                                 const DataSet &data, PrefixOptions asked)
    : base(std::move(plan)), tensors(tensors), data(data),
      options(std::move(asked)), executor(base, tensors, options.executor),
      block(std::min(data.images(),
                     imagesThatFit(executor, options.memoryBytes))) {
  executor.program({options.seed, 0, 0});
}

bool PrefixEvaluator::keep(Executor &executor, KeptActivations &kept, int step,
                           int64_t first, int64_t images) {
  return executor.keep(
      kept, first, images, step,
      [&](int64_t index, float *image) { data.read(index, image); },
      options.stop);
}

bool PrefixEvaluator::reach(int step, int64_t first, int64_t images) {
  if (!kept)
    kept.emplace(executor, block);
  const bool isOnTheWay = kept->firstImage() == first &&
                          kept->images() == images && kept->step() <= step;
  if (!isOnTheWay)
    return keep(executor, *kept, step, first, images);
  return kept->step() == step || executor.advance(*kept, step, options.stop);
}

/// Writes the changed layers by \p chains, or, where there are none, as the
/// executor's own plan says.
bool PrefixEvaluator::runBlock(Executor &executor, const KeptActivations &kept,
                               std::span<const LayerChange> changes,
                               std::vector<LayerProgram> &chains,
                               ChipRange chips, const TakeAnswer &take) {
  for (int64_t trial = chips.first; trial < chips.first + chips.count;
       ++trial) {
    for (size_t i = 0; i < changes.size(); ++i)
      executor.programLayer(changes[i].layer,
                            {options.seed, uint64_t(trial), 0},
                            chains.empty() ? nullptr : &chains[i]);
    const bool isComplete = executor.resume(
        kept,
        [&](int64_t image, const float *logits) {
          take(trial, image, logits);
          if (options.imagesDone)
            options.imagesDone->fetch_add(1, std::memory_order_relaxed);
        },
        options.stop);
    if (!isComplete)
      return false;
  }
  return true;
}

static int firstStepOf(const Executor &executor,
                       std::span<const LayerChange> changes) {
  int step = changes.empty() ? 0 : executor.steps();
  for (const LayerChange &change : changes)
    step = std::min(step, executor.firstUseOf(change.layer));
  return step;
}

/// For changes that act at reads: by an executor of their own.
bool PrefixEvaluator::runApart(std::span<const LayerChange> changes,
                               ChipRange chips, int64_t images,
                               const TakeAnswer &take) {
  plan::Plan plan = base;
  for (const LayerChange &change : changes)
    *plan.mutable_layers(change.layer) = change.as;
  Executor changed(plan, tensors, options.executor);
  changed.program({options.seed, 0, 0});
  for (const std::string &warning : changed.warnings())
    doubts.insert(warning);
  const int64_t block =
      std::min(images, imagesThatFit(changed, options.memoryBytes));
  KeptActivations kept(changed, block);
  std::vector<LayerProgram> none;
  for (int64_t first = 0; first < images; first += block)
    if (!keep(changed, kept, firstStepOf(changed, changes), first,
              std::min(block, images - first)) ||
        !runBlock(changed, kept, changes, none, chips, take))
      return false;
  return true;
}

bool PrefixEvaluator::run(std::span<const LayerChange> changes, ChipRange chips,
                          int64_t images, const TakeAnswer &take) {
  if (anyActsAtReads(changes))
    return runApart(changes, chips, images, take);
  std::vector<LayerProgram> chains;
  for (const LayerChange &change : changes) {
    chains.emplace_back(change.as, tensors.at(change.as.weights()));
    for (const std::string &warning : chains.back().warnings())
      doubts.insert(warning);
  }
  const int step = firstStepOf(executor, changes);
  bool isComplete = true;
  for (int64_t first = 0; first < images && isComplete; first += block)
    isComplete = reach(step, first, std::min(block, images - first)) &&
                 runBlock(executor, *kept, changes, chains, chips, take);
  for (const LayerChange &change : changes)
    executor.programLayer(change.layer, {options.seed, 0, 0});
  return isComplete;
}

bool PrefixEvaluator::keepsPrefix(std::span<const LayerChange> changes) const {
  return block == data.images() && !anyActsAtReads(changes);
}

std::optional<RightCounts>
PrefixEvaluator::countRight(std::span<const LayerChange> changes,
                            ChipRange chips) {
  std::vector<std::atomic<int64_t>> correct(chips.count),
      correctTop5(chips.count);
  const bool isComplete = run(
      changes, chips, data.images(),
      [&](int64_t trial, int64_t image, const float *logits) {
        const int64_t rank = rankOf(data.label(image), logits, classes());
        if (rank == 0)
          correct[trial - chips.first].fetch_add(1, std::memory_order_relaxed);
        if (rank < 5)
          correctTop5[trial - chips.first].fetch_add(1,
                                                     std::memory_order_relaxed);
      });
  if (!isComplete)
    return std::nullopt;
  return RightCounts{{correct.begin(), correct.end()},
                     {correctTop5.begin(), correctTop5.end()}};
}
