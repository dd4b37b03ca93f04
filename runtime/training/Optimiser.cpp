//===- Optimiser.cpp - How gradients change parameters --------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/Optimiser.h"

#include "runtime/tensor/Errors.h"

#include <cmath>
#include <numbers>

using namespace cim;

void Optimiser::prepare(const std::deque<Parameter> &parameters) {
  if (!first.empty())
    return;
  for (const Parameter &parameter : parameters) {
    first.emplace_back(parameter.gradient.size());
    second.emplace_back(isAdam() ? parameter.gradient.size() : 0);
  }
}

void Optimiser::step(std::deque<Parameter> &parameters, double rate) {
  prepare(parameters);
  ++steps;
  const float decay = options.weightDecay, lr = rate;
  for (size_t p = 0; p < parameters.size(); ++p) {
    const size_t count = parameters[p].gradient.size();
    float *w = parameters[p].value.data(), *m = first[p].data(),
          *v = second[p].data();
    const float *gradient = parameters[p].gradient.data();
    if (!isAdam()) {
      const float momentum = options.momentum;
      const bool nesterov = options.kind == OptimiserKind::nesterov;
      for (size_t i = 0; i < count; ++i) {
        const float g = gradient[i] + decay * w[i];
        m[i] = momentum * m[i] + g;
        w[i] -= lr * (nesterov ? g + momentum * m[i] : m[i]);
      }
      continue;
    }
    const bool apart = options.kind == OptimiserKind::adamw;
    const float beta1 = options.beta1, beta2 = options.beta2;
    const float epsilon = options.epsilon;
    const float size = rate / (1 - std::pow(options.beta1, double(steps)));
    const float unbias =
        1 / std::sqrt(1 - std::pow(options.beta2, double(steps)));
    for (size_t i = 0; i < count; ++i) {
      const float g = apart ? gradient[i] : gradient[i] + decay * w[i];
      if (apart)
        w[i] -= lr * decay * w[i];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      w[i] -= size * m[i] / (std::sqrt(v[i]) * unbias + epsilon);
    }
  }
}

/// The names of a parameter's tensors in a checkpoint.
static std::string momentName(const Parameter &parameter, int order) {
  return "moment" + std::to_string(order) + " of " + parameter.tensor;
}

TensorMap Optimiser::state(const std::deque<Parameter> &parameters) const {
  TensorMap tensors;
  for (size_t p = 0; p < first.size(); ++p) {
    if (!first[p].empty())
      tensors[momentName(parameters[p], 1)] =
          makeTensor(parameters[p].shape, first[p]);
    if (!second[p].empty())
      tensors[momentName(parameters[p], 2)] =
          makeTensor(parameters[p].shape, second[p]);
  }
  return tensors;
}

void Optimiser::restore(const std::deque<Parameter> &parameters,
                        const TensorMap &state, int64_t stepsDone) {
  first.clear();
  second.clear();
  steps = stepsDone;
  if (stepsDone == 0)
    return;
  prepare(parameters);
  auto read = [&](std::vector<float> &moment, const std::string &name) {
    if (moment.empty())
      return;
    auto found = state.find(name);
    if (found == state.end() || found->second.type != plan::F32 ||
        size_t(found->second.elements()) != moment.size())
      throw InputError("has no tensor '" + name + "' of the right size");
    auto values = found->second.as<float>();
    moment.assign(values.begin(), values.end());
  };
  for (size_t p = 0; p < parameters.size(); ++p) {
    read(first[p], momentName(parameters[p], 1));
    read(second[p], momentName(parameters[p], 2));
  }
}

double LearningRate::at(int64_t step, int64_t epochs,
                        int64_t stepsPerEpoch) const {
  const double total = double(epochs) * stepsPerEpoch;
  // From \p high to \p low while t goes from 0 to 1.
  auto cosine = [](double high, double low, double t) {
    return low + (high - low) * (1 + std::cos(std::numbers::pi * t)) / 2;
  };
  switch (schedule) {
  case Schedule::constant:
    break;
  case Schedule::step:
    return rate * std::pow(decay, double(step / stepsPerEpoch / period));
  case Schedule::cosine:
    return cosine(rate, 0, step / total);
  case Schedule::oneCycle: {
    const double top = 0.3 * total - 1;
    if (top > 0 && step <= top)
      return cosine(rate / 25, rate, step / top);
    const double rest = total - 1 - std::max(top, 0.0);
    return cosine(rate, rate / 250'000,
                  rest > 0 ? (step - std::max(top, 0.0)) / rest : 1);
  }
  }
  return rate;
}
