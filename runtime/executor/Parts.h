//===- Parts.h - Steps that calls go through together ---------*- C++ -*- -===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_PARTS_H
#define CIM_RUNTIME_EXECUTOR_PARTS_H

#include <cstdint>
#include <span>

namespace cim {

/// Steps [begin, end) of a plan.
struct StepRange {
  int begin, end;
};

/// Steps through which a micro-batch goes \p together calls at a time, until
/// all of its calls are through.
struct Part {
  StepRange range;
  int64_t together;
};

/// The part of \p step; what comes before all of them, or after, counts to the
/// first or the last.
const Part &partOf(std::span<const Part> parts, int step);
/// Calls of a micro-batch.
int64_t mostTogether(std::span<const Part> parts);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_PARTS_H
