//===- InsertShift.cpp - insert-shift -------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/insert-shift/InsertShift.h"

#include "dialects/cim/Cim.h"
#include "dialects/cim/grammar/ErrorOptions.h"
#include "passes/requests/InsertErrors.h"

using namespace mlir;

namespace cim {
#define GEN_PASS_DEF_INSERTSHIFT
#include "passes/insert-shift/InsertShift.h.inc"

namespace {
Value create(OpBuilder &builder, Location location, Value weights,
             const ShiftOption &option) {
  return crossbar::ShiftOp::create(
      builder, location, weights.getType(), weights,
      builder.getF64FloatAttr(option.amount.value),
      unitAttr(builder, option.amount.unit),
      levelFactorsAttr(builder, option.levelFactor));
}

struct InsertShift : impl::InsertShiftBase<InsertShift> {
  using InsertShiftBase::InsertShiftBase;

  void runOnOperation() override {
    auto parse = [&]() -> ErrorCreator {
      return [option = parseShift(shift)](OpBuilder &builder, Location location,
                                          Value weights) -> Value {
        return create(builder, location, weights, option);
      };
    };
    if (failed(insertErrors(getOperation(), crossbar::WeightErrorKind::shift,
                            {"shift", shift}, layers, replace, parse)))
      signalPassFailure();
  }
};
} // namespace
} // namespace cim
