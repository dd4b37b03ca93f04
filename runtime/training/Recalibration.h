//===- Recalibration.h - Batch statistics, measured again -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_RECALIBRATION_H
#define CIM_RUNTIME_TRAINING_RECALIBRATION_H

#include "runtime/training/Trainer.h"

namespace cim {

/// \p tensors with mean and variance of every batch normalisation as they are
/// on \p chip: those of batches of 128, averaged over \p images images of
/// \p data, taken in the order of the stream's epoch 0, without augmentation.
/// Digital, so it costs no write of a cell. \p lowered is a plan as lowered;
/// of \p training count stream, executor, stop and imagesDone. Returns nothing
/// when it was stopped. Throws InputError when there is no batch normalisation,
/// or fewer than 2 images.
std::optional<TensorMap>
recalibrateBatchNorm(const plan::Plan &lowered, const TensorMap &tensors,
                     const Chip &chip, const DataSet &data, int64_t images,
                     const TrainerOptions &training);

/// Throws InputError where recalibrateBatchNorm() would, so that nobody trains
/// for hours in front of it.
void checkRecalibration(const plan::Plan &lowered, const TensorMap &tensors,
                        const DataSet &data, int64_t images,
                        const ExecutorOptions &executor);

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_RECALIBRATION_H
