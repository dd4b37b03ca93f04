//===- Recalibration.cpp - Batch statistics, measured again ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/Recalibration.h"

#include "runtime/tensor/Errors.h"

#include <algorithm>

using namespace cim;

static constexpr int64_t batch = 128;

/// How many of \p images there are.
static int64_t imagesMeasured(const DataSet &data, int64_t images) {
  images = std::min(images, data.images());
  if (images < 2)
    throw InputError("--recalibrate-batch-norm: batch statistics need at least "
                     "2 images that are trained on; raise --limit");
  return images;
}

static TrainingProgram programOf(const plan::Plan &lowered,
                                 const TensorMap &tensors,
                                 const ExecutorOptions &executor) {
  if (std::ranges::none_of(lowered.steps(), [](const plan::Step &step) {
        return step.operation() == "batch_norm";
      }))
    throw InputError("--recalibrate-batch-norm: the network has no batch "
                     "normalisation; leave it out");
  try {
    return TrainingProgram(
        lowered, tensors, {}, /*allNormalizations=*/true,
        {.threads = executor.threads,
         .batch = batch,
         .strict = executor.precision == Precision::f32Strict,
         .chosen = executor.chosen});
  } catch (const InputError &error) {
    throw InputError("--recalibrate-batch-norm: " + std::string(error.what()) +
                     "; or leave --recalibrate-batch-norm out");
  }
}

void cim::checkRecalibration(const plan::Plan &lowered,
                             const TensorMap &tensors, const DataSet &data,
                             int64_t images, const ExecutorOptions &executor) {
  imagesMeasured(data, images);
  programOf(lowered, tensors, executor);
}

std::optional<TensorMap>
cim::recalibrateBatchNorm(const plan::Plan &lowered, const TensorMap &tensors,
                          const Chip &chip, const DataSet &data, int64_t images,
                          const TrainerOptions &training) {
  images = imagesMeasured(data, images);
  TrainingProgram program = programOf(lowered, tensors, training.executor);
  program.program(chip);
  const std::vector<int64_t> order =
      shuffledOrder(training.stream, 0, data.images());
  for (int64_t first = 0; first < images; first += batch) {
    if (training.stop && training.stop())
      return std::nullopt;
    const int64_t count = std::min(batch, images - first);
    // The average of all images so far: the last batch may have fewer.
    program.measure(
        count, double(count) / double(first + count),
        [&](int64_t i, float *image) { data.read(order[first + i], image); });
    if (training.imagesDone)
      training.imagesDone->fetch_add(count, std::memory_order_relaxed);
  }
  TensorMap calibrated = tensors;
  for (const Parameter &parameter : program.parameters())
    if (!parameter.isLearned())
      calibrated[parameter.tensor] =
          makeTensor(parameter.shape, parameter.value);
  return calibrated;
}
