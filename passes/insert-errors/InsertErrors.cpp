//===- InsertErrors.cpp - Errors into selected layers ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/insert-errors/InsertErrors.h"

#include "dialects/cim/grammar/LayerPattern.h"

using namespace mlir;

namespace cim {

/// Runs \p action; the grammar's complaint about \p option becomes an error at
/// \p location. Exceptions end here: MLIR is built without them.
static LogicalResult reportGrammarErrors(Location location, PassOption option,
                                         llvm::function_ref<void()> action) {
  try {
    action();
    return success();
  } catch (const GrammarError &error) {
    return emitError(location)
           << option.name << " '" << option.value << "': " << error.what();
  }
}

LogicalResult insertErrors(ModuleOp module, crossbar::WeightErrorKind kind,
                           PassOption option, StringRef pattern, bool replace,
                           llvm::function_ref<ErrorCreator()> parse) {
  ErrorCreator create;
  if (failed(reportGrammarErrors(module.getLoc(), option,
                                 [&] { create = parse(); })))
    return failure();

  SmallVector<crossbar::LayerOp> layers = crossbar::crossbarLayers(module);
  std::vector<LayerIdentity> identities;
  for (crossbar::LayerOp layer : layers)
    identities.push_back({layer.getSymName().str(), layer.getRoleName().str()});
  std::vector<bool> selected;
  if (failed(reportGrammarErrors(module.getLoc(), {"layers", pattern}, [&] {
        selected = selectLayers(pattern, identities);
      })))
    return failure();

  bool unoccupied = true;
  for (auto [layer, isSelected] : llvm::zip_equal(layers, selected))
    if (isSelected && layer.getError(kind) && !replace) {
      emitError(layer.getLoc()) << "layer '" << layer.getSymName() << "' has "
                                << describe(kind) << " already";
      unoccupied = false;
    }
  if (!unoccupied)
    return failure();

  for (auto [layer, isSelected] : llvm::zip_equal(layers, selected))
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
