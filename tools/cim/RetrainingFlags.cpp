//===- RetrainingFlags.cpp - Options of commands that retrain chips -------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/RetrainingFlags.h"

#include "runtime/tensor/Errors.h"

#include <CLI/CLI.hpp>
#include <filesystem>

using namespace cim;

void RetrainingFlags::addTo(CLI::App &app) {
  const char *group = "Retraining";
  addCount(app, "--trials", trials, "Chips (default: 1)", 1'000'000)
      ->type_name("T")
      ->group(group);
  addCount(app, "--rewrites", rewrites,
           "How often each chip's retrained layers are rewritten, each time "
           "with new errors (default: 6)",
           1'000'000)
      ->type_name("R")
      ->group(group);
  app.add_option("--inject", inject,
                 "Train under noise of so many times the errors of a rewrite, "
                 "so that the network withstands it (default: 0)")
      ->type_name("FACTOR")
      ->group(group);
  addCount(app, "--recalibrate-batch-norm", recalibration,
           "Measure all batch statistics anew over N training images after "
           "each rewrite, which costs no write",
           1'000'000'000)
      ->group(group);
  app.add_option("--threshold", threshold,
                 "Rewrite only cells whose weight changed by more than this "
                 "fraction of its layer's range (default: 0, all)")
      ->type_name("FRACTION")
      ->group(group);
}

void RetrainingFlags::check() const {
  for (auto [name, value] :
       {std::pair("--inject", inject), {"--threshold", threshold}})
    if (!(value >= 0 && value <= 100))
      throw UsageError(std::string(name) + ": write a number from 0 to 100");
}

RetrainingOptions RetrainingFlags::options(const Selection &selection,
                                           const TrainingRecipe &recipe) const {
  RetrainingOptions options;
  for (uint32_t layer = 0; layer < selection.selected.size(); ++layer)
    if (selection.selected[layer])
      options.selected.insert(layer);
  options.recipe = recipe;
  options.trials = trials;
  options.rewrites = rewrites;
  options.inject = inject;
  options.recalibrationImages = recalibration;
  options.threshold = threshold;
  return options;
}

void RetrainingFlags::describe(Json &options) const {
  options["trials"] = trials;
  options["rewrites"] = rewrites;
  if (inject > 0)
    options["inject"] = inject;
  if (recalibration > 0)
    options["recalibrate-batch-norm"] = recalibration;
  if (threshold > 0)
    options["threshold"] = threshold;
}

RetrainingMeasures cim::measuresOf(const Retraining &result,
                                   int64_t testImages) {
  std::vector<int64_t> injected, retrained, rewritten;
  for (const RetrainedChip &chip : result.chips) {
    injected.push_back(chip.injected);
    retrained.push_back(chip.retrained);
    rewritten.insert(rewritten.end(), chip.rewritten.begin(),
                     chip.rewritten.end());
  }
  const int64_t exact[] = {result.floatCorrect};
  return {measure(exact, testImages), measure(injected, testImages),
          measure(retrained, testImages), measure(rewritten, testImages)};
}

void cim::checkRetrainable(const ModelFlags &model,
                           const std::vector<ErrorRequest> &requests) {
  if (model.isPlan())
    throw UsageError("'" + model.path +
                     "' is a compiled plan, which has lost what training "
                     "needs; name the .onnx or .mlir file");
  if (requests.empty() &&
      std::filesystem::path(model.path).extension() == ".onnx")
    throw UsageError("there are no errors to train against; write --noise "
                     "normal:0.03ns, for example");
}
