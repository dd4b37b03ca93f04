//===- InParts.h - Runs a plan in parts -------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_INPARTS_H
#define CIM_TESTS_RUNTIME_INPARTS_H

#include "runtime/executor/Executor.h"

#include <algorithm>

namespace cim::test {

/// Cuts the steps of \p plan, which keeps images apart, into parts of one, two
/// and three steps, for one to three calls.
inline std::vector<Part> cutIntoParts(const plan::Plan &plan,
                                      const TensorMap &tensors,
                                      Precision precision = Precision::f32) {
  const int steps = Executor(plan, tensors, {1, 1, precision}).steps();
  std::vector<Part> parts;
  for (int begin = 0; begin < steps;) {
    const int count = int(parts.size());
    const int end = std::min(begin + 1 + count % 3, steps);
    parts.push_back({{begin, end}, 3 - (count + count / 3) % 3});
    begin = end;
  }
  return parts;
}

} // namespace cim::test

#endif // CIM_TESTS_RUNTIME_INPARTS_H
