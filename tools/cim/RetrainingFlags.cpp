//===- RetrainingFlags.cpp - Options of commands that retrain chips -------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/RetrainingFlags.h"

#include "runtime/tensor/Errors.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/MeasureText.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <numeric>

using namespace cim;

RecipeFlags cim::publishedRecipe() {
  return {.epochs = 1,
          .learningRate = 0.01,
          .augment = "flip",
          .weightDecay = 1e-4};
}

void RetrainingFlags::addTo(CLI::App &app) {
  const char *group = "Retraining";
  addCount(app, "--trials", trials,
           "Chips (default: " + std::to_string(trials) + ")", 1'000'000)
      ->type_name("T")
      ->group(group);
  addCount(app, "--rewrites", rewrites,
           "How often each chip's retrained layers are rewritten, each time "
           "with new errors (default: " +
               std::to_string(rewrites) + ")",
           1'000'000)
      ->type_name("R")
      ->group(group);
  app.add_option("--inject", inject,
                 "Train under so many times the errors of a rewrite, so that "
                 "the network withstands them (default: 0)")
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
  addCount(app, "--adapt", adaptation,
           "Train all batch normalisation along with the weights, and with the "
           "biases of all layers over N images after each rewrite, which "
           "costs no write (default: 0)",
           1'000'000'000)
      ->group(group);
  addCount(app, "--writes", writes,
           "Write at most N cells of the selected layers again, those expected "
           "to help most, and retrain only them (default: 0, all)",
           int64_t(1) << 50)
      ->group(group);
  addCount(app, "--write-rounds", writeRounds,
           "Spread the writes of --writes over N rounds, the later ones for "
           "cells that were written badly (default: 1)",
           100)
      ->group(group);
  addCount(app, "--retrain-rounds", rounds,
           "Rounds of retraining and rewriting; from the second on, only the "
           "half of the layers that were written worst (default: 1)",
           100)
      ->group(group);
}

void RetrainingFlags::check() const {
  for (auto [name, value] :
       {std::pair("--inject", inject), {"--threshold", threshold}})
    if (!(value >= 0 && value <= 100))
      throw UsageError(std::string(name) + ": write a number from 0 to 100");
  if (recalibration == 1)
    throw UsageError("--recalibrate-batch-norm: batch statistics need at least "
                     "2 images; write 1000, for example");
  if (writes > 0 && adaptation == 0)
    throw UsageError("--writes measures what cells matter while batch "
                     "normalisation is trained; write --adapt 6400, for "
                     "example");
  if (writes > 0 && threshold > 0)
    throw UsageError(
        "--writes and --threshold both say which cells are written "
        "again; leave one of them out");
  if (writes > 0 && rounds > 1)
    throw UsageError("--writes chooses cells, and --retrain-rounds the layers "
                     "that were written worst; leave one of them out");
  if (writes == 0 && writeRounds > 1)
    throw UsageError("--write-rounds spreads the writes of --writes; write "
                     "--writes 100000, for example");
  if (rewrites * rounds * writeRounds >= firstNoiseEpoch)
    throw UsageError(
        "--rewrites, times --retrain-rounds or --write-rounds, must be below " +
        grouped(firstNoiseEpoch) +
        ", since no more writes of a chip have random numbers of their own; "
        "write fewer");
}

RetrainingOptions RetrainingFlags::options(const Selection &selection,
                                           const TrainingRecipe &recipe,
                                           const RunFlags &running,
                                           uint64_t seed) const {
  RetrainingOptions options;
  for (uint32_t layer = 0; layer < selection.selected.size(); ++layer)
    if (selection.selected[layer])
      options.selected.insert(layer);
  options.recipe = recipe;
  options.seed = seed;
  options.executor = running.executorOptions();
  options.stop = interrupted;
  options.trials = trials;
  options.rewrites = rewrites;
  options.inject = inject;
  options.recalibrationImages = recalibration;
  options.threshold = threshold;
  options.adaptationImages = adaptation;
  options.writes = writes;
  options.writeRounds = writeRounds;
  options.rounds = rounds;
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
  if (rounds > 1)
    options["retrain-rounds"] = rounds;
  if (adaptation > 0)
    options["adapt"] = adaptation;
  if (writes > 0) {
    options["writes"] = writes;
    options["write-rounds"] = writeRounds;
  }
}

RetrainingMeasures cim::measuresOf(const Retraining &result,
                                   int64_t testImages) {
  std::vector<int64_t> injected, retrained, rewritten, cells;
  for (const RetrainedChip &chip : result.chips) {
    injected.push_back(chip.injected);
    retrained.push_back(chip.retrained);
    rewritten.insert(rewritten.end(), chip.rewritten.begin(),
                     chip.rewritten.end());
    cells.insert(cells.end(), chip.cellsWritten.begin(),
                 chip.cellsWritten.end());
  }
  const int64_t exact[] = {result.floatCorrect};
  return {measure(exact, testImages), measure(injected, testImages),
          measure(retrained, testImages),
          measureWrites(rewritten, rewritten.size() / result.chips.size(),
                        testImages),
          std::accumulate(cells.begin(), cells.end(), 0.0) / cells.size()};
}

Json cim::measuresJson(const RetrainingMeasures &measures) {
  return {{"float", measureJson(measures.exact)},
          {"injected", measureJson(measures.injected)},
          {"retrained", measureJson(measures.retrained)},
          {"rewritten", measureJson(measures.rewritten)}};
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

void cim::checkHasLayers(const ModelFlags &model, const plan::Plan &plan) {
  if (plan.layers_size() == 0)
    throw InputError("'" + model.path +
                     "' has no crossbar layer to retrain; cim info shows the "
                     "layers of a network");
}
