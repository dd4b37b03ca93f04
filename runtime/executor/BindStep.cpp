//===- BindStep.cpp - Chooses the kernel of a step ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/BindStep.h"

#include "runtime/executor/GeneralStep.h"
#include "runtime/executor/KernelSteps.h"

#include <algorithm>

using namespace cim;

/// Kernels compute in f32.
static bool isF32(const Program &program, const plan::Step &step) {
  auto f32 = [&](uint32_t value) {
    return program.value(value).element_type() == plan::F32;
  };
  return step.outputs_size() == 1 && std::ranges::all_of(step.inputs(), f32) &&
         std::ranges::all_of(step.outputs(), f32);
}

std::unique_ptr<BoundStep> cim::bindStep(const Program &program,
                                         const plan::Step &step, bool strict) {
  if (isF32(program, step)) {
    if (auto bound = bindConvolution(program, step, strict))
      return bound;
    for (auto *bind : {bindPooling, bindNormalization, bindElementwise,
                       bindCopy, bindRelayout})
      if (auto bound = bind(program, step))
        return bound;
  }
  return bindGeneral(program, step);
}

/// Bytes of weights that a kernel keeps beyond those of \p step itself.
static int64_t addedBytes(const Program &program, const plan::Step &step,
                          const BoundStep &bound) {
  if (bound.weightBytes() == 0)
    return 0;
  return int64_t(bound.weightBytes()) -
         int64_t(program.constant(step.inputs(1)).bytes());
}

BoundSteps cim::bindSteps(const Program &program, bool strict) {
  BoundSteps steps;
  std::vector<std::pair<int64_t, int>> added; // bytes, step
  for (const plan::Step &step : program.plan.steps()) {
    steps.push_back(bindStep(program, step, strict));
    added.emplace_back(addedBytes(program, step, *steps.back()),
                       static_cast<int>(added.size()));
  }

  constexpr int64_t budget = 32 << 20;
  std::ranges::sort(added);
  int64_t total = 0;
  for (auto [bytes, s] : added) {
    if (bytes <= 0)
      continue;
    total += bytes;
    if (total > budget)
      steps[s] = bindStep(program, program.plan.steps(s), /*strict=*/true);
  }
  return steps;
}
