//===- Retrain.cpp - cim retrain: write, retrain, rewrite -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/Evaluation.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/CheckpointFlags.h"
#include "tools/cim/Command.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/MeasureText.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Progress.h"
#include "tools/cim/RetrainingFlags.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

using namespace cim;

namespace {

struct Retrain {
  ModelFlags model;
  ErrorFlags errors;
  TrainingDataFlags data;
  RecipeFlags recipe = publishedRecipe();
  RetrainingFlags retraining;
  RunFlags running;
  Output output;
  CheckpointFlags checkpoint;
  std::string select, file, errorText;
  std::vector<SelectionTerm> terms; ///< of `select`
  int64_t keepMegabytes = 0;
  bool validates = false;
  std::optional<uint64_t> seed;

  void check(const std::vector<ErrorRequest> &requests);
  void run();
  RetrainingOptions optionsFor(const Selection &selection) const;
  Json describe(const DataSet &train) const;
  void writeNetwork(const Network &network, const Retraining &result) const;
  std::string text(const Network &network, const Selection &selection,
                   const RetrainingMeasures &measures, const DataSet &train,
                   int64_t tested) const;
};

void Retrain::check(const std::vector<ErrorRequest> &requests) {
  model.check();
  checkRetrainable(model, requests);
  if (select.empty())
    throw UsageError("the layers to retrain are missing; write --select "
                     "last:9, c2:18, or names of layers");
  terms = parseSelectFlag(select);
  data.check();
  running.checkForTraining();
  if (!file.empty()) {
    if (std::filesystem::path(file).extension() != ".onnx")
      throw UsageError("-o '" + file + "': name an .onnx file");
    if (std::filesystem::path(model.path).extension() != ".onnx")
      throw UsageError("-o writes the ONNX network with other weights, but "
                       "the model is no .onnx file; leave -o out");
    if (model.foldBatchNorm)
      throw UsageError("--fold-batch-norm changes more of a network than its "
                       "weights, and -o writes the same network with other "
                       "weights; leave one of them out");
    checkWritable("-o", file);
  }
  if (keepMegabytes > 0 && recipe.check().augmentation.crop > 0)
    throw UsageError("--keep has no effect with --augment " + recipe.augment +
                     ": crops seldom come again; leave one of them out");
  if (keepMegabytes > 0 && recipe.epochs == 1 && retraining.rounds == 1 &&
      retraining.writes == 0)
    throw UsageError("--keep has no effect with one epoch: no image comes "
                     "again; leave it out, or write --epochs 2, for example");
  checkpoint.check(file);
  if (validates && recipe.holdBack == 0)
    throw UsageError("--validate reports on images that are not trained on; "
                     "write --hold-back 0.1, for example");
  if (validates && (!data.testSpec.empty() || data.testLimit > 0))
    throw UsageError(
        std::string(data.testSpec.empty() ? "--test-limit" : "--test-data") +
        " has no effect with --validate, which reports on the "
        "images held back; leave one of them out");
  retraining.check();
  output.check();
}

RetrainingOptions Retrain::optionsFor(const Selection &selection) const {
  RetrainingOptions options =
      retraining.options(selection, recipe.check(), running, seed.value_or(0));
  options.keptBytes = size_t(keepMegabytes) << 20;
  return options;
}

Json Retrain::describe(const DataSet &train) const {
  Json options = Json::object();
  errors.describe(options);
  model.describe(options);
  data.describe(options, train);
  options["select"] = select;
  recipe.describe(options);
  retraining.describe(options);
  if (validates)
    options["validate"] = true;
  options["seed"] = seed.value_or(0);
  if (keepMegabytes > 0)
    options["keep"] = keepMegabytes;
  running.describe(options);
  return options;
}

void Retrain::writeNetwork(const Network &network,
                           const Retraining &result) const {
  TensorChanges changes;
  for (const auto &[name, after] : result.network)
    changes[name] = {network.tensors.at(name), after};
  loadCompiler().exportNetwork(
      {.model = model.path,
       .output = file,
       .changes = std::move(changes),
       .note = "retrained " + select + "; errors: " + errors.text(),
       .warn = warn});
}

std::string Retrain::text(const Network &network, const Selection &selection,
                          const RetrainingMeasures &measures,
                          const DataSet &train, int64_t tested) const {
  const std::string done = int64_t(measures.chips()) < retraining.trials
                               ? grouped(measures.chips()) + " of "
                               : "";
  std::vector<std::pair<std::string, std::string>> fields = {
      {"model", model.path + " (" + grouped(network.plan.layers_size()) +
                    " crossbar layers, " + grouped(network.weights()) +
                    " weights)"},
      {"data",
       data.train.spec + " (" + grouped(train.images()) +
           " images), tested on " + grouped(tested) +
           (validates ? " of them, held back" : " of " + data.testName())},
      {"errors", errorText},
      {"retrained", select + ": " + grouped(selection.parameters) +
                        " parameters; the backward pass reaches " +
                        grouped(selection.depth) + " layers"},
      {"chips", done + grouped(retraining.trials) + ", each rewritten " +
                    grouped(retraining.rewrites) +
                    (retraining.rewrites == 1 ? " time" : " times")},
      {"cells written", grouped(measures.meanCells) + " weights per rewrite"}};
  std::string text = fieldsText(fields) + '\n';
  Table table({{"accuracy"}, {""}});
  table.add({"without errors", measureText(measures.exact)});
  table.add({"after writing", measureText(measures.injected)});
  table.add({"after retraining", measureText(measures.retrained)});
  table.add(
      {"after rewriting", rewritesText(measures.rewritten, measures.chips())});
  return text + table.text();
}

void Retrain::run() {
  const std::vector<ErrorRequest> requests = errors.check();
  errors.refuseConverters("networks are retrained without converters and read "
                          "noise");
  recipe.check();
  check(requests);
  running.apply();

  Stopwatch total;
  const Network network = Network::load(model, requests, warn, false);
  running.chooseKernels(network);
  errorText = errorsText(model, errors);
  const Selection selection = network.resolve(terms);
  if (!isRandom(network.plan))
    warn("no error is random, so all chips and rewrites are the same");
  const DataOptions wanted{.inputShape = imageShape(network.plan),
                           .classes = classCount(network.plan),
                           .threads = unsigned(running.threads)};
  const DataSet train = data.openTrain(wanted);
  RetrainingOptions options = optionsFor(selection);
  std::optional<DataSet> test;
  ImageRange tested{options.recipe.trainedImages(train.images()),
                    train.images()};
  if (!validates) {
    test = data.openTest(wanted);
    tested = {0, test->images()};
  }
  const int64_t testImages = tested.end - tested.begin;
  warnOfMissingClasses(train, options.recipe.trainedImages(train.images()));
  std::string identity;
  std::optional<Checkpoint> kept;
  if (checkpoint.isWanted()) {
    identity = trainingIdentity(describe(train), model, errors, running,
                                network, train, test ? &*test : nullptr);
    kept = checkpoint.read(identity);
    options.keep = [&](const Checkpoint &state) {
      writeCheckpoint(checkpoint.file, identity, state);
    };
  }
  options.kept = kept ? &*kept : nullptr;
  checkInterrupted();
  Retraining result;
  {
    Progress progress("retraining",
                      imagesOf(options, train.images(), testImages), "images");
    options.imagesDone = &progress.done;
    options.imagesSpared = &progress.spared;
    result = retrain(network.plan, network.tensors, train, test ? *test : train,
                     tested, options);
  }
  auto throwUnlessComplete = [&] {
    if (result.diverged)
      throw *result.diverged;
    if (result.stopped)
      throw Interrupted();
  };
  if (result.chips.empty())
    throwUnlessComplete();
  const RetrainingMeasures measures = measuresOf(result, testImages);

  Json selected = Json::array(), chips = Json::array();
  for (uint32_t layer : options.selected)
    selected.push_back(network.plan.layers(layer).name());
  for (const RetrainedChip &chip : result.chips) {
    auto fraction = [&](int64_t correct) {
      return double(correct) / testImages;
    };
    Json epochs = Json::array(), after = Json::array();
    for (const EpochResult &epoch : chip.epochs)
      epochs.push_back({{"loss", epoch.loss},
                        {"accuracy", epoch.accuracy},
                        {"seconds", epoch.seconds}});
    for (int64_t correct : chip.rewritten)
      after.push_back(fraction(correct));
    chips.push_back({{"injected", fraction(chip.injected)},
                     {"retrained", fraction(chip.retrained)},
                     {"rewritten", after},
                     {"cells_written", chip.cellsWritten},
                     {"epochs", epochs}});
  }
  Json trainedAndTested;
  if (test) {
    trainedAndTested = data.identity(train, *test);
  } else {
    trainedAndTested = data.train.identity(train, train.images());
    trainedAndTested["test"] = data.train.identity(train, testImages);
  }
  const Json document = {{"command", "retrain"},
                         {"model", network.describe()},
                         {"data", trainedAndTested},
                         {"options", describe(train)},
                         {"selected", selected},
                         {"weights", selection.parameters},
                         {"digital_parameters", result.digitalParameters},
                         {"depth", result.depth},
                         {"accuracy", measuresJson(measures)},
                         {"chips", chips},
                         {"complete", !result.stopped && !result.diverged},
                         {"seconds",
                          {{"compile", network.compileSeconds},
                           {"train", result.trainSeconds},
                           {"evaluate", result.evaluateSeconds},
                           {"total", total.seconds()}}}};
  writeAll({[&] {
              if (!file.empty())
                writeNetwork(network, result);
            },
            [&] {
              output.write(
                  text(network, selection, measures, train, testImages),
                  document);
            }});
  throwUnlessComplete();
  checkpoint.remove(); // it has served
}

} // namespace

Command cim::retrainCommand(CLI::App &cim) {
  auto command = std::make_shared<Retrain>();
  CLI::App *app = cim.add_subcommand(
      "retrain", "Write a chip, retrain some layers, and rewrite them");
  command->model.addTo(*app);
  command->data.addTo(*app);
  command->errors.addTo(*app);
  app->add_option("--select", command->select,
                  "Layers to retrain: a union of last:K, c2:K, c1:K, "
                  "tolerant:K[:MAXWEIGHTS] and layer names; see 'cim info "
                  "--select'")
      ->type_name("PLAN")
      ->group("Retraining");
  command->retraining.addTo(*app);
  app->add_flag("--validate", command->validates,
                "Report on the images held back instead of the test split, to "
                "choose settings by")
      ->group("Retraining");
  command->recipe.addTo(*app);
  addSeed(*app, command->seed);
  command->checkpoint.addTo(
      *app, "Retraining",
      "Kept after every epoch and rewrite, removed when all chips are done "
      "(default: OUT.checkpoint.safetensors with -o, else none)");
  command->running.addTo(*app, false);
  addCount(*app, "--keep", command->keepMegabytes,
           "Megabytes for activations in front of the retrained layers, which "
           "epochs share (default: 0); of no use with crops",
           1'000'000)
      ->group("Running");
  app->add_option("-o,--output", command->file,
                  "Write the network as the first chip holds it after "
                  "retraining")
      ->type_name("OUT.onnx")
      ->group("Output");
  command->output.addTo(*app);
  app->footer(
      "Examples:\n"
      "  cim retrain resnet32.onnx --data cifar10:cifar-10-binary.tar.xz "
      "--noise normal:0.03ns --select c2:18 -o retrained.onnx\n"
      "  cim retrain resnet32.onnx --data cifar10:cifar-10-binary.tar.xz "
      "--noise normal:0.06ns --select c2:18,layer2.0.conv2 --trials 3 "
      "--inject 1");
  return {app, [command] { command->run(); }};
}
