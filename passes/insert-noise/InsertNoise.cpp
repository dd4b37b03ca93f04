//===- InsertNoise.cpp - insert-noise -------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/insert-noise/InsertNoise.h"

#include "dialects/cim/Cim.h"
#include "dialects/cim/grammar/ErrorOptions.h"
#include "passes/requests/InsertErrors.h"

using namespace mlir;

namespace cim {
#define GEN_PASS_DEF_INSERTNOISE
#include "passes/insert-noise/InsertNoise.h.inc"

namespace {
Value create(OpBuilder &builder, Location location, Value weights,
             const NoiseOption &option) {
  using Distribution = crossbar::Distribution;
  using Asked = NoiseOption::Distribution;
  static_assert(int(Asked::normal) == int(Distribution::normal) &&
                int(Asked::uniform) == int(Distribution::uniform) &&
                int(Asked::lognormal) == int(Distribution::lognormal) &&
                int(Asked::laplace) == int(Distribution::laplace) &&
                int(Asked::studentT) == int(Distribution::studentT) &&
                int(Asked::empirical) == int(Distribution::empirical));
  bool parametric = option.distribution == Asked::lognormal ||
                    option.distribution == Asked::studentT;
  bool empirical = option.distribution == Asked::empirical;
  return crossbar::NoiseOp::create(
      builder, location, weights.getType(), weights,
      crossbar::DistributionAttr::get(builder.getContext(),
                                      Distribution(option.distribution)),
      builder.getF64FloatAttr(option.width.value),
      unitAttr(builder, option.width.unit),
      parametric ? builder.getF64FloatAttr(option.parameter) : nullptr,
      empirical ? builder.getDenseF64ArrayAttr(option.quantileProbability)
                : nullptr,
      empirical ? builder.getDenseF64ArrayAttr(option.quantileValue) : nullptr,
      levelFactorsAttr(builder, option.levelFactor));
}

struct InsertNoise : impl::InsertNoiseBase<InsertNoise> {
  using InsertNoiseBase::InsertNoiseBase;

  void runOnOperation() override {
    auto parse = [&]() -> ErrorCreator {
      return [option = parseNoise(noise)](OpBuilder &builder, Location location,
                                          Value weights) -> Value {
        return create(builder, location, weights, option);
      };
    };
    if (failed(insertErrors(getOperation(), crossbar::WeightErrorKind::noise,
                            {"noise", noise}, layers, replace, parse)))
      signalPassFailure();
  }
};
} // namespace
} // namespace cim
