//===- Draws.cpp - What a plan's errors mean as random draws --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/programming/Draws.h"

#include <cmath>

using namespace cim;
using random::Distribution;

Distribution cim::distributionOf(const plan::Noise &noise) {
  switch (noise.distribution()) {
  case plan::Noise::UNIFORM:
    return Distribution::uniform();
  case plan::Noise::LOGNORMAL:
    return Distribution::lognormal(noise.parameter());
  case plan::Noise::LAPLACE:
    return Distribution::laplace();
  case plan::Noise::STUDENT_T:
    return Distribution::studentT(noise.parameter());
  case plan::Noise::EMPIRICAL:
    return Distribution::empirical(
        {noise.quantile_probability().begin(),
         noise.quantile_probability().end()},
        {noise.quantile_value().begin(), noise.quantile_value().end()});
  default:
    return Distribution::normal();
  }
}

double cim::disturbOf(const plan::ReadDisturb &disturb) {
  return disturb.amount() *
         std::pow(disturb.reads() / disturb.per(), disturb.exponent());
}

uint64_t cim::wordsOf(double probability) {
  return uint64_t(std::llround(probability * 0x1p32));
}
