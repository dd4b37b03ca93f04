//===- RemoveDead.cpp - Drops what no output depends on -------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/transforms/RemoveDead.h"

#include "runtime/plan/transforms/Values.h"

#include <optional>
#include <set>

using namespace cim;

void cim::removeDead(plan::Plan &plan, TensorMap &tensors) {
  std::vector<bool> isLive(plan.values_size());
  for (uint32_t output : plan.outputs())
    isLive[output] = true;
  std::vector<plan::Step> steps; // last first
  for (int i = plan.steps_size() - 1; i >= 0; --i) {
    plan::Step &step = *plan.mutable_steps(i);
    if (!isLive[step.outputs(0)])
      continue;
    forEachUse(step, [&](uint32_t &value) { isLive[value] = true; });
    steps.push_back(std::move(step));
  }
  plan.mutable_steps()->Assign(std::make_move_iterator(steps.rbegin()),
                               std::make_move_iterator(steps.rend()));

  google::protobuf::RepeatedPtrField<plan::Value> values;
  values.Swap(plan.mutable_values());
  std::vector<std::optional<uint32_t>> number(values.size());
  auto renumber = [&](uint32_t value) {
    if (!number[value]) {
      number[value] = plan.values_size();
      plan.add_values()->Swap(&values[value]);
    }
    return *number[value];
  };
  for (uint32_t &input : *plan.mutable_inputs())
    input = renumber(input);
  for (plan::Step &step : *plan.mutable_steps()) {
    forEachUse(step, [&](uint32_t &value) { value = renumber(value); });
    step.set_outputs(0, renumber(step.outputs(0)));
  }
  for (uint32_t &output : *plan.mutable_outputs())
    output = renumber(output);

  std::set<std::string> named;
  for (const plan::Value &value : plan.values())
    named.insert(value.constant());
  for (const plan::Layer &layer : plan.layers())
    named.insert(layer.weights());
  std::erase_if(
      tensors, [&](const auto &entry) { return !named.contains(entry.first); });
}
