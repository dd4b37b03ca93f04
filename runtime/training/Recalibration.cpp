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

TensorMap cim::recalibrateBatchNorm(const plan::Plan &lowered,
                                    const TensorMap &tensors, const Chip &chip,
                                    const DataSet &data, int64_t images,
                                    const TrainingStream &stream,
                                    unsigned threads) {
  constexpr int64_t batch = 128;
  images = std::min(images, data.images());
  if (images < 2)
    throw InputError("batch statistics need at least 2 images");
  TrainingProgram program(lowered, tensors, {}, /*allNormalizations=*/true,
                          {.threads = threads, .batch = batch});
  program.program(chip);
  const std::vector<int64_t> order = shuffledOrder(stream, 0, data.images());
  int64_t batches = 0;
  for (int64_t first = 0; first < images; first += batch) {
    const int64_t count = std::min(batch, images - first);
    // The average of all batches so far.
    program.measure(
        count, 1.0 / double(++batches),
        [&](int64_t i, float *image) { data.read(order[first + i], image); });
  }
  TensorMap calibrated = tensors;
  for (const Parameter &parameter : program.parameters())
    if (!parameter.isLearned())
      calibrated[parameter.tensor] =
          makeTensor(parameter.shape, parameter.value);
  return calibrated;
}
