//===- BindStep.h - Chooses the kernel of a step ----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_BINDSTEP_H
#define CIM_RUNTIME_EXECUTOR_BINDSTEP_H

#include "runtime/executor/Step.h"
#include "runtime/kernels/Algorithms.h"

#include <vector>

namespace cim {

/// Binds one step to its kernel, or to the general path when there is none.
/// \p strict allows direct kernels only; otherwise a layer gets what \p chosen
/// says, or what is fastest by the built-in table.
std::unique_ptr<BoundStep>
bindStep(const Program &program, const plan::Step &step, bool strict,
         const kernels::AlgorithmChoice *chosen = nullptr);

/// Binds every step of the plan to its kernel, or to the general path when
/// there is none. \p strict allows direct kernels only.
///
/// Each layer gets the algorithm that \p chosen says, else the one that is
/// fastest for its shape by the built-in table (kernels/Algorithms.h). Fast
/// algorithms keep weights several times (F(4×4)'s are four times the weights,
/// F(2×2)'s 16/9 times). They may add 32 MB in all, spent where a byte saves
/// most time. The choice depends on the plan and \p chosen alone, never on the
/// number of images, so that results do, too.
BoundSteps bindSteps(const Program &program, bool strict,
                     const kernels::AlgorithmChoice *chosen = nullptr);

/// What \p measured, where it has a shape, and the built-in table choose within
/// the same memory: an algorithm for every shape of convolutionsWithChoice.
/// Layers of one shape get the same. It depends on the layers alone, not on
/// their errors, crossbars or converters, so that it can be made once for all
/// plans of a network.
kernels::AlgorithmChoice
chooseAlgorithms(const Program &program,
                 const kernels::MeasuredTimes &measured);

/// The layers' shapes that have several algorithms to choose from, each once.
std::vector<kernels::ConvolutionShape>
convolutionsWithChoice(const Program &program);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_BINDSTEP_H
