//===- Profile.h - Where the time goes -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_PROFILE_H
#define CIM_TOOLS_CIM_PROFILE_H

#include "runtime/executor/Executor.h"
#include "tools/cim/Output.h"

#include <string>
#include <vector>

namespace cim {

/// A table of \p steps, the longest first: time, share, and speed beside the
/// multiply-add peak of a core, which is measured now.
std::string profileText(std::vector<StepTime> steps);

/// {"peak_gflops", "steps": [{"name", "operation", "kernel", "seconds",
/// "share", "gflops", "peak_fraction", "gigabytes_per_second"}]}, in the plan's
/// order; null where a step does not multiply, or has no kernel.
Json profileJson(const std::vector<StepTime> &steps);

} // namespace cim

#endif // CIM_TOOLS_CIM_PROFILE_H
