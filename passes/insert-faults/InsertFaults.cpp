//===- InsertFaults.cpp - insert-faults -----------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/insert-faults/InsertFaults.h"

#include "dialects/cim/Cim.h"
#include "dialects/cim/grammar/ErrorOptions.h"
#include "passes/requests/InsertErrors.h"

using namespace mlir;

namespace cim {
#define GEN_PASS_DEF_INSERTFAULTS
#include "passes/insert-faults/InsertFaults.h.inc"

namespace {
Value create(OpBuilder &builder, Location location, Value weights,
             const FaultsOption &option) {
  return crossbar::FaultsOp::create(
      builder, location, weights.getType(), weights,
      builder.getF64FloatAttr(option.low), builder.getF64FloatAttr(option.high),
      builder.getF64FloatAttr(option.flip));
}

struct InsertFaults : impl::InsertFaultsBase<InsertFaults> {
  using InsertFaultsBase::InsertFaultsBase;

  void runOnOperation() override {
    auto parse = [&]() -> ErrorCreator {
      return
          [option = parseFaults(faults)](OpBuilder &builder, Location location,
                                         Value weights) -> Value {
            return create(builder, location, weights, option);
          };
    };
    if (failed(insertErrors(getOperation(), crossbar::WeightErrorKind::faults,
                            {"faults", faults}, layers, replace, parse)))
      signalPassFailure();
  }
};
} // namespace
} // namespace cim
