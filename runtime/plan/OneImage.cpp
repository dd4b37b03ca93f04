//===- OneImage.cpp - A plan of one image ---------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/OneImage.h"

using namespace cim;

int64_t cim::imagesPerCall(const plan::Plan &plan) {
  if (plan.inputs_size() == 0)
    return 1;
  const auto &shape = plan.values(plan.inputs(0)).shape();
  return shape.empty() ? 1 : shape[0];
}

plan::Plan cim::oneImage(plan::Plan plan) {
  if (!plan.image_wise() || imagesPerCall(plan) == 1)
    return plan;
  for (plan::Value &value : *plan.mutable_values())
    if (value.constant().empty() && value.shape_size() > 0)
      value.set_shape(0, 1);
  // The one attribute that repeats the number of images.
  for (plan::Step &step : *plan.mutable_steps())
    if (step.operation() == "slice") {
      auto &sizes = *(*step.mutable_attributes())["sizes"].mutable_integers();
      if (sizes.values_size() > 0)
        sizes.set_values(0, 1);
    }
  return plan;
}
