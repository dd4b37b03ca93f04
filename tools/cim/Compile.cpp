//===- Compile.cpp - cim compile: the stages of a network -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/Words.h"
#include "runtime/converters/LayerConverters.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Calibration.h"
#include "tools/cim/Command.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <set>

using namespace cim;

namespace {

const std::vector<std::string> stageNames = {"nn", "cim", "perturbed", "mapped",
                                             "plan"};

struct Compile {
  ModelFlags model;
  ErrorFlags errors;
  /// On which the ranges of converters are measured.
  DataFlags data;
  Calibrator calibrator;
  Output output;
  std::string file, until;
  bool dumpPasses = false;

  Stage stage() const;
  void calibrate(NetworkSource &source, std::vector<ErrorRequest> &requests);
  void run();
};

Stage Compile::stage() const {
  const bool planFile = std::filesystem::path(file).extension() == ".plan";
  if (until.empty())
    return planFile ? Stage::plan : Stage::mapped;
  for (size_t i = 0; i < stageNames.size(); ++i) {
    if (until != stageNames[i])
      continue;
    const Stage stage = static_cast<Stage>(i);
    if (!file.empty() && planFile != (stage == Stage::plan))
      throw UsageError("-o '" + file + "' does not fit --until " + until +
                       "; stage plan goes into a .plan file, every other into "
                       "an .mlir file");
    return stage;
  }
  const auto near = nearNames(until, stageNames);
  throw UsageError("--until '" + until +
                   "' is no stage; write nn, cim, perturbed, mapped or plan" +
                   (near.empty() ? "" : " (did you mean '" + near[0] + "'?)"));
}

/// Adds the ranges of converters as they are measured on the data.
void Compile::calibrate(NetworkSource &source,
                        std::vector<ErrorRequest> &requests) {
  Network network = source.load(requests);
  if (!hasConverters(network.plan))
    throw UsageError("--data has no effect on a compilation without converters "
                     "(--dac, --adc), whose ranges are measured on them; leave "
                     "it out");
  calibrator.calibrate(network, data, RunFlags());
  for (ErrorRequest &range : fixedRanges(network.plan))
    requests.push_back(std::move(range));
}

void Compile::run() {
  model.check();
  std::vector<ErrorRequest> requests = errors.check();
  const Stage until = stage();
  if (model.isPlan())
    throw UsageError("'" + model.path +
                     "' is compiled already; name the .onnx "
                     "or .mlir file");
  if (errors.any() && until < Stage::perturbed)
    throw UsageError("errors have no effect before stage perturbed; leave them "
                     "out, or compile further than --until " +
                     this->until);
  for (const ErrorRequest &asked : requests)
    if (asked.asksForCrossbars() && until < Stage::mapped)
      throw UsageError("crossbars have no effect before stage mapped; leave "
                       "them out, or compile further than --until " +
                       this->until);
  const std::string extension = std::filesystem::path(file).extension();
  if (!file.empty() && extension != ".mlir" && extension != ".plan")
    throw UsageError("-o '" + file +
                     "': name an .mlir file, or a .plan file for the compiled "
                     "program");
  if (file.empty() && output.documentOnStdout())
    throw UsageError("without -o the program goes to stdout, and with --json - "
                     "the document; redirect one of them");
  if (!file.empty())
    checkWritable("-o", file);
  if (calibrator.isAsked() && data.spec.empty())
    throw UsageError("--calibrate has no effect on a compilation without the "
                     "data to measure on; add --data");
  if (!data.spec.empty()) {
    data.check();
    if (data.limit > 0)
      throw UsageError("--limit has no effect on a compilation; --calibrate "
                       "says how many images are measured");
    if (until < Stage::mapped)
      throw UsageError("--data has no effect before stage mapped, where "
                       "converters get their ranges; leave it out, or compile "
                       "further than --until " +
                       this->until);
  }
  output.check();

  Stopwatch total;
  // Each warning once; none of the document's.
  std::set<std::string> warnings;
  bool isDone = false;
  NetworkSource source(
      model,
      [&](const std::string &message) {
        if (!isDone && warnings.insert(message).second)
          warn(message);
      },
      dumpPasses);
  if (!data.spec.empty())
    calibrate(source, requests);
  checkInterrupted();
  const std::string text = source.compileToText(requests, until, file);
  isDone = true;
  Json options = {{"until", stageNames[static_cast<size_t>(until)]}};
  errors.describe(options);
  model.describe(options);
  if (!data.spec.empty())
    options["data"] = data.spec;
  // The document counts layers and weights, which only a plan tells.
  const Json described =
      output.json.empty() ? Json() : source.load(requests).describe();
  output.write(file.empty() ? text : "",
               {{"command", "compile"},
                {"model", described},
                {"options", options},
                {"output", file},
                {"seconds", {{"total", total.seconds()}}}});
  checkInterrupted(); // the compiler itself has nowhere to stop
}

} // namespace

Command cim::compileCommand(CLI::App &cim) {
  auto command = std::make_shared<Compile>();
  CLI::App *app = cim.add_subcommand(
      "compile", "Translate a network, and look at any stage of it");
  command->model.addTo(*app);
  app->add_option("-o,--output", command->file,
                  "FILE.mlir, with the weights in a .safetensors file beside "
                  "it, or FILE.plan (default: print)")
      ->type_name("FILE")
      ->group("Output");
  app->add_option("--until", command->until,
                  "Stop at stage nn, cim, perturbed, mapped or plan (default: "
                  "mapped; plan for a .plan file)")
      ->type_name("STAGE")
      ->group("Output");
  app->add_flag("--dump-passes", command->dumpPasses,
                "Print the program after every pass to stderr")
      ->group("Output");
  command->errors.addTo(*app);
  command->data.addTo(*app);
  command->calibrator.addTo(*app);
  command->output.addTo(*app);
  app->footer("Examples:\n"
              "  cim compile resnet32.onnx --until nn\n"
              "  cim compile resnet32.onnx --quantize 5 -o resnet32.mlir\n"
              "  cim compile resnet32.onnx --noise normal:0.03ns -o "
              "resnet32.plan");
  return {app, [command] { command->run(); }};
}
