//===- Parameter.h - Numbers that training changes --------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_PARAMETER_H
#define CIM_RUNTIME_TRAINING_PARAMETER_H

#include <cstdint>
#include <string>
#include <vector>

namespace cim {

/// One tensor of a network that training changes.
struct Parameter {
  enum class Kind { weights, bias, scale, runningMean, runningVariance };

  std::string tensor; ///< its name in the plan
  Kind kind = Kind::weights;
  int64_t inputs = 1; ///< of weights: products that one result adds up
  std::vector<int64_t> shape;
  std::vector<float> value;
  /// How the loss of the last batch, a mean over its images, depends on it.
  /// Empty for what is not learned but measured: running mean and variance.
  std::vector<float> gradient;

  /// What the network computes with where that is not `value`: weights under
  /// noise, whose gradient still moves the value.
  std::vector<float> perturbed;

  const std::vector<float> &used() const {
    return perturbed.empty() ? value : perturbed;
  }
  bool isLearned() const { return !gradient.empty(); }
};

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_PARAMETER_H
