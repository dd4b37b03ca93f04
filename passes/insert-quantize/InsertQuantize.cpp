//===- InsertQuantize.cpp - insert-quantize -------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/insert-quantize/InsertQuantize.h"

#include "dialects/cim/Cim.h"
#include "dialects/cim/grammar/ErrorOptions.h"
#include "passes/requests/InsertErrors.h"

using namespace mlir;

namespace cim {
#define GEN_PASS_DEF_INSERTQUANTIZE
#include "passes/insert-quantize/InsertQuantize.h.inc"

namespace {
Value create(OpBuilder &builder, Location location, Value weights,
             const QuantizeOption &option) {
  using Mode = crossbar::QuantizationMode;
  static_assert(int(QuantizeOption::Mode::minmax) == int(Mode::minmax) &&
                int(QuantizeOption::Mode::symmetric) == int(Mode::symmetric) &&
                int(QuantizeOption::Mode::percentile) ==
                    int(Mode::percentile) &&
                int(QuantizeOption::Mode::lloyd) == int(Mode::lloyd) &&
                int(QuantizeOption::Mode::levels) == int(Mode::levels));
  bool codebook = option.mode == QuantizeOption::Mode::levels;
  bool percentile = option.mode == QuantizeOption::Mode::percentile;
  return crossbar::QuantizeOp::create(
      builder, location, weights.getType(), weights,
      codebook ? nullptr : builder.getI64IntegerAttr(option.bits),
      crossbar::QuantizationModeAttr::get(builder.getContext(),
                                          Mode(option.mode)),
      percentile ? builder.getF64FloatAttr(option.percentile) : nullptr,
      option.perChannel ? builder.getUnitAttr() : nullptr,
      codebook ? builder.getDenseF64ArrayAttr(option.levels) : nullptr);
}

struct InsertQuantize : impl::InsertQuantizeBase<InsertQuantize> {
  using InsertQuantizeBase::InsertQuantizeBase;

  void runOnOperation() override {
    auto parse = [&]() -> ErrorCreator {
      return [option = parseQuantize(quantize)](OpBuilder &builder,
                                                Location location,
                                                Value weights) -> Value {
        return create(builder, location, weights, option);
      };
    };
    if (failed(insertErrors(getOperation(), crossbar::WeightErrorKind::quantize,
                            {"quantize", quantize}, layers, replace, parse)))
      signalPassFailure();
  }
};
} // namespace
} // namespace cim
