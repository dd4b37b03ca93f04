//===- Accuracy.h - How good a network is by now ----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TRAINING_ACCURACY_H
#define CIM_RUNTIME_TRAINING_ACCURACY_H

#include "runtime/data/DataSet.h"
#include "runtime/executor/Executor.h"

#include <cstdint>
#include <optional>

namespace cim {

/// Images [begin, end) of a data set.
struct ImageRange {
  int64_t begin = 0, end = 0;
};

/// How many images of \p range the network \p lowered, a plan as lowered, gets
/// right when \p chip is written from \p tensors; batch normalisation as in
/// inference. Nothing when \p stop ended it.
std::optional<int64_t>
countCorrect(const plan::Plan &lowered, const TensorMap &tensors,
             const Chip &chip, const DataSet &data, ImageRange range,
             const ExecutorOptions &options,
             const std::function<bool()> &stop = nullptr);

} // namespace cim

#endif // CIM_RUNTIME_TRAINING_ACCURACY_H
