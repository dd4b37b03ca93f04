//===- Plan.cpp - cim plan: the best layers to retrain within a budget ----===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/Evaluation.h"
#include "runtime/evaluation/PlanSearch.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/CheckpointFlags.h"
#include "tools/cim/Command.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/MeasureText.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Progress.h"
#include "tools/cim/RetrainingFlags.h"
#include "tools/cim/RetrainingSeries.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

using namespace cim;

namespace {

/// The share of the better candidates that go on to the next round.
constexpr double survivors = 1.0 / 3;
/// The share of the training images, the last ones, that candidates are judged
/// by: the test set must not choose.
constexpr double validationShare = 0.1;

struct PlanSearchCommand {
  ModelFlags model;
  ErrorFlags errors;
  TrainingDataFlags data;
  RecipeFlags recipe = publishedRecipe();
  RetrainingFlags retraining{.trials = 2, .rewrites = 6};
  RunFlags running;
  Output output;
  CheckpointFlags checkpoint;
  int64_t budget = 0, rounds = 3;
  std::optional<uint64_t> seed;

  void run();

private:
  void check();
  /// Effort grows from round to round; the last one's is what was asked for.
  RetrainingFlags effortOf(int round) const;
  RetrainingOptions optionsOf(const Selection &selection,
                              const RetrainingFlags &effort) const;
  int64_t imagesToRun(size_t candidates, int64_t fitted,
                      int64_t validated) const;
  Json describe(const DataSet &train) const;
  std::string text(const std::vector<PlanCandidate> &candidates,
                   const std::vector<RankedPlan> &ranking,
                   const RetrainingMeasures *tested) const;

  std::vector<ErrorRequest> requests;
  Network network;
  std::string errorText;
};

void PlanSearchCommand::check() {
  model.check();
  requests = errors.check();
  checkRetrainable(model, requests);
  if (budget == 0)
    throw UsageError("the budget is missing; write --budget WEIGHTS, how many "
                     "weights may be rewritten");
  recipe.check();
  retraining.check();
  data.check();
  running.checkForTraining();
  checkpoint.check("");
  output.check();
}

RetrainingFlags PlanSearchCommand::effortOf(int round) const {
  RetrainingFlags effort = retraining;
  for (int64_t *count : {&effort.trials, &effort.rewrites})
    *count = std::max<int64_t>(1, *count >> (rounds - 1 - round));
  return effort;
}

RetrainingOptions
PlanSearchCommand::optionsOf(const Selection &selection,
                             const RetrainingFlags &effort) const {
  return effort.options(selection, recipe.check(), running, seed.value_or(0));
}

int64_t PlanSearchCommand::imagesToRun(size_t candidates, int64_t fitted,
                                       int64_t validated) const {
  int64_t images = 0;
  double left = candidates;
  for (int round = 0; round < rounds; ++round) {
    images += int64_t(std::ceil(left)) *
              imagesOf(optionsOf({}, effortOf(round)), fitted, validated);
    left = std::ceil(left) * survivors;
  }
  return images;
}

Json PlanSearchCommand::describe(const DataSet &train) const {
  Json options = Json::object();
  errors.describe(options);
  model.describe(options);
  data.describe(options, train);
  options["budget"] = budget;
  options["rounds"] = rounds;
  recipe.describe(options);
  retraining.describe(options);
  options["seed"] = seed.value_or(0);
  running.describe(options);
  return options;
}

std::string
PlanSearchCommand::text(const std::vector<PlanCandidate> &candidates,
                        const std::vector<RankedPlan> &ranking,
                        const RetrainingMeasures *tested) const {
  Table table({{"plan"},
               {"depth", Table::Align::right},
               {"weights", Table::Align::right},
               {"round", Table::Align::right},
               {"after rewriting, validation images", Table::Align::right}});
  constexpr size_t shown = 12;
  for (size_t i = 0; i < std::min(shown, ranking.size()); ++i) {
    const PlanCandidate &candidate = candidates[ranking[i].candidate];
    table.add({candidate.plan, grouped(candidate.selection.depth),
               grouped(candidate.selection.parameters),
               std::to_string(ranking[i].round + 1),
               percent(ranking[i].accuracy)});
  }
  const std::string tried =
      ranking.size() < candidates.size()
          ? ", " + grouped(ranking.size()) + " of them tried"
          : "";
  std::string text = fieldsText({{"model", model.path},
                                 {"errors", errorText},
                                 {"budget", grouped(budget) + " weights: " +
                                                grouped(candidates.size()) +
                                                " plans within it" + tried}}) +
                     "\n" + table.text();
  if (ranking.size() > shown)
    text += "and " + grouped(ranking.size() - shown) + " more plans\n";
  if (!tested)
    return text;
  const PlanCandidate &best = candidates[ranking[0].candidate];
  Table accuracy({{"plan " + best.plan}, {"accuracy on the test images"}});
  accuracy.add({"without errors", measureText(tested->exact)});
  accuracy.add({"after writing", measureText(tested->injected)});
  accuracy.add({"after retraining", measureText(tested->retrained)});
  accuracy.add(
      {"after rewriting", rewritesText(tested->rewritten, tested->chips())});
  return text + "\n" + accuracy.text();
}

void PlanSearchCommand::run() {
  check();
  running.apply();
  Stopwatch total;
  network = Network::load(model, requests, warn, false);
  running.chooseKernels(network);
  errorText = errorsText(model, errors);
  checkHasLayers(model, network.plan);
  const std::vector<PlanCandidate> candidates =
      candidatePlans(network.selectable(), budget);
  if (candidates.empty())
    throw InputError("--budget " + grouped(budget) +
                     ": every layer has more weights than that; 'cim info "
                     "--select last:1' counts those of the last one");
  const DataOptions wanted{.inputShape = imageShape(network.plan),
                           .classes = classCount(network.plan),
                           .threads = unsigned(running.threads)};
  const DataSet train = data.openTrain(wanted), test = data.openTest(wanted);
  const int64_t validated =
      std::max<int64_t>(1, train.images() * validationShare);
  const int64_t fitted = train.images() - validated;
  if (fitted < 1)
    throw InputError("one training image is too few to fit and to judge by; "
                     "raise --limit");
  const DataSet fit = train.part(0, fitted),
                validation = train.part(fitted, validated);
  warnOfMissingClasses(train, fitted);
  const std::string identity =
      checkpoint.isWanted() ? trainingIdentity(describe(train), model, errors,
                                               running, network, train, &test)
                            : "";
  checkInterrupted();

  std::vector<RankedPlan> ranking;
  std::optional<RetrainingMeasures> tested;
  std::optional<InputError> diverged; ///< of the best plan on all images
  {
    Progress progress(
        "searching " + grouped(candidates.size()) + " plans",
        imagesToRun(candidates.size(), fitted, validated) +
            imagesOf(optionsOf({}, retraining), train.images(), test.images()),
        "images");
    RetrainingSeries series(network, checkpoint, identity, progress);
    auto retrained =
        [&](const std::string &name, const Selection &selection,
            const RetrainingFlags &effort, const DataSet &fit,
            const DataSet &judge) -> std::optional<RetrainingMeasures> {
      const Retraining result =
          series.retrain(name, fit, judge, optionsOf(selection, effort));
      if (result.stopped)
        return std::nullopt;
      return measuresOf(result, judge.images());
    };
    ranking = rankPlans(
        candidates, rounds, survivors,
        [&](const PlanCandidate &candidate,
            int round) -> std::optional<double> {
          try {
            const auto measures = retrained(
                candidate.plan + ", round " + std::to_string(round + 1),
                candidate.selection, effortOf(round), fit, validation);
            if (!measures)
              return std::nullopt;
            return measures->rewritten.mean;
          } catch (const TrainingDiverged &error) {
            warn("plan " + candidate.plan + " counts as 0 %: " + error.what());
            return 0;
          }
        });
    if (ranking.empty())
      throw Interrupted();
    const PlanCandidate &best = candidates[ranking.front().candidate];
    try {
      if (!interrupted())
        tested = retrained(best.plan + ", all training images", best.selection,
                           retraining, train, test);
    } catch (const TrainingDiverged &error) { // the search is not lost
      diverged.emplace("plan " + best.plan +
                       " on all training images: " + error.what());
    }
  }

  const PlanCandidate &best = candidates[ranking.front().candidate];
  Json names = Json::array(), points = Json::array();
  for (size_t l = 0; l < best.selection.selected.size(); ++l)
    if (best.selection.selected[l])
      names.push_back(network.plan.layers(l).name());
  for (const RankedPlan &ranked : ranking) {
    const PlanCandidate &candidate = candidates[ranked.candidate];
    points.push_back({{"plan", candidate.plan},
                      {"depth", candidate.selection.depth},
                      {"weights", candidate.selection.parameters},
                      {"round", ranked.round + 1},
                      {"validation", ranked.accuracy}});
  }
  Json document = {{"command", "plan"},
                   {"model", network.describe()},
                   {"data", data.identity(train, test)},
                   {"options", describe(train)},
                   {"plan", best.plan},
                   {"selected", names},
                   {"weights", best.selection.parameters},
                   {"depth", best.selection.depth}};
  if (tested)
    document["accuracy"] = measuresJson(*tested);
  document["points"] = points;
  document["complete"] = tested.has_value();
  document["seconds"] = {{"compile", network.compileSeconds},
                         {"total", total.seconds()}};
  output.write(text(candidates, ranking, tested ? &*tested : nullptr),
               document);
  if (!tested && !diverged)
    throw Interrupted();
  checkpoint.remove(); // it has served
  if (diverged)
    throw *diverged;
}

} // namespace

Command cim::planCommand(CLI::App &cim) {
  auto command = std::make_shared<PlanSearchCommand>();
  CLI::App *app = cim.add_subcommand(
      "plan", "Search the layers to retrain within a budget of weights");
  command->model.addTo(*app);
  command->data.addTo(*app);
  command->errors.addTo(*app);
  addCount(*app, "--budget", command->budget,
           "Weights that may be rewritten, with biases and normalisation",
           int64_t(1) << 50)
      ->type_name("WEIGHTS")
      ->group("Retraining");
  addCount(*app, "--rounds", command->rounds,
           "Rounds of the search: all plans are tried with few chips, the "
           "better third with more, and so on (default: 3)",
           10)
      ->group("Retraining");
  command->retraining.addTo(*app);
  command->recipe.addTo(*app);
  command->checkpoint.addTo(*app, "Retraining",
                            "Kept after every epoch and rewrite, removed when "
                            "the search is done (default: none)");
  addSeed(*app, command->seed);
  command->running.addTo(*app, false);
  command->output.addTo(*app);
  app->footer("Plans are judged by the last tenth of the training images; the "
              "best is then retrained on all and tested.\n\n"
              "Examples:\n"
              "  cim plan resnet32.onnx --data cifar10:cifar-10-binary.tar.xz "
              "--noise normal:0.06ns --budget 200000 --limit 5000\n"
              "  cim plan annotated.mlir --data "
              "cifar10:cifar-10-binary.tar.xz --noise normal:0.06ns --budget "
              "200000");
  return {app, [command] { command->run(); }};
}
