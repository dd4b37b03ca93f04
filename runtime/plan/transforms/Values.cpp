//===- Values.cpp - Who defines and who uses a plan's values --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/transforms/Values.h"

using namespace cim;

void cim::forEachUse(plan::Step &step,
                     const std::function<void(uint32_t &)> &visit) {
  for (uint32_t &input : *step.mutable_inputs())
    visit(input);
  if (!step.has_epilogue())
    return;
  plan::Epilogue &epilogue = *step.mutable_epilogue();
  auto visitField = [&](bool present, uint32_t value, auto set) {
    if (!present)
      return;
    visit(value);
    (epilogue.*set)(value);
  };
  visitField(epilogue.has_scale(), epilogue.scale(),
             &plan::Epilogue::set_scale);
  visitField(epilogue.has_offset(), epilogue.offset(),
             &plan::Epilogue::set_offset);
  visitField(epilogue.has_residual(), epilogue.residual(),
             &plan::Epilogue::set_residual);
}

std::vector<unsigned> cim::countUses(plan::Plan &plan) {
  std::vector<unsigned> uses(plan.values_size());
  for (plan::Step &step : *plan.mutable_steps())
    forEachUse(step, [&](uint32_t &value) { ++uses[value]; });
  for (uint32_t output : plan.outputs())
    ++uses[output];
  return uses;
}

std::vector<int64_t> cim::shapeOf(const plan::Value &value) {
  return {value.shape().begin(), value.shape().end()};
}

std::span<const float> cim::numbersOf(const plan::Value &value,
                                      const TensorMap &tensors) {
  return tensors.at(value.constant()).as<float>();
}

uint32_t cim::addConstant(plan::Plan &plan, TensorMap &tensors,
                          const std::string &wanted,
                          std::span<const double> numbers) {
  std::string name = wanted;
  for (unsigned copy = 1; tensors.contains(name); ++copy)
    name = wanted + "#" + std::to_string(copy);
  std::vector<float> rounded(numbers.begin(), numbers.end());
  int64_t size = rounded.size();
  tensors[name] = makeTensor({size}, rounded);
  plan::Value &value = *plan.add_values();
  value.set_name(name);
  value.add_shape(size);
  value.set_constant(name);
  return plan.values_size() - 1;
}
