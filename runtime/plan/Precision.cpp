//===- Precision.cpp - What numbers are rounded to ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/Precision.h"

using namespace cim;

static bool laysOutAnew(const plan::Step &step) {
  return (step.operation() == "reshape" || step.operation() == "relayout") &&
         !step.has_epilogue();
}

std::vector<bool> cim::bfloat16Values(const plan::Plan &plan) {
  std::vector<bool> rounded;
  for (const plan::Value &value : plan.values())
    rounded.push_back(value.constant().empty() &&
                      value.element_type() == plan::F32);
  for (const plan::Step &step : plan.steps())
    if (step.operation() == "dac" ||
        (laysOutAnew(step) && !rounded[step.inputs(0)]))
      rounded[step.outputs(0)] = false;
  for (const plan::Step &step : plan.steps())
    for (uint32_t square : step.squares())
      rounded[square] = false;
  for (uint32_t output : plan.outputs())
    rounded[output] = false;
  for (int s = plan.steps_size() - 1; s >= 0; --s)
    if (const plan::Step &step = plan.steps(s);
        laysOutAnew(step) && !rounded[step.outputs(0)])
      rounded[step.inputs(0)] = false;
  return rounded;
}
