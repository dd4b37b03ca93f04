//===- Accuracy.cpp - How good a network is by now ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/Accuracy.h"

#include "runtime/plan/transforms/Optimise.h"

#include <atomic>

using namespace cim;

std::optional<int64_t> cim::countCorrect(const plan::Plan &lowered,
                                         const TensorMap &tensors,
                                         const Chip &chip, const DataSet &data,
                                         ImageRange range,
                                         const ExecutorOptions &options,
                                         const std::function<bool()> &stop) {
  plan::Plan plan = lowered;
  TensorMap folded = tensors;
  optimise(plan, folded);
  Executor executor(plan, folded, options);
  executor.program(chip);
  const int64_t classes = executor.outputElements();
  std::atomic<int64_t> correct = 0;
  const bool complete = executor.run(
      range.end - range.begin,
      [&](int64_t i, float *image) { data.read(range.begin + i, image); },
      [&](int64_t i, const float *logits) {
        // Of equal logits the first counts, and NaN is never right.
        const int64_t label = data.label(range.begin + i);
        bool isBest = true;
        for (int64_t k = 0; k < classes; ++k)
          isBest &= k == label  ? logits[k] == logits[k]
                    : k < label ? logits[k] < logits[label]
                                : logits[k] <= logits[label];
        if (isBest)
          correct.fetch_add(1, std::memory_order_relaxed);
      },
      stop);
  if (!complete)
    return std::nullopt;
  return correct.load();
}
