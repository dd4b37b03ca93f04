//===- InsertErrors.cpp - Errors into selected layers ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/requests/InsertErrors.h"

#include "passes/requests/LayerRequests.h"

using namespace mlir;

namespace cim {

LogicalResult insertErrors(ModuleOp module, crossbar::WeightErrorKind kind,
                           PassOption option, StringRef pattern, bool replace,
                           llvm::function_ref<ErrorCreator()> parse) {
  ErrorCreator create;
  if (failed(reportGrammarErrors(module.getLoc(), option.name, option.value,
                                 [&] { create = parse(); })))
    return failure();

  SmallVector<crossbar::LayerOp> layers = crossbar::crossbarLayers(module);
  FailureOr<std::vector<bool>> selected =
      selectLayersOf(module.getLoc(), layers, pattern);
  if (failed(selected))
    return failure();

  bool unoccupied = true;
  for (auto [layer, isSelected] : llvm::zip_equal(layers, *selected))
    if (isSelected && layer.getError(kind) && !replace) {
      emitError(layer.getLoc()) << "layer '" << layer.getSymName() << "' has "
                                << describe(kind) << " already";
      unoccupied = false;
    }
  if (!unoccupied)
    return failure();

  for (auto [layer, isSelected] : llvm::zip_equal(layers, *selected))
    if (isSelected) {
      if (crossbar::WeightErrorOpInterface former = layer.getError(kind)) {
        former.getResult().replaceAllUsesWith(former.getWeights());
        former->erase();
      }
      layer.insertError(kind, [&, location = layer.getLoc()](OpBuilder &builder,
                                                             Value weights) {
        return create(builder, location, weights);
      });
    }
  return success();
}

crossbar::ErrorUnitAttr unitAttr(Builder &builder, Unit unit) {
  using crossbar::ErrorUnit;
  static_assert(int(Unit::quantizationStep) ==
                    int(ErrorUnit::quantizationStep) &&
                int(Unit::normalisedScale) == int(ErrorUnit::normalisedScale) &&
                int(Unit::absolute) == int(ErrorUnit::absolute) &&
                int(Unit::microsiemens) == int(ErrorUnit::microsiemens));
  return crossbar::ErrorUnitAttr::get(builder.getContext(), ErrorUnit(unit));
}

DenseF64ArrayAttr levelFactorsAttr(Builder &builder, ArrayRef<double> factors) {
  return factors.empty() ? nullptr : builder.getDenseF64ArrayAttr(factors);
}

} // namespace cim
