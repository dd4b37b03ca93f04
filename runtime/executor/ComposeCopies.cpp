//===- ComposeCopies.cpp - Several copies as one --------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/ComposeCopies.h"

#include "runtime/executor/Attributes.h"

#include <algorithm>
#include <vector>

using namespace cim;

static bool isImage(const plan::Plan &plan, uint32_t value) {
  return plan.values(value).layout() == plan::CHANNELS_LAST &&
         plan.values(value).constant().empty();
}

/// A slice that takes whole images' worth of every image.
static bool isSliceOfImages(const plan::Plan &plan, const plan::Step &step) {
  return step.operation() == "slice" && !step.has_epilogue() &&
         isImage(plan, step.inputs(0)) && isImage(plan, step.outputs(0)) &&
         integers(step, "starts")[0] == 0 && integers(step, "steps")[0] == 1 &&
         plan.values(step.inputs(0)).shape(0) ==
             plan.values(step.outputs(0)).shape(0);
}

static bool isPadOfImages(const plan::Plan &plan, const plan::Step &step) {
  return step.operation() == "pad" && !step.has_epilogue() &&
         isImage(plan, step.inputs(0)) && isImage(plan, step.outputs(0)) &&
         text(step, "mode") == "constant" && integers(step, "pads")[0] == 0 &&
         integers(step, "pads")[4] == 0;
}

static bool hasElements(const plan::Plan &plan, uint32_t value) {
  return std::ranges::count(plan.values(value).shape(), 0) == 0;
}

/// Lets \p second, a slice, read what \p first reads.
static void composeSlices(const plan::Step &first, plan::Step &second) {
  auto starts = integers(first, "starts"), steps = integers(first, "steps");
  auto &attributes = *second.mutable_attributes();
  auto &sizes = attributes["sizes"].integers().values();
  auto &newStarts = *attributes["starts"].mutable_integers()->mutable_values();
  auto &newSteps = *attributes["steps"].mutable_integers()->mutable_values();
  for (int d = 0; d < newStarts.size(); ++d) {
    newStarts.Set(d, starts[d] + newStarts[d] * steps[d]);
    // A step that is never taken may be too large to multiply.
    newSteps.Set(d, sizes[d] > 1 ? newSteps[d] * steps[d] : 1);
  }
  second.set_inputs(0, first.inputs(0));
}

void cim::composeCopies(plan::Plan &plan) {
  constexpr int none = -1;
  std::vector<int> producer(plan.values_size(), none);
  for (int s = 0; s < plan.steps_size(); ++s) {
    plan::Step &step = *plan.mutable_steps(s);
    for (uint32_t output : step.outputs())
      producer[output] = s;
    if (step.inputs_size() != 1 || producer[step.inputs(0)] == none)
      continue;
    const plan::Step &first = plan.steps(producer[step.inputs(0)]);
    if (!isSliceOfImages(plan, first))
      continue;
    if (isSliceOfImages(plan, step)) {
      composeSlices(first, step);
    } else if (isPadOfImages(plan, step) &&
               hasElements(plan, first.inputs(0)) &&
               hasElements(plan, step.outputs(0))) { // else it gets no kernel
      step.set_operation("slice_pad");
      for (const char *name : {"starts", "sizes", "steps"})
        (*step.mutable_attributes())[name] = first.attributes().at(name);
      step.set_inputs(0, first.inputs(0));
    }
  }

  std::vector<bool> isRead(plan.values_size());
  for (uint32_t output : plan.outputs())
    isRead[output] = true;
  for (const plan::Step &step : plan.steps()) {
    for (uint32_t input : step.inputs())
      isRead[input] = true;
    if (step.epilogue().has_residual())
      isRead[step.epilogue().residual()] = true;
  }
  auto &steps = *plan.mutable_steps();
  for (int s = steps.size() - 1; s >= 0; --s)
    if (isSliceOfImages(plan, steps[s]) && !isRead[steps[s].outputs(0)])
      steps.DeleteSubrange(s, 1);
}
