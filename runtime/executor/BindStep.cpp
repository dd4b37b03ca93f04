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
