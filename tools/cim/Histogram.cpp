//===- Histogram.cpp - cim histogram: weights before and after the errors -*-
// C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/LayerPattern.h"
#include "runtime/evaluation/Evaluation.h"
#include "runtime/pictures/WeightHistogram.h"
#include "runtime/report/Page.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"
#include "tools/cim/Command.h"
#include "tools/cim/IdleOptions.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <ostream>

using namespace cim;

namespace {

struct Histogram {
  ModelFlags model;
  ErrorFlags errors;
  Output output;
  std::string file;
  std::optional<uint64_t> seed;
  int64_t bins = 128;

  void run();
  void writeFile(const std::vector<WeightHistogram> &histograms) const;
};

std::string textOf(const Moments &moments) {
  return brief(moments.mean, 3) + " ± " + brief(moments.deviation, 3);
}

void Histogram::writeFile(
    const std::vector<WeightHistogram> &histograms) const {
  if (const std::optional<PictureFormat> format = pictureFormat(file)) {
    const std::string picture = drawHistograms(
        histograms,
        errors.any() || holdsErrors(model)
            ? errorsText(model, errors, false) // panels name the layers
            : "without errors",
        *format);
    writeWhole(file, [&](std::ostream &out) { out << picture; });
    return;
  }
  writeWhole(file, [&](std::ostream &out) {
    out.precision(9);
    out << "layer,lower,upper,before,after\n";
    for (const WeightHistogram &histogram : histograms) {
      const std::string name = csvField(histogram.name);
      for (size_t bin = 0; bin < histogram.before.size(); ++bin)
        out << name << ',' << histogram.edges[bin] << ','
            << histogram.edges[bin + 1] << ',' << histogram.before[bin] << ','
            << histogram.after[bin] << '\n';
    }
  });
}

void Histogram::run() {
  model.check();
  const std::vector<ErrorRequest> requests = errors.requests();
  errors.refuseConverters("converters and read noise have no effect on what is "
                          "written into cells");
  const std::string extension = std::filesystem::path(file).extension();
  if (!file.empty() && extension != ".svg" && extension != ".png" &&
      extension != ".csv")
    throw UsageError("-o '" + file + "': name an .svg, .png or .csv file");
  if (!file.empty())
    checkWritable("-o", file);
  output.check();

  Stopwatch total;
  const Network network = Network::load(model, requests);
  warnOfIdleOptions(requests, network.plan, Purpose::weights);
  if (seed && !isRandom(network.plan))
    warn("--seed has no effect: no error is random, so every chip is the same");
  std::vector<bool> selected;
  try {
    selected = selectLayers(errors.layers.empty() ? "*" : errors.layers,
                            network.identities());
  } catch (const GrammarError &error) {
    throw InputError(std::string("--layers: ") + error.what());
  }

  std::vector<WeightHistogram> histograms;
  Table table({{"layer"},
               {"weights", Table::Align::right},
               {"before: mean ± std", Table::Align::right},
               {"after: mean ± std", Table::Align::right},
               {"levels", Table::Align::right}});
  Json layers = Json::array();
  for (int i = 0; i < network.plan.layers_size(); ++i) {
    if (!selected[i])
      continue;
    checkInterrupted();
    const plan::Layer &layer = network.plan.layers(i);
    histograms.push_back(makeHistogram(layer,
                                       network.tensors.at(layer.weights()),
                                       {seed.value_or(0), 0, 0}, bins));
    const WeightHistogram &histogram = histograms.back();
    for (const std::string &warning : histogram.warnings)
      warn(warning);
    table.add({histogram.name, grouped(histogram.weights()),
               textOf(histogram.momentsBefore), textOf(histogram.momentsAfter),
               histogram.levels.empty()
                   ? "-"
                   : std::to_string(histogram.levels.size())});
    layers.push_back({{"name", histogram.name},
                      {"edges", histogram.edges},
                      {"before", histogram.before},
                      {"after", histogram.after}});
  }
  if (!file.empty()) {
    if (extension != ".csv" && histograms.size() > largestPicture)
      throw InputError("a picture shows at most " +
                       std::to_string(largestPicture) + " layers, not " +
                       std::to_string(histograms.size()) +
                       "; select some with --layers, or write a .csv file");
    writeFile(histograms);
  }
  Json options = {{"bins", bins}, {"seed", seed.value_or(0)}};
  if (!file.empty())
    options["output"] = file;
  errors.describe(options);
  model.describe(options);
  output.write(table.text(), {{"command", "histogram"},
                              {"model", network.describe()},
                              {"options", options},
                              {"layers", layers},
                              {"seconds",
                               {{"compile", network.compileSeconds},
                                {"total", total.seconds()}}}});
}

} // namespace

Command cim::histogramCommand(CLI::App &cim) {
  auto command = std::make_shared<Histogram>();
  CLI::App *app = cim.add_subcommand(
      "histogram", "Show the weights before and after the errors");
  command->model.addTo(*app);
  app->add_option("-o,--output", command->file,
                  "Write FILE.svg or FILE.png (drawn by gnuplot), or FILE.csv")
      ->type_name("FILE")
      ->group("Output");
  addCount(*app, "--bins", command->bins, "Bins per layer (default: 128)",
           10'000)
      ->group("Output");
  command->errors.addTo(*app);
  addSeed(*app, command->seed);
  command->output.addTo(*app);
  app->footer("--layers selects the layers that are shown, too.\n\n"
              "Examples:\n"
              "  cim histogram resnet32.onnx --quantize 4 -o weights.png\n"
              "  cim histogram resnet32.onnx --layers conv1 --quantize 4 "
              "--noise normal:0.25qs -o conv1.svg");
  return {app, [command] { command->run(); }};
}
