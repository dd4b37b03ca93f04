//===- InsertReadDisturb.cpp - insert-read-disturb ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/insert-read-disturb/InsertReadDisturb.h"

#include "dialects/cim/Cim.h"
#include "dialects/cim/grammar/CellOptions.h"
#include "passes/requests/InsertErrors.h"

using namespace mlir;

namespace cim {
#define GEN_PASS_DEF_INSERTREADDISTURB
#include "passes/insert-read-disturb/InsertReadDisturb.h.inc"

namespace {
Value create(OpBuilder &builder, Location location, Value weights,
             const ReadDisturbOption &option) {
  return crossbar::ReadDisturbOp::create(
      builder, location, weights.getType(), weights,
      builder.getF64FloatAttr(option.amount.value),
      unitAttr(builder, option.amount.unit),
      builder.getF64FloatAttr(option.per),
      builder.getF64FloatAttr(option.exponent),
      option.reads ? builder.getF64FloatAttr(*option.reads) : nullptr);
}

struct InsertReadDisturb : impl::InsertReadDisturbBase<InsertReadDisturb> {
  using InsertReadDisturbBase::InsertReadDisturbBase;

  void runOnOperation() override {
    auto parse = [&]() -> ErrorCreator {
      return [option = parseReadDisturb(readDisturb)](OpBuilder &builder,
                                                      Location location,
                                                      Value weights) -> Value {
        return create(builder, location, weights, option);
      };
    };
    if (failed(insertErrors(
            getOperation(), crossbar::WeightErrorKind::readDisturb,
            {"read-disturb", readDisturb}, layers, replace, parse)))
      signalPassFailure();
  }
};
} // namespace
} // namespace cim
