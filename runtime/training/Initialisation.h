//===- Initialisation.h - Where training from scratch begins ----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_INITIALISATION_H
#define CIM_RUNTIME_TRAINING_INITIALISATION_H

#include "runtime/training/Augmentation.h"
#include "runtime/training/Parameter.h"

#include <deque>

namespace cim {

/// Weights become normal with variance 2 / (inputs of a result) (He et al.,
/// Delving deep into rectifiers, ICCV 2015), biases and running means 0, scales
/// and running variances 1. A pure function of the stream and of the position
/// of each parameter.
void initialise(std::deque<Parameter> &parameters,
                const TrainingStream &stream);

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_INITIALISATION_H
