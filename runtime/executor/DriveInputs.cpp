//===- DriveInputs.cpp - DACs as steps ------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/DriveInputs.h"

#include "runtime/converters/LayerConverters.h"

#include <utility>
#include <vector>

using namespace cim;

namespace {

/// Rebuilds the steps of a plan.
class Driving {
public:
  explicit Driving(plan::Plan &plan) : plan(plan) {}

  void run() {
    for (const plan::Layer &layer : plan.layers())
      requireRanges(layer);
    auto former = std::move(*plan.mutable_steps());
    plan.mutable_steps()->Clear();
    for (plan::Step &step : former) {
      if (step.has_layer())
        driveStep(step);
      *plan.add_steps() = std::move(step);
    }
  }

private:
  void driveStep(plan::Step &step) {
    const plan::Layer &layer = plan.layers(step.layer());
    if (layer.has_dac()) {
      const unsigned applications = dacOf(layer).applications();
      const uint32_t input = step.inputs(0);
      for (unsigned which = 0; which < applications; ++which)
        step.add_drives(addDac(step, input, which, "curved"));
      if (layer.dac().nonlinearity_mismatch() > 0)
        step.add_bends(addDac(step, input, 0, "bent"));
      if (hasDigitalInputs(layer))
        step.add_digital_inputs(addDac(step, input, 0, "linear"));
      step.set_inputs(0, step.drives(0));
    }
    if (!hasReadNoise(layer))
      return;
    if (step.drives().empty())
      step.add_drives(step.inputs(0));
    for (uint32_t drive : step.drives())
      step.add_squares(addSquare(step, drive));
  }

  uint32_t addDac(const plan::Step &step, uint32_t input, int application,
                  const char *result) {
    plan::Step &dac = addStep("dac", step, input, {input});
    (*dac.mutable_attributes())["layer"].set_integer(step.layer());
    (*dac.mutable_attributes())["application"].set_integer(application);
    (*dac.mutable_attributes())["result"].set_text(result);
    return dac.outputs(0);
  }

  uint32_t addSquare(const plan::Step &step, uint32_t drive) {
    return addStep("mul", step, drive, {drive, drive}).outputs(0);
  }

  /// A step whose result is like the value \p like.
  plan::Step &addStep(const char *operation, const plan::Step &before,
                      uint32_t like, std::vector<uint32_t> inputs) {
    plan::Value value = plan.values(like);
    value.clear_constant();
    value.set_name(before.name() + " " + operation);
    *plan.add_values() = std::move(value);
    plan::Step &step = *plan.add_steps();
    step.set_operation(operation);
    step.set_name(before.name());
    for (uint32_t input : inputs)
      step.add_inputs(input);
    step.add_outputs(plan.values_size() - 1);
    return step;
  }

  plan::Plan &plan;
};

} // namespace

void cim::driveInputs(plan::Plan &plan) { Driving(plan).run(); }
