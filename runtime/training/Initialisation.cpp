//===- Initialisation.cpp - Where training from scratch begins ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/Initialisation.h"

#include "runtime/random/Distributions.h"

#include <algorithm>
#include <cmath>

using namespace cim;

void cim::initialise(std::deque<Parameter> &parameters,
                     const TrainingStream &stream) {
  uint32_t position = 0;
  for (Parameter &parameter : parameters) {
    const uint32_t own = position++;
    switch (parameter.kind) {
    case Parameter::Kind::bias:
    case Parameter::Kind::runningMean:
      std::ranges::fill(parameter.value, 0.0f);
      break;
    case Parameter::Kind::scale:
    case Parameter::Kind::runningVariance:
      std::ranges::fill(parameter.value, 1.0f);
      break;
    case Parameter::Kind::weights: {
      random::Distribution::normal().draw(
          random::Stream({.seed = stream.seed,
                          .trial = stream.trial,
                          .layer = own,
                          .source = random::Source::initialisation}),
          0, parameter.value);
      const float deviation = std::sqrt(2.0 / double(parameter.inputs));
      for (float &weight : parameter.value)
        weight *= deviation;
      break;
    }
    }
  }
}
