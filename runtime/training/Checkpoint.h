//===- Checkpoint.h - Work that goes on later -------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_CHECKPOINT_H
#define CIM_RUNTIME_TRAINING_CHECKPOINT_H

#include "runtime/tensor/Tensor.h"

#include <nlohmann/json.hpp>

#include <string>

namespace cim {

/// How far a training or retraining has come. As a file it is one safetensors
/// file, so that it is there whole or not at all; the progress stands in it as
/// bytes of JSON, which keeps doubles exactly, so that who goes on gets the
/// same bits as who was never stopped.
struct Checkpoint {
  nlohmann::ordered_json progress;
  TensorMap tensors;
  std::string path{}; ///< of the file that it was read from, for messages
};

/// \p identity tells what is trained from anything else. Throws InputError when
/// the file cannot be written.
void writeCheckpoint(const std::string &path, const std::string &identity,
                     Checkpoint checkpoint);

/// Throws InputError when \p path is no checkpoint, or of something other than
/// \p identity.
Checkpoint readCheckpoint(const std::string &path, const std::string &identity);

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_CHECKPOINT_H
