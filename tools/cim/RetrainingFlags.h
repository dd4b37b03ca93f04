//===- RetrainingFlags.h - Options of commands that retrain chips -*- C++ -*-=//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_RETRAININGFLAGS_H
#define CIM_TOOLS_CIM_RETRAININGFLAGS_H

#include "dialects/cim/grammar/LayerSelection.h"
#include "runtime/evaluation/Statistics.h"
#include "runtime/training/Retraining.h"
#include "tools/cim/TrainingFlags.h"

namespace cim {

/// One epoch, as the study of layer-restricted retraining is repeated.
RecipeFlags publishedRecipe();

/// `--trials`, `--rewrites`, `--inject`, ...: chips that are written, retrained
/// and rewritten.
struct RetrainingFlags {
  int64_t trials = 1, rewrites = 6, recalibration = 0;
  int64_t adaptation = 0, writes = 0, writeRounds = 1, rounds = 1;
  double inject = 0, threshold = 0;

  void addTo(CLI::App &app);
  /// Throws UsageError.
  void check() const;
  /// Of layers that are selected, in the words of the engine; Ctrl-C stops it.
  RetrainingOptions options(const Selection &selection,
                            const TrainingRecipe &recipe,
                            const RunFlags &running, uint64_t seed) const;
  void describe(Json &options) const;
};

/// What retraining came to, over chips and, after rewriting, over all rewrites
/// of all chips.
struct RetrainingMeasures {
  Measure exact, injected, retrained, rewritten;
  /// Weights written again after retraining, over all rewrites of all chips.
  double meanCells = 0;

  size_t chips() const { return injected.trials.size(); }
};
RetrainingMeasures measuresOf(const Retraining &result, int64_t testImages);

/// {"float", "injected", "retrained", "rewritten"}, each as measureJson().
Json measuresJson(const RetrainingMeasures &measures);

/// Throws UsageError for a model that cannot be retrained, or without errors
/// \p requests to train against.
void checkRetrainable(const ModelFlags &model,
                      const std::vector<ErrorRequest> &requests);

/// Throws InputError when \p plan, compiled from \p model, has no layer that
/// could be retrained.
void checkHasLayers(const ModelFlags &model, const plan::Plan &plan);

} // namespace cim

#endif // CIM_TOOLS_CIM_RETRAININGFLAGS_H
