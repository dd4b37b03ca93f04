//===- Program.cpp - cim program: one chip as an ordinary network ---------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/Evaluation.h"
#include "runtime/programming/Programming.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Command.h"
#include "tools/cim/IdleOptions.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>

using namespace cim;

namespace {

struct Program {
  ModelFlags model;
  ErrorFlags errors;
  Output output;
  std::string network, file;
  std::optional<uint64_t> seed, trial;

  void check();
  void run();
};

/// How far writing moved the weights of one layer, as fractions of their range.
struct Change {
  double rms = 0, largest = 0;
};

Change measureChange(std::span<const float> before,
                     std::span<const float> after) {
  if (before.empty())
    return {};
  const auto [low, high] = std::minmax_element(before.begin(), before.end());
  const double range = *high > *low ? double(*high) - *low : 1;
  double squares = 0, largest = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    const double change = std::abs(double(after[i]) - before[i]);
    squares += change * change;
    largest = std::max(largest, change);
  }
  return {std::sqrt(squares / before.size()) / range, largest / range};
}

void Program::check() {
  model.check();
  auto isOnnx = [](const std::string &path) {
    return std::filesystem::path(path).extension() == ".onnx";
  };
  if (isOnnx(model.path) && !network.empty())
    throw UsageError("--network has no effect: the chip is written as '" +
                     model.path + "' itself with other weights; leave it out");
  if (!isOnnx(model.path) && network.empty())
    throw UsageError("'" + model.path +
                     "' is no ONNX network, and the chip is written as one; "
                     "name the file that it was compiled from, --network "
                     "NETWORK.onnx");
  if (!network.empty() && !isOnnx(network))
    throw UsageError("--network '" + network + "': name an .onnx file");
  if (model.foldBatchNorm)
    throw UsageError("--fold-batch-norm changes more of a network than its "
                     "weights, and the chip is written as the same network "
                     "with other weights; leave it out, or fold it in the ONNX "
                     "file first");
  if (file.empty())
    throw UsageError("the output is missing; write -o CHIP.onnx");
  if (std::filesystem::path(file).extension() != ".onnx")
    throw UsageError("-o '" + file + "': name an .onnx file");
  checkWritable("-o", file);
  output.check();
}

void Program::run() {
  const std::vector<ErrorRequest> requests = errors.check();
  check();

  Stopwatch total;
  const Network compiled = Network::load(model, requests);
  warnOfIdleOptions(requests, compiled.plan, Purpose::weights);
  if (!isRandom(compiled.plan) && (seed || trial))
    warn(std::string(seed ? "--seed" : "--trial") +
         " has no effect: no error is random, so every chip is the same");
  const Chip chip{seed.value_or(0), trial.value_or(0), 0};

  Table table({{"layer"},
               {"weights", Table::Align::right},
               {"rms change", Table::Align::right},
               {"largest change", Table::Align::right}});
  Json layers = Json::array();
  TensorChanges changes;
  for (const plan::Layer &layer : compiled.plan.layers()) {
    checkInterrupted();
    const Tensor &before = compiled.tensors.at(layer.weights());
    LayerProgram program(layer, before);
    for (const std::string &warning : program.warnings())
      warn(warning);
    std::vector<float> after(before.elements());
    program.writeAll(chip, after);
    const Change change = measureChange(before.as<float>(), after);
    table.add({layer.name(), grouped(before.elements()), percent(change.rms, 3),
               percent(change.largest, 3)});
    layers.push_back({{"name", layer.name()},
                      {"weights", before.elements()},
                      {"rms_change", change.rms},
                      {"largest_change", change.largest}});
    const bool isFirst =
        changes
            .try_emplace(layer.weights(),
                         TensorChange{before, makeTensor(before.shape, after)})
            .second;
    if (!isFirst)
      throw InputError("'" + model.path + "': layer '" + layer.name() +
                       "' shares the weights '" + layer.weights() +
                       "' with a layer before it, and a network cannot hold "
                       "them as each of the two was written; give it a copy");
  }
  checkInterrupted();
  const std::string which = "seed " + std::to_string(chip.seed) + ", trial " +
                            std::to_string(chip.trial);
  std::string asked = errors.text();
  if (!network.empty())
    asked =
        "as compiled in " + model.path + (asked == "none" ? "" : ", " + asked);
  loadCompiler().exportNetwork(
      {.model = network.empty() ? model.path : network,
       .output = file,
       .changes = std::move(changes),
       .note = "chip of " + which + "; errors: " + asked,
       .warn = warn});

  Json options = Json::object();
  errors.describe(options);
  if (!network.empty())
    options["network"] = network;
  options["seed"] = chip.seed;
  options["trial"] = chip.trial;
  output.write(
      table.text() + "\n" +
          fieldsText(
              {{"chip", which}, {"errors", asked}, {"written to", file}}) +
          "Changes are in fractions of a layer's range.\n",
      {{"command", "program"},
       {"model", compiled.describe()},
       {"options", options},
       {"layers", layers},
       {"seconds",
        {{"compile", compiled.compileSeconds}, {"total", total.seconds()}}}});
}

} // namespace

Command cim::programCommand(CLI::App &cim) {
  auto command = std::make_shared<Program>();
  CLI::App *app = cim.add_subcommand(
      "program", "Write one chip's weights as an ordinary ONNX network");
  command->model.addTo(*app);
  app->add_option("-o,--output", command->file,
                  "Write the network with the weights of the chip to "
                  "CHIP.onnx")
      ->type_name("CHIP.onnx")
      ->group("Output");
  app->add_option("--network", command->network,
                  "The ONNX network from which a .mlir or .plan was compiled, "
                  "and which gets the weights")
      ->type_name("NETWORK.onnx")
      ->group("Output");
  command->errors.addTo(*app);
  addSeed(*app, command->seed);
  addTrial(*app, command->trial);
  command->output.addTo(*app);
  app->footer("Examples:\n"
              "  cim program resnet32.onnx --quantize 4 --noise normal:0.5qs "
              "-o chip.onnx\n"
              "  cim program resnet32.onnx --crossbar 128x128 --device "
              "pcm-joshi2020@1d --seed 7 --trial 3 -o chip.onnx");
  return {app, [command] { command->run(); }};
}
