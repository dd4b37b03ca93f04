//===- InsertWriteVerify.cpp - insert-write-verify ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/insert-write-verify/InsertWriteVerify.h"

#include "dialects/cim/Cim.h"
#include "dialects/cim/grammar/CellOptions.h"
#include "passes/requests/InsertErrors.h"

using namespace mlir;

namespace cim {
#define GEN_PASS_DEF_INSERTWRITEVERIFY
#include "passes/insert-write-verify/InsertWriteVerify.h.inc"

namespace {
Value create(OpBuilder &builder, Location location, Value weights,
             const WriteVerifyOption &option) {
  return crossbar::VerifyOp::create(
      builder, location, weights.getType(), weights,
      builder.getF64FloatAttr(option.tolerance.value),
      unitAttr(builder, option.tolerance.unit),
      builder.getI64IntegerAttr(option.pulses));
}

struct InsertWriteVerify : impl::InsertWriteVerifyBase<InsertWriteVerify> {
  using InsertWriteVerifyBase::InsertWriteVerifyBase;

  void runOnOperation() override {
    auto parse = [&]() -> ErrorCreator {
      return [option = parseWriteVerify(writeVerify)](OpBuilder &builder,
                                                      Location location,
                                                      Value weights) -> Value {
        return create(builder, location, weights, option);
      };
    };
    if (failed(insertErrors(getOperation(), crossbar::WeightErrorKind::verify,
                            {"write-verify", writeVerify}, layers, replace,
                            parse)))
      signalPassFailure();
  }
};
} // namespace
} // namespace cim
