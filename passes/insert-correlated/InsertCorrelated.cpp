//===- InsertCorrelated.cpp - insert-correlated ---------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/insert-correlated/InsertCorrelated.h"

#include "dialects/cim/Cim.h"
#include "dialects/cim/grammar/CellOptions.h"
#include "passes/requests/InsertErrors.h"

using namespace mlir;

namespace cim {
#define GEN_PASS_DEF_INSERTCORRELATED
#include "passes/insert-correlated/InsertCorrelated.h.inc"

namespace {
Value create(OpBuilder &builder, Location location, Value weights,
             const CorrelatedOption &option) {
  return crossbar::CorrelatedOp::create(
      builder, location, weights.getType(), weights,
      builder.getF64FloatAttr(option.column),
      builder.getF64FloatAttr(option.array),
      builder.getF64FloatAttr(option.die), unitAttr(builder, option.unit));
}

struct InsertCorrelated : impl::InsertCorrelatedBase<InsertCorrelated> {
  using InsertCorrelatedBase::InsertCorrelatedBase;

  void runOnOperation() override {
    auto parse = [&]() -> ErrorCreator {
      return [option = parseCorrelated(correlated)](OpBuilder &builder,
                                                    Location location,
                                                    Value weights) -> Value {
        return create(builder, location, weights, option);
      };
    };
    if (failed(
            insertErrors(getOperation(), crossbar::WeightErrorKind::correlated,
                         {"correlated", correlated}, layers, replace, parse)))
      signalPassFailure();
  }
};
} // namespace
} // namespace cim
