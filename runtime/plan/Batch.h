//===- Batch.h - How far a batch is filled ----------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PLAN_BATCH_H
#define CIM_RUNTIME_PLAN_BATCH_H

#include <cstdint>

namespace cim {

/// The images that go through a network at once. Where their number is fixed,
/// the last ones can be fewer: zeros fill the batch up behind them, which are
/// computed but neither measured nor counted.
struct Batch {
  int64_t images = 1, size = 1;

  /// How many of \p count numbers of a value belong to images: the first ones,
  /// where the \p rows of its dimension 0 are shared by the batch; else all.
  int64_t filled(int64_t rows, int64_t count) const {
    return rows % size == 0 ? count / size * images : count;
  }
};

} // namespace cim

#endif // CIM_RUNTIME_PLAN_BATCH_H
