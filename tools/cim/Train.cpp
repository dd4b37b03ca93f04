//===- Train.cpp - cim train: a network from scratch -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/Evaluation.h"
#include "runtime/evaluation/Statistics.h"
#include "runtime/tensor/Errors.h"
#include "runtime/training/Initialisation.h"
#include "runtime/training/Trainer.h"
#include "tools/cim/CheckpointFlags.h"
#include "tools/cim/Command.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/MeasureText.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Progress.h"
#include "tools/cim/TemporaryFolder.h"
#include "tools/cim/Text.h"
#include "tools/cim/TrainingFlags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

using namespace cim;
namespace fs = std::filesystem;

namespace {

/// A file that stands in for a network and is removed with this object.
struct TemporaryFile {
  const std::string network;
  const TemporaryFolder folder{};
  const std::string path = folder.path() / "untrained.onnx";
  /// \p message with the network's name, which the user knows, for the file's.
  std::string renamed(std::string message) const {
    for (size_t at = 0; (at = message.find(path, at)) != message.npos;
         at += network.size())
      message.replace(at, path.size(), network);
    return message;
  }
  /// What \p work returns; its errors are renamed.
  template <typename Work> auto during(Work work) const {
    try {
      return work();
    } catch (const InputError &error) {
      throw InputError(renamed(error.what()));
    }
  }
};

struct Train {
  std::string model, configured, architecture;
  TrainingDataFlags data;
  RecipeFlags recipe{.epochs = 20,
                     .learningRate = 0.1,
                     .augment = "flip,crop:4",
                     .weightDecay = 1e-4};
  RunFlags running;
  Output output;
  CheckpointFlags checkpoint;
  std::string file;
  bool fineTune = false;
  std::optional<uint64_t> seed;

  void check();
  void run();
  void writeUntrained(const DataSet &train, const std::string &path) const;
  TrainerOptions trainerOptions() const;
  Json describe(const DataSet &train) const;
};

void Train::check() {
  if (model.empty())
    model = configured;
  if (model.empty() == architecture.empty())
    throw UsageError("name either a network to train, an .onnx file, or a "
                     "built-in one with --arch resnet20");
  if (!model.empty() && fs::path(model).extension() != ".onnx")
    throw UsageError("'" + model + "': only .onnx networks can be trained");
  if (fineTune && model.empty())
    throw UsageError("--fine-tune begins with a network's weights, and "
                     "--arch has none; name an .onnx file");
  if (file.empty())
    throw UsageError("the output is missing; write -o OUT.onnx");
  if (fs::path(file).extension() != ".onnx")
    throw UsageError("-o '" + file + "': name an .onnx file");
  data.check();
  running.checkForTraining();
  checkWritable("-o", file);
  checkpoint.check(file);
  output.check();
}

/// The network with parameters that importing keeps apart.
void Train::writeUntrained(const DataSet &train,
                           const std::string &path) const {
  int64_t classes = train.asStored().classes;
  for (int64_t label : train.asStored().labels)
    classes = std::max(classes, label + 1);
  UntrainedRequest request;
  request.model = model;
  request.architecture = architecture;
  request.inputShape = train.shape();
  request.classes = classes;
  request.output = path;
  loadCompiler().writeUntrained(request);
}

Json Train::describe(const DataSet &train) const {
  Json options = Json::object();
  if (!architecture.empty())
    options["arch"] = architecture;
  if (fineTune)
    options["fine-tune"] = true;
  data.describe(options, train);
  recipe.describe(options);
  options["seed"] = seed.value_or(0);
  running.describe(options);
  return options;
}

TrainerOptions Train::trainerOptions() const {
  TrainerOptions options;
  options.stream.seed = seed.value_or(0);
  options.executor = running.executorOptions();
  options.stop = interrupted;
  return options;
}

void Train::run() {
  const TrainingRecipe asked = recipe.check();
  check();
  running.apply();

  Stopwatch total;
  std::optional<Network> given;
  DataOptions wanted{.threads = unsigned(running.threads)};
  const auto open = [&](const plan::Plan &plan) {
    wanted.inputShape = imageShape(plan);
    wanted.classes = classCount(plan);
  };
  const TemporaryFile untrained{model.empty() ? architecture : model};
  ModelFlags source;
  source.path = model;
  if (model.empty()) {
    const DataSet images = data.openTrain(wanted);
    writeUntrained(images, untrained.path);
    source.path = untrained.path;
  } else if (!fineTune) {
    UntrainedRequest request;
    request.model = model;
    request.output = untrained.path;
    loadCompiler().writeUntrained(request);
    source.path = untrained.path;
  }
  const Network network = untrained.during([&] {
    const auto warning = [&](const std::string &message) {
      warn(untrained.renamed(message));
    };
    return Network::load(source, {}, warning, false);
  });
  untrained.during([&] { running.chooseKernels(network); });
  open(network.plan);
  const DataSet train = data.openTrain(wanted), test = data.openTest(wanted);
  const int64_t perEpoch = asked.trainedImages(train.images());
  warnOfMissingClasses(train, perEpoch);
  checkInterrupted();

  std::set<uint32_t> layers;
  for (int l = 0; l < network.plan.layers_size(); ++l)
    layers.insert(l);
  TrainingProgram program(
      network.plan, network.tensors, layers, true,
      {.threads = unsigned(running.threads),
       .batch = std::min(asked.batch, train.images()),
       .labelSmoothing = asked.labelSmoothing,
       .strict = running.executorOptions().precision == Precision::f32Strict,
       .chosen = running.executorOptions().chosen});
  program.program({});
  // Its parameters count only with --fine-tune: others begin anew.
  const std::string identity =
      trainingIdentity(describe(train), ModelFlags{}, ErrorFlags{}, running,
                       network, train, &test);
  const std::optional<Checkpoint> kept = checkpoint.read(identity);
  TrainerOptions options = trainerOptions();
  options.kept = kept ? &*kept : nullptr;
  options.keep = [&](const Checkpoint &state) {
    writeCheckpoint(checkpoint.file, identity, state);
  };
  if (!fineTune)
    initialise(program.parameters(), options.stream);
  int64_t parameters = 0;
  for (const Parameter &parameter : program.parameters())
    parameters += parameter.gradient.size();

  std::vector<EpochResult> epochs;
  TensorMap learned;
  std::optional<int64_t> correct;
  {
    Progress progress("training", asked.epochs * perEpoch + test.images(),
                      "images");
    options.imagesDone = &progress.done;
    options.imagesSpared = &progress.spared;
    Trainer trainer(program, network.plan, network.tensors, train, asked,
                    options);
    if (!trainer.run())
      throw Interrupted();
    epochs = trainer.epochs();
    progress.setActivity("testing");
    learned = withParameters(network.tensors, program.parameters());
    correct = countCorrect(network.plan, learned, {}, test, {0, test.images()},
                           running.executorOptions(), interrupted);
  }
  if (!correct)
    throw Interrupted();
  TensorChanges changes;
  for (const Parameter &parameter : program.parameters())
    changes[parameter.tensor] = {network.tensors.at(parameter.tensor),
                                 learned.at(parameter.tensor)};
  untrained.during([&] {
    loadCompiler().exportNetwork({.model = source.path,
                                  .output = file,
                                  .changes = std::move(changes),
                                  .note = "trained on " + data.train.spec,
                                  .warn = warn});
  });

  const Measure accuracy =
      measure(std::vector<int64_t>{*correct}, test.images());
  Table table({{"epoch", Table::Align::right},
               {"loss", Table::Align::right},
               {"accuracy", Table::Align::right},
               {"held back", Table::Align::right},
               {"seconds", Table::Align::right}});
  Json results = Json::array();
  for (const EpochResult &epoch : epochs) {
    table.add({std::to_string(results.size() + 1), brief(epoch.loss),
               percent(epoch.accuracy),
               epoch.heldBack ? percent(*epoch.heldBack) : "",
               brief(epoch.seconds, 3)});
    results.push_back({{"loss", epoch.loss},
                       {"accuracy", epoch.accuracy},
                       {"seconds", epoch.seconds}});
    if (epoch.heldBack)
      results.back()["held_back"] = *epoch.heldBack;
  }
  Json described = network.describe();
  described["path"] = model.empty() ? architecture : model;
  output.write(
      table.text() + "\n" +
          fieldsText(
              {{"network", (model.empty() ? architecture : model) + " (" +
                               grouped(network.plan.layers_size()) +
                               " crossbar layers, " + grouped(parameters) +
                               " parameters)"},
               {"data", data.train.spec + " (" + grouped(train.images()) +
                            " images), tested on " + data.testName() + " (" +
                            grouped(test.images()) + ")"},
               {"accuracy", measureText(accuracy)},
               {"written to", file}}),
      {{"command", "train"},
       {"model", described},
       {"data", data.identity(train, test)},
       {"options", describe(train)},
       {"epochs", results},
       {"accuracy", measureJson(accuracy)},
       {"seconds", {{"total", total.seconds()}}}});
  checkpoint.remove(); // it has served
}

} // namespace

Command cim::trainCommand(CLI::App &cim) {
  auto command = std::make_shared<Train>();
  CLI::App *app =
      cim.add_subcommand("train", "Train a network and write it as ONNX");
  app->add_option("model", command->model,
                  "The network: an .onnx file, whose parameters are begun anew")
      ->type_name("MODEL");
  app->add_option("--model", command->configured)->group("");
  app->add_option("--arch", command->architecture,
                  "A built-in network: resnetN (N = 8, 14, 20, 26, 32, ...), "
                  "vgg11, vgg13, vgg16 or vgg19")
      ->type_name("NAME");
  app->add_flag("--fine-tune", command->fineTune,
                "Begin with the parameters that the model has")
      ->group("Training");
  command->data.addTo(*app);
  command->recipe.addTo(*app);
  addSeed(*app, command->seed);
  command->checkpoint.addTo(
      *app, "Training",
      "Kept after every epoch and when interrupted, removed when training is "
      "complete (default: OUT.checkpoint.safetensors)");
  command->running.addTo(*app, false);
  app->add_option("-o,--output", command->file, "Where the network goes")
      ->type_name("OUT.onnx")
      ->group("Output");
  command->output.addTo(*app);
  app->footer("Examples:\n"
              "  cim train --arch resnet8 --data shapes --epochs 10 -o "
              "resnet8.onnx\n"
              "  cim train network.onnx --data cifar10:cifar-10-binary.tar.xz "
              "--epochs 100 --hold-back 0.1 -o trained.onnx");
  return {app, [command] { command->run(); }};
}
