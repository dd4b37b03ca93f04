//===- Optimiser.h - How gradients change parameters ------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_OPTIMISER_H
#define CIM_RUNTIME_TRAINING_OPTIMISER_H

#include "runtime/tensor/Tensor.h"
#include "runtime/training/Parameter.h"

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace cim {

enum class OptimiserKind {
  sgd,      ///< with momentum: v = momentum v + g; w -= rate v
  nesterov, ///< w -= rate (g + momentum v) (Sutskever et al., ICML 2013)
  adam,     ///< Kingma and Ba, ICLR 2015
  adamw,    ///< weight decay apart (Loshchilov and Hutter, ICLR 2019)
};

struct OptimiserOptions {
  OptimiserKind kind = OptimiserKind::sgd;
  double momentum = 0.9;
  /// Added to the gradient, times the parameter; adamw shrinks the parameter
  /// by rate times it.
  double weightDecay = 1e-4;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8; ///< adam, adamw
};

/// Moves parameters, step by step. As PyTorch defines these, weight decay of
/// all parameters included.
class Optimiser {
public:
  explicit Optimiser(const OptimiserOptions &options) : options(options) {}

  /// One step with learning rate \p rate.
  void step(std::deque<Parameter> &parameters, double rate);

  /// What it remembers, for a checkpoint: tensors named after the parameters.
  TensorMap state(const std::deque<Parameter> &parameters) const;
  /// Back to such a state after \p steps steps. Throws InputError when a tensor
  /// is missing or of another size.
  void restore(const std::deque<Parameter> &parameters, const TensorMap &state,
               int64_t steps);

private:
  bool isAdam() const {
    return options.kind == OptimiserKind::adam ||
           options.kind == OptimiserKind::adamw;
  }
  void prepare(const std::deque<Parameter> &parameters);

  OptimiserOptions options;
  int64_t steps = 0;
  /// By parameter: the moving averages of the gradient and, for adam, of its
  /// square.
  std::vector<std::vector<float>> first, second;
};

/// How the learning rate changes.
struct LearningRate {
  enum class Schedule {
    constant,
    step,     ///< times `decay` every `period` epochs
    cosine,   ///< half a cosine down to 0 (Loshchilov and Hutter, ICLR 2017)
    oneCycle, ///< up from rate / 25 over 30 % of the steps, then down to rate /
              ///< 250,000, both as cosines (Smith and Topin, 2018)
  };
  Schedule schedule = Schedule::cosine;
  double rate = 0.01; ///< the largest
  double decay = 0.1;
  int64_t period = 1;

  /// Of step \p step, counted from 0, of \p epochs epochs of \p stepsPerEpoch.
  double at(int64_t step, int64_t epochs, int64_t stepsPerEpoch) const;
};

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_OPTIMISER_H
