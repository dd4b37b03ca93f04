//===- Explain.cpp - cim explain: where accuracy is lost ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/Evaluation.h"
#include "runtime/evaluation/Statistics.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Calibration.h"
#include "tools/cim/Command.h"
#include "tools/cim/ExplainReport.h"
#include "tools/cim/ExplainVariants.h"
#include "tools/cim/IdleOptions.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/MeasureText.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Progress.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

using namespace cim;

namespace {

struct Explain {
  ModelFlags model;
  ErrorFlags errors;
  DataFlags data;
  RunFlags running;
  Calibrator calibrator;
  Output output;
  int64_t trials = 0;
  std::optional<uint64_t> seed;

  void run();
};

/// One variant of the network, measured.
struct Measured {
  Measure accuracy;
  /// The share of chips that were right, per image.
  std::vector<double> right;
  std::vector<ConverterCounts> converters; ///< by layer
};

/// Compiles and measures variants, each once.
class Laboratory {
public:
  Laboratory(const ModelFlags &model, const ErrorSources &sources,
             const DataSet &images, EvaluationOptions options,
             Progress &progress)
      : model(model), sources(sources), images(images),
        options(std::move(options)), progress(progress) {}

  /// Throws Interrupted before the variant is complete, and InputError.
  const Measured &measure(const ErrorSources::Names &chosen,
                          std::optional<size_t> layer = {}) {
    const auto key = std::pair(chosen, layer.value_or(-1));
    if (auto found = known.find(key); found != known.end()) {
      progress.spared += options.trials * images.images();
      return found->second;
    }
    return known[key] = run(chosen, layer);
  }

  bool wasRandom() const { return isAnyRandom; }

private:
  Measured run(const ErrorSources::Names &chosen, std::optional<size_t> layer) {
    checkInterrupted();
    const Network network =
        Network::load(model, sources.requests(chosen, layer), silence);
    EvaluationOptions asked = options;
    if (isRandom(network.plan))
      isAnyRandom = true;
    else
      asked.trials = 1;
    progress.total -= (options.trials - asked.trials) * images.images();
    std::vector<uint32_t> right(images.images());
    asked.rightPerImage = right.data();
    Evaluation result = evaluate(network.plan, network.tensors, images, asked);
    if (result.stopped)
      throw Interrupted();
    Measured measured{.accuracy = cim::measure(result.correct, result.images),
                      .right = {right.begin(), right.end()},
                      .converters = std::move(result.converters)};
    for (double &share : measured.right)
      share /= asked.trials;
    return measured;
  }

  const ModelFlags &model;
  const ErrorSources &sources;
  const DataSet &images;
  const EvaluationOptions options;
  Progress &progress;
  std::map<std::pair<ErrorSources::Names, int64_t>, Measured> known;
  bool isAnyRandom = false;
};

/// What \p variant loses against \p base.
Loss lossOf(const Measured &base, const Measured &variant) {
  const Difference difference =
      pairedDifference(base.accuracy.trials, variant.accuracy.trials);
  Loss loss;
  loss.mean = base.accuracy.mean - variant.accuracy.mean;
  // Image by image, so that what both get right does not blur the difference.
  const double images = base.right.size();
  double squares = 0;
  for (size_t i = 0; i < base.right.size(); ++i) {
    const double distance = base.right[i] - variant.right[i] - loss.mean;
    squares += distance * distance;
  }
  constexpr double normal95 = 1.959964;
  const double reach =
      images > 1 ? normal95 * std::sqrt(squares / (images - 1) / images) : 1;
  loss.imageInterval = {loss.mean - reach, loss.mean + reach};
  loss.interval = difference.interval.value_or(loss.imageInterval);
  return loss;
}

/// Measures everything that \p explanation tells; Interrupted leaves the rest
/// out.
void explain(Laboratory &laboratory, const ErrorSources &sources,
             const std::vector<LayerIdentity> &layers,
             Explanation &explanation) {
  const Measured &ideal = laboratory.measure({});
  const Measured &all = laboratory.measure(sources.all());
  explanation.ideal = ideal.accuracy;
  explanation.all = all.accuracy;
  explanation.total = lossOf(ideal, all);
  try {
    for (const std::string &name : sources.names()) {
      const ErrorSources::Names needs = sources.needsOf(name);
      ErrorSources::Names chosen = needs;
      chosen.insert(name);
      const Measured &alone = laboratory.measure(chosen);
      SourceLoss loss{.name = name,
                      .value = sources.valueOf(name),
                      .needs = {},
                      .accuracy = alone.accuracy,
                      .alone = lossOf(laboratory.measure(needs), alone),
                      .regained = {}};
      for (const std::string &need : needs)
        loss.needs += (loss.needs.empty() ? "" : ", ") + need;
      if (const auto rest = sources.without(name))
        loss.regained = lossOf(laboratory.measure(*rest), all);
      explanation.sources.push_back(std::move(loss));
    }
    for (size_t layer = 0; layer < layers.size(); ++layer) {
      const Measured &alone = laboratory.measure(sources.all(), layer);
      LayerLoss loss{.name = layers[layer].name,
                     .role = layers[layer].role,
                     .accuracy = alone.accuracy,
                     .loss = lossOf(ideal, alone),
                     .clipped = {}};
      if (layer < all.converters.size() && all.converters[layer].sums > 0)
        loss.clipped = double(all.converters[layer].clippedSums) /
                       all.converters[layer].sums;
      explanation.layers.push_back(std::move(loss));
    }
  } catch (const Interrupted &) {
    explanation.stopped = true;
  }
}

void Explain::run() {
  model.check();
  const std::vector<ErrorRequest> requests = errors.check();
  data.check();
  running.check();
  running.apply();
  output.check();
  if (model.isPlan())
    throw UsageError("'" + model.path +
                     "' is a compiled plan, whose errors cannot be switched "
                     "off one by one; name the network that it was made of");

  Stopwatch total;
  Network network = Network::load(model, requests);
  running.chooseKernels(network);
  calibrator.check(network);
  if (holdsErrors(model))
    throw UsageError("the errors that stand in '" + model.path +
                     "' cannot be switched off one by one; take them out, or "
                     "name the network that it was made of");
  std::vector<LayerIdentity> layers;
  for (const plan::Layer &layer : network.plan.layers())
    layers.push_back({layer.name(), layer.role()});
  ErrorSources sources(requests, layers);
  if (sources.names().empty())
    throw UsageError("there is nothing to explain without an error such as "
                     "--quantize, --noise or --adc");
  warnOfIdleOptions(requests, network.plan, Purpose::accuracy);
  const DataSet images = data.open({.inputShape = imageShape(network.plan),
                                    .classes = classCount(network.plan),
                                    .threads = unsigned(running.threads)});
  checkInterrupted();
  // Once for all variants: ranges are those of the exact network.
  calibrator.calibrate(network, data, running);
  sources.fix(network.plan);

  EvaluationOptions options;
  options.seed = seed.value_or(0);
  options.trials = trials > 0 ? trials : 10;
  options.executor = running.executorOptions();
  options.reference = running.reference;
  options.stop = interrupted;
  Explanation explanation;
  bool isRandom = false;
  {
    const size_t variants = 2 + 3 * sources.names().size() + layers.size();
    Progress progress("explaining",
                      int64_t(variants) * options.trials * images.images(),
                      "images");
    options.imagesDone = &progress.done;
    Laboratory laboratory(model, sources, images, options, progress);
    explain(laboratory, sources, layers, explanation);
    isRandom = laboratory.wasRandom();
  }
  if (!isRandom && (trials > 1 || seed))
    warn(std::string(trials > 1 ? "--trials" : "--seed") +
         " has no effect: no error is random, so every chip is the same");

  Json resolved = Json::object();
  errors.describe(resolved);
  model.describe(resolved);
  calibrator.describe(resolved, network);
  data.describe(resolved, images);
  resolved["trials"] = isRandom ? options.trials : 1;
  resolved["seed"] = options.seed;
  running.describe(resolved);
  output.write(
      fieldsText(
          {{"model", model.path + " (" + grouped(layers.size()) +
                         " crossbar layers, " + grouped(network.weights()) +
                         " weights)"},
           {"data", data.spec + " (" + grouped(images.images()) + " images)"},
           {"errors", errors.text()},
           {"chips", grouped(isRandom ? options.trials : 1)},
           {"ideal", measureText(explanation.ideal)},
           {"with errors", measureText(explanation.all)}}) +
          explanation.text(),
      {{"command", "explain"},
       {"model", network.describe()},
       {"data", data.identity(images, images.images())},
       {"options", resolved},
       {"ideal", measureJson(explanation.ideal)},
       {"accuracy", measureJson(explanation.all)},
       {"sources", explanation.sourcesJson()},
       {"complete", !explanation.stopped},
       {"seconds",
        {{"compile", network.compileSeconds}, {"total", total.seconds()}}}});
  if (explanation.stopped)
    throw Interrupted();
}

} // namespace

Command cim::explainCommand(CLI::App &cim) {
  auto command = std::make_shared<Explain>();
  CLI::App *app = cim.add_subcommand(
      "explain", "Say where accuracy is lost: which error, which layer");
  command->model.addTo(*app);
  command->data.addTo(*app);
  command->errors.addTo(*app);
  command->calibrator.addTo(*app);
  addCount(*app, "--trials", command->trials,
           "Chips, each with its own random errors (default: 10)", 1'000'000)
      ->type_name("T")
      ->group("Errors");
  addSeed(*app, command->seed);
  command->running.addTo(*app, /*withProfile=*/false);
  command->output.addTo(*app);
  app->footer(
      "Every source of error is switched on alone, and off alone; and "
      "every layer alone gets all\nof them. A thousand images and a "
      "few chips often tell enough (--limit, --trials).\n\n"
      "Examples:\n"
      "  cim explain resnet32.onnx --data cifar10:cifar-10-binary.tar.gz "
      "--limit 1000 --quantize 4 --noise normal:0.5qs\n"
      "  cim explain resnet32.onnx --data shapes --crossbar 128x128 "
      "--device pcm-joshi2020@1d --dac 8 --adc 6");
  return {app, [command] { command->run(); }};
}
