//===- Adaptation.h - Digital parameters fitted to a chip -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_ADAPTATION_H
#define CIM_RUNTIME_TRAINING_ADAPTATION_H

#include "runtime/training/Trainer.h"

#include <set>

namespace cim {

/// Numbers in the biases of all layers of \p plan but \p layers.
int64_t biasesBeside(const plan::Plan &plan, const std::set<uint32_t> &layers);

/// Trains what is digital in a network on \p chip as it is written: the biases
/// of layers, and scale and bias of every batch normalisation, which works in
/// batch mode. No cell is written. (A network is trainable through its
/// normalisation alone: Frankle, Schwab and Morcos, Training BatchNorm and only
/// BatchNorm, ICLR 2021.) \p lowered is a plan as lowered, \p recipe as for a
/// Trainer, \p training keeping nothing. Returns \p tensors with the
/// parameters as learned, and nothing when training was stopped. Throws
/// InputError as Trainer does, and when the network has nothing digital.
std::optional<TensorMap> adaptDigital(const plan::Plan &lowered,
                                      const TensorMap &tensors,
                                      const Chip &chip, const DataSet &data,
                                      const TrainingRecipe &recipe,
                                      TrainerOptions training);

/// Throws InputError where the network does not let adaptDigital() do so, so
/// that nobody trains for hours in front of it.
void checkAdaptation(const plan::Plan &lowered, const TensorMap &tensors,
                     const DataSet &data, const TrainingRecipe &recipe,
                     const ExecutorOptions &executor);

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_ADAPTATION_H
