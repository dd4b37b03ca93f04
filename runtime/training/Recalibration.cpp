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

std::optional<TensorMap>
cim::recalibrateBatchNorm(const plan::Plan &lowered, const TensorMap &tensors,
                          const Chip &chip, const DataSet &data, int64_t images,
                          const TrainerOptions &training) {
  constexpr int64_t batch = 128;
  images = std::min(images, data.images());
  if (images < 2)
    throw InputError("batch statistics need at least 2 images");
  const ExecutorOptions &executor = training.executor;
  TrainingProgram program(lowered, tensors, {}, /*allNormalizations=*/true,
                          {.threads = executor.threads,
                           .batch = batch,
                           .strict = executor.precision == Precision::f32Strict,
                           .chosen = executor.chosen});
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
