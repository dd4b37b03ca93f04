//===- Retrain.cpp - cim retrain: write, retrain, rewrite -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/Evaluation.h"
#include "runtime/evaluation/Statistics.h"
#include "runtime/tensor/Errors.h"
#include "runtime/training/Retraining.h"
#include "tools/cim/Command.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/MeasureText.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Progress.h"
#include "tools/cim/Text.h"
#include "tools/cim/TrainingFlags.h"

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
  RecipeFlags recipe{.epochs = 1,
                     .learningRate = 0.01,
                     .augment = "flip",
                     .weightDecay = 1e-4};
  RunFlags running;
  Output output;
  std::string select, file;
  std::vector<SelectionTerm> terms; ///< of `select`
  int64_t trials = 1, rewrites = 6, recalibration = 0, keepMegabytes = 0;
  double inject = 0, threshold = 0;
  bool validates = false;
  std::optional<uint64_t> seed;

  void check(const std::vector<ErrorRequest> &requests);
  void run();
  RetrainingOptions optionsFor(const Network &network) const;
  Json describe(const DataSet &train) const;
  void writeNetwork(const Network &network, const Retraining &result) const;
  std::string text(const Network &network, const Retraining &result,
                   const DataSet &train, int64_t tested) const;
};

std::vector<int64_t> injected(const Retraining &result) {
  std::vector<int64_t> correct;
  for (const RetrainedChip &chip : result.chips)
    correct.push_back(chip.injected);
  return correct;
}
std::vector<int64_t> retrained(const Retraining &result) {
  std::vector<int64_t> correct;
  for (const RetrainedChip &chip : result.chips)
    correct.push_back(chip.retrained);
  return correct;
}
/// Of all chips, one after the other.
std::vector<int64_t> rewritten(const Retraining &result) {
  std::vector<int64_t> correct;
  for (const RetrainedChip &chip : result.chips)
    correct.insert(correct.end(), chip.rewritten.begin(), chip.rewritten.end());
  return correct;
}

void Retrain::check(const std::vector<ErrorRequest> &requests) {
  model.check();
  if (model.isPlan())
    throw UsageError("'" + model.path +
                     "' is a compiled plan, which has lost what training "
                     "needs; name the .onnx or .mlir file");
  if (requests.empty() &&
      std::filesystem::path(model.path).extension() == ".onnx")
    throw UsageError("there are no errors to train against; write --noise "
                     "normal:0.03ns, for example");
  if (select.empty())
    throw UsageError("the layers to retrain are missing; write --select "
                     "last:9, c2:18, or names of layers");
  terms = parseSelectFlag(select);
  data.check();
  running.check();
  if (running.reference || running.microBatch > 0)
    throw UsageError(
        "--reference and --micro-batch have no effect on training; "
        "leave them out");
  if (!file.empty()) {
    if (std::filesystem::path(file).extension() != ".onnx")
      throw UsageError("-o '" + file + "': name an .onnx file");
    if (std::filesystem::path(model.path).extension() != ".onnx")
      throw UsageError("-o writes the ONNX network with other weights, but "
                       "the model is no .onnx file; leave -o out");
    checkWritable("-o", file);
  }
  if (keepMegabytes > 0 && recipe.check().augmentation.crop > 0)
    throw UsageError("--keep has no effect with --augment " + recipe.augment +
                     ": crops seldom come again; leave one of them out");
  if (validates && recipe.holdBack == 0)
    throw UsageError("--validate reports on images that are not trained on; "
                     "write --hold-back 0.1, for example");
  for (auto [name, value] :
       {std::pair("--inject", inject), {"--threshold", threshold}})
    if (!(value >= 0 && value <= 100))
      throw UsageError(std::string(name) + ": write a number from 0 to 100");
  output.check();
}

RetrainingOptions Retrain::optionsFor(const Network &network) const {
  const Selection selection = network.resolve(terms);
  RetrainingOptions options;
  for (uint32_t layer = 0; layer < selection.selected.size(); ++layer)
    if (selection.selected[layer])
      options.selected.insert(layer);
  options.recipe = recipe.check();
  options.seed = seed.value_or(0);
  options.trials = trials;
  options.rewrites = rewrites;
  options.inject = inject;
  options.recalibrationImages = recalibration;
  options.threshold = threshold;
  options.keptBytes = size_t(keepMegabytes) << 20;
  options.executor = running.executorOptions();
  options.stop = interrupted;
  return options;
}

Json Retrain::describe(const DataSet &train) const {
  Json options = Json::object();
  errors.describe(options);
  data.describe(options, train);
  options["select"] = select;
  recipe.describe(options);
  options["trials"] = trials;
  options["rewrites"] = rewrites;
  if (inject > 0)
    options["inject"] = inject;
  if (recalibration > 0)
    options["recalibrate-batch-norm"] = recalibration;
  if (threshold > 0)
    options["threshold"] = threshold;
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

std::string Retrain::text(const Network &network, const Retraining &result,
                          const DataSet &train, int64_t tested) const {
  int64_t cells = 0;
  for (const RetrainedChip &chip : result.chips)
    cells += chip.cellsWritten;
  const int64_t chips = result.chips.size();
  std::vector<std::pair<std::string, std::string>> fields = {
      {"model", model.path + " (" + grouped(network.plan.layers_size()) +
                    " crossbar layers, " + grouped(network.weights()) +
                    " weights)"},
      {"data",
       data.train.spec + " (" + grouped(train.images()) +
           " images), tested on " + grouped(tested) +
           (validates ? " of them, held back" : " of " + data.testName())},
      {"errors", errors.text()},
      {"retrained", select + ": " + grouped(result.trainedParameters) +
                        " parameters; the backward pass reaches " +
                        grouped(result.depth) + " layers"},
      {"chips", grouped(chips) + ", each rewritten " + grouped(rewrites) +
                    (rewrites == 1 ? " time" : " times")}};
  if (threshold > 0)
    fields.push_back(
        {"cells written", grouped(cells / chips) + " weights per rewrite"});
  std::string text = fieldsText(fields) + '\n';
  Table table({{"accuracy"}, {""}});
  auto add = [&](const char *name, const std::vector<int64_t> &correct) {
    table.add({name, measureText(measure(correct, tested))});
  };
  add("without errors", {result.floatCorrect});
  add("after writing", injected(result));
  add("after retraining", retrained(result));
  add("after rewriting", rewritten(result));
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
  RetrainingOptions options = optionsFor(network);
  if (!isRandom(network.plan))
    warn("no error is random, so all chips and rewrites are the same");
  const DataOptions wanted{.inputShape = imageShape(network.plan),
                           .classes = classCount(network.plan),
                           .threads = unsigned(running.threads)};
  const DataSet train = data.openTrain(wanted);
  std::optional<DataSet> test;
  ImageRange tested{options.recipe.trainedImages(train.images()),
                    train.images()};
  if (!validates) {
    test = data.openTest(wanted);
    tested = {0, test->images()};
  }
  const int64_t testImages = tested.end - tested.begin;
  checkInterrupted();
  Retraining result;
  {
    Progress progress("retraining",
                      imagesOf(options,
                               options.recipe.trainedImages(train.images()),
                               testImages),
                      "images");
    options.imagesDone = &progress.done;
    result = retrain(network.plan, network.tensors, train, test ? *test : train,
                     tested, options);
  }
  if (result.chips.empty())
    throw Interrupted();
  if (!file.empty())
    writeNetwork(network, result);

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
  auto measured = [&](const std::vector<int64_t> &correct) {
    return measureJson(measure(correct, testImages));
  };
  output.write(text(network, result, train, testImages),
               {{"command", "retrain"},
                {"model", network.describe()},
                {"data",
                 {{"spec", data.train.spec},
                  {"images", train.images()},
                  {"sha256", train.sha256()},
                  {"test",
                   {{"spec", test ? data.testName() : data.train.spec},
                    {"images", testImages},
                    {"sha256", (test ? *test : train).sha256()}}}}},
                {"options", describe(train)},
                {"selected", selected},
                {"weights", result.trainedParameters},
                {"depth", result.depth},
                {"accuracy",
                 {{"float", measured({result.floatCorrect})},
                  {"injected", measured(injected(result))},
                  {"retrained", measured(retrained(result))},
                  {"rewritten", measured(rewritten(result))}}},
                {"chips", chips},
                {"seconds",
                 {{"compile", network.compileSeconds},
                  {"train", result.trainSeconds},
                  {"evaluate", result.evaluateSeconds},
                  {"total", total.seconds()}}}});
  if (result.stopped)
    throw Interrupted();
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
  addCount(*app, "--trials", command->trials, "Chips (default: 1)", 1'000'000)
      ->type_name("T")
      ->group("Retraining");
  addCount(*app, "--rewrites", command->rewrites,
           "How often each chip's retrained layers are rewritten, each time "
           "with new errors (default: 6)",
           1'000'000)
      ->type_name("R")
      ->group("Retraining");
  app->add_option("--inject", command->inject,
                  "Train under noise of so many times the errors of a rewrite, "
                  "so that the network withstands it (default: 0)")
      ->type_name("FACTOR")
      ->group("Retraining");
  addCount(*app, "--recalibrate-batch-norm", command->recalibration,
           "Measure all batch statistics anew over N training images after "
           "each rewrite, which costs no write",
           1'000'000'000)
      ->group("Retraining");
  app->add_option("--threshold", command->threshold,
                  "Rewrite only cells whose weight changed by more than this "
                  "fraction of its layer's range (default: 0, all)")
      ->type_name("FRACTION")
      ->group("Retraining");
  app->add_flag("--validate", command->validates,
                "Report on the images held back instead of the test split, to "
                "choose settings by")
      ->group("Retraining");
  command->recipe.addTo(*app);
  addSeed(*app, command->seed);
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
