//===- LabelRank.h - Where a label stands among the logits ------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EVALUATION_LABELRANK_H
#define CIM_RUNTIME_EVALUATION_LABELRANK_H

#include <cstdint>

namespace cim {

/// How many of \p classes logits come before that of \p label in descending
/// order; of equal ones the first. A logit that is NaN comes before all, and so
/// does every other one before a label's that is NaN.
template <typename Number>
int64_t rankOf(int64_t label, const Number *logits, int64_t classes) {
  const Number own = logits[label];
  int64_t rank = 0;
  for (int64_t i = 0; i < classes; ++i)
    rank += i < label ? !(logits[i] < own) : i > label && !(logits[i] <= own);
  return rank;
}

} // namespace cim

#endif // CIM_RUNTIME_EVALUATION_LABELRANK_H
