//===- FoldingMemory.h - What computing constants may take ------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_NN_FOLDINGMEMORY_H
#define CIM_DIALECTS_NN_FOLDINGMEMORY_H

#include "mlir/IR/DialectInterface.h"
#include "mlir/IR/MLIRContext.h"

#include <atomic>

namespace cim::nn {

/// Memory for constants that are computed at compile time, or are one number
/// throughout and take none before a plan holds them. They live as long as
/// their context, and a short text can ask for many large ones; an operation
/// for which nothing is left is not folded.
class FoldingMemory : public mlir::DialectInterface::Base<FoldingMemory> {
public:
  explicit FoldingMemory(mlir::Dialect *dialect) : Base(dialect) {}

  /// That of \p context, which has loaded the dialect.
  static FoldingMemory &of(mlir::MLIRContext *context);

  /// Whether \p operation can be folded now: beside what earlier constants
  /// hold, its operands and result, in double precision, are within the limit.
  bool suffices(mlir::Operation *operation) const;
  void hold(double bytes) { held = held + bytes; }
  /// Holds \p bytes more and returns true, if they are within the limit.
  bool take(double bytes) {
    if (held + bytes > limit)
      return false;
    hold(bytes);
    return true;
  }

  std::atomic<double> limit = 4e9; ///< bytes
private:
  std::atomic<double> held = 0;
};

} // namespace cim::nn

#endif // CIM_DIALECTS_NN_FOLDINGMEMORY_H
