//===- SelectLayers.cpp - select-layers -----------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/select-layers/SelectLayers.h"

#include "dialects/cim/Cim.h"
#include "dialects/cim/grammar/ErrorOptions.h"
#include "dialects/cim/grammar/LayerSelection.h"
#include "passes/analysis/TrainableParameters.h"

using namespace mlir;

namespace cim {
#define GEN_PASS_DEF_SELECTLAYERS
#include "passes/select-layers/SelectLayers.h.inc"

namespace {
struct SelectLayers : impl::SelectLayersBase<SelectLayers> {
  using SelectLayersBase::SelectLayersBase;

  void runOnOperation() override {
    SmallVector<crossbar::LayerOp> layers =
        crossbar::crossbarLayers(getOperation());
    const auto &trainable = getAnalysis<TrainableParameters>();
    std::vector<SelectableLayer> selectable;
    for (crossbar::LayerOp layer : layers) {
      SelectableLayer &added = selectable.emplace_back();
      added.name = layer.getSymName();
      added.role = layer.getRoleName();
      added.parameters = trainable.of(layer.getSymNameAttr());
      if (crossbar::ToleranceAttr tolerance = layer.getToleranceAttr()) {
        added.tolerance = tolerance.getAccuracy().convertToDouble();
        added.measurement = crossbar::measurementOf(tolerance);
      }
    }

    Selection selection;
    try {
      selection = resolveSelection(parseSelection(plan), selectable);
    } catch (const GrammarError &error) {
      emitError(getOperation().getLoc())
          << "plan '" << plan << "': " << error.what();
      return signalPassFailure();
    }

    for (auto [layer, isSelected, reason] :
         llvm::zip_equal(layers, selection.selected, selection.reasons)) {
      layer.setSelected(isSelected);
      emitRemark(layer.getLoc())
          << "layer '" << layer.getSymName() << "' "
          << (isSelected ? "taken: " : "left: ") << reason;
    }
    emitRemark(getOperation().getLoc())
        << "plan '" << plan << "' selects "
        << llvm::count(selection.selected, true) << " of " << layers.size()
        << " layers with " << selection.parameters
        << " weights; a backward pass reaches " << selection.depth << " layers";
  }
};
} // namespace
} // namespace cim
