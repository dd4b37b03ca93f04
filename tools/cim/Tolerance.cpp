//===- Tolerance.cpp - cim tolerance: errors in one layer at a time -------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/Conditions.h"
#include "runtime/evaluation/Evaluation.h"
#include "runtime/evaluation/LimitSearch.h"
#include "runtime/evaluation/PrefixEvaluator.h"
#include "runtime/evaluation/ToleranceEstimate.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"
#include "runtime/training/CurvatureEstimate.h"
#include "tools/cim/Calibration.h"
#include "tools/cim/Command.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/LayerChips.h"
#include "tools/cim/MeasureText.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Progress.h"
#include "tools/cim/Text.h"
#include "tools/cim/ToleranceReport.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <ostream>

using namespace cim;

namespace {

struct Tolerance {
  ModelFlags model;
  ErrorFlags errors;
  DataFlags data;
  Calibrator calibrator;
  RunFlags running;
  Output output;
  std::vector<std::string> files, groups;
  std::string threshold, storePath;
  bool estimate = false;
  int64_t trials = 0, keepMegabytes = 1024;
  std::optional<uint64_t> seed;

  void run();

private:
  void check();
  std::vector<MeasuredLayer> subjects(const Network &network) const;
  /// Whether `cim eval --layers NAME` asks for the same errors in one layer.
  void checkStore() const;
  void measureLayer(MeasuredLayer &layer, LayerChips &chips);
  void searchLargest(MeasuredLayer &layer, LayerChips &chips);
  /// The errors that stand for \p layer in a store.
  ErrorFlags errorsAlone(const MeasuredLayer &layer) const;
  /// Throws InputError where a largest error of \p layers cannot be searched.
  void checkSizes(const std::vector<MeasuredLayer> &layers) const;
  std::vector<LayerChange> errorsOf(const MeasuredLayer &layer,
                                    double multiple) const;
  bool estimateLayers(std::vector<MeasuredLayer> &layers,
                      PrefixEvaluator &evaluator, const DataSet &set);
  void write(const std::string &file, const std::vector<MeasuredLayer> &layers,
             const Json &document, const std::string &errorText);

  std::optional<double> accuracyToKeep;
  std::vector<ErrorRequest> requests;
  Network network;
  int64_t images = 0;
  double exact = 0; ///< accuracy
  std::optional<Progress> progress;
};

/// So many images tell the spread of margins well enough.
constexpr int64_t estimateImages = 200;

std::string extensionOf(const std::string &file) {
  return std::filesystem::path(file).extension();
}

/// Makes the error of \p layer whose size is searched so many times as large;
/// false when it has none with a size.
bool scaleError(plan::Layer &layer, double multiple) {
  if (layer.has_noise())
    layer.mutable_noise()->set_width(layer.noise().width() * multiple);
  else if (layer.has_shift())
    layer.mutable_shift()->set_amount(layer.shift().amount() * multiple);
  return layer.has_noise() || layer.has_shift();
}

/// 0 where there is none.
double sizeOfError(const plan::Layer &layer) {
  return layer.has_noise() ? layer.noise().width() : layer.shift().amount();
}

/// Only where the weights stand.
ErrorFlags withoutSources(ErrorFlags errors) {
  for (const LayerOption &option : ErrorFlags::layerOptions())
    if (option.isSource)
      (errors.*option.flag).clear();
  errors.layers.clear();
  return errors;
}

std::string unitOfError(const plan::Layer &layer) {
  static const char *const names[] = {"qs", "ns", "abs", "uS"};
  return names[layer.has_noise() ? layer.noise().unit() : layer.shift().unit()];
}

/// \p text, an option's value, with a `*` in the place of the number before its
/// unit: "normal:0.06ns,shape=2" becomes "normal:*ns,shape=2".
std::string withoutSize(std::string text) {
  const size_t begin = text.find(':') == text.npos ? 0 : text.find(':') + 1;
  const size_t end = text.find_first_not_of("+-0123456789./eE", begin);
  text.replace(begin, (end == text.npos ? text.size() : end) - begin, "*");
  return text;
}

/// Whether anything is asked of it that an exact layer has not.
bool hasErrors(const plan::Layer &layer) {
  plan::Plan plan;
  *plan.add_layers() = layer;
  return withoutErrors(plan).layers(0).SerializeAsString() !=
         layer.SerializeAsString();
}

void Tolerance::check() {
  model.check();
  requests = errors.requests();
  if (!errors.any() && extensionOf(model.path) == ".onnx")
    throw UsageError("there is no error to tolerate; give one, such as --noise "
                     "normal:0.06ns");
  data.check();
  running.check();
  if (running.reference)
    throw UsageError("--reference has no effect on cim tolerance; use cim eval "
                     "--layers NAME --reference for one layer");
  if (!threshold.empty()) {
    accuracyToKeep = parseFraction("--threshold", threshold, 0, 1);
    if (!model.isPlan() && extensionOf(model.path) == ".onnx" &&
        errors.noise.empty() && errors.shift.empty() &&
        errors.overrides.empty())
      throw UsageError("--threshold searches the largest --noise or --shift, "
                       "and there is none; give one to begin with");
  }
  for (const std::string &group : groups)
    try {
      checkLayerPattern(group);
    } catch (const GrammarError &error) {
      throw UsageError("--group: " + std::string(error.what()));
    }
  for (const std::string &file : files) {
    const std::string extension = extensionOf(file);
    if (extension != ".svg" && extension != ".png" && extension != ".mlir")
      throw UsageError("-o '" + file +
                       "': name an .svg or .png file for a picture, or an "
                       ".mlir file for the annotated network");
    if (extension == ".mlir" && model.isPlan())
      throw UsageError("-o '" + file + "': '" + model.path +
                       "' is compiled, and no plan can become an .mlir file "
                       "again; name the .onnx or .mlir network");
    if (extension == ".mlir" && !groups.empty())
      throw UsageError("-o '" + file +
                       "': the tolerance of a group is no layer's; leave out "
                       "--group or the .mlir file");
    checkWritable("-o", file);
  }
  if (!storePath.empty())
    checkStore();
  output.check();
}

void Tolerance::checkStore() const {
  // A store knows points by the options that `cim eval` and `cim sweep` would
  // be given for them.
  if (model.isPlan())
    throw UsageError("--store: '" + model.path +
                     "' is compiled, and a store knows errors by the options "
                     "that ask for them; name the .onnx or .mlir network");
  if (!errors.overrides.empty())
    throw UsageError("--store knows a layer's errors by --layers; leave out "
                     "--layer or --store");
  for (const LayerOption &option : ErrorFlags::layerOptions())
    if (option.isMapping && option.isSource && !(errors.*option.flag).empty())
      throw UsageError(std::string("--store knows a layer's errors by "
                                   "--layers, which --") +
                       option.name + " does not obey; leave out --" +
                       option.name + " or --store");
  std::error_code ignored; // checkWritable() says what it is
  if (!std::filesystem::is_regular_file(storePath, ignored))
    checkWritable("--store", storePath);
}

std::vector<MeasuredLayer> Tolerance::subjects(const Network &network) const {
  std::vector<MeasuredLayer> subjects;
  auto addLayer = [&](MeasuredLayer &subject, uint32_t index) {
    const plan::Layer &layer = network.plan.layers(index);
    subject.layers.push_back(index);
    subject.weights +=
        elementCount({layer.shape().data(), size_t(layer.shape_size())});
  };
  std::vector<bool> chosen(network.plan.layers_size(), true);
  try {
    if (!errors.layers.empty())
      chosen = selectLayers(errors.layers, network.identities());
    for (const std::string &group : groups) {
      const auto members = selectLayers(group, network.identities());
      MeasuredLayer &subject = subjects.emplace_back();
      subject.name = group;
      for (int l = 0; l < network.plan.layers_size(); ++l)
        if (members[l] && chosen[l] && hasErrors(network.plan.layers(l)))
          addLayer(subject, l);
      if (subject.layers.empty())
        throw InputError("--group '" + group + "': its layers have no errors");
    }
  } catch (const GrammarError &error) {
    throw InputError(error.what());
  }
  if (!groups.empty())
    return subjects;
  for (int l = 0; l < network.plan.layers_size(); ++l) {
    const plan::Layer &layer = network.plan.layers(l);
    if (!chosen[l] || !hasErrors(layer))
      continue;
    MeasuredLayer &subject = subjects.emplace_back();
    subject.name = layer.name();
    subject.role = layer.role();
    subject.publishedRole = publishedRole(layer);
    addLayer(subject, l);
  }
  if (subjects.empty())
    throw InputError("'" + model.path +
                     "' has no layer with an error to tolerate; give one, such "
                     "as --noise normal:0.06ns");
  return subjects;
}

void Tolerance::checkSizes(const std::vector<MeasuredLayer> &layers) const {
  for (const MeasuredLayer &layer : layers)
    if (const plan::Layer &first = network.plan.layers(layer.layers[0]);
        sizeOfError(first) == 0)
      throw InputError("layer '" + first.name() +
                       "' has no noise or shift of a size above 0, and so no "
                       "largest one for --threshold; give it one, or leave it "
                       "out of --layers");
}

std::vector<LayerChange> Tolerance::errorsOf(const MeasuredLayer &layer,
                                             double multiple) const {
  std::vector<LayerChange> changes;
  for (uint32_t index : layer.layers) {
    changes.push_back({index, network.plan.layers(index)});
    if (multiple != 1)
      scaleError(changes.back().as, multiple);
  }
  return changes;
}

bool Tolerance::estimateLayers(std::vector<MeasuredLayer> &layers,
                               PrefixEvaluator &evaluator, const DataSet &set) {
  MarginEstimate estimate(evaluator, set, estimateImages);
  for (MeasuredLayer &layer : layers) {
    layer.estimate = estimate.of(errorsOf(layer, 1));
    if (!layer.estimate)
      return false;
  }
  if (model.isPlan()) // gradients need the network as it was
    return true;
  try {
    const Network lowered =
        Network::load(model, requests, [](const std::string &) {}, false);
    CurvatureOptions options;
    options.seed = seed.value_or(0);
    options.threads = running.threads;
    options.stop = interrupted;
    const auto increases =
        expectedLossIncrease(lowered.plan, lowered.tensors, set, options);
    if (!increases)
      return false;
    for (MeasuredLayer &layer : layers) {
      layer.lossIncrease = 0;
      for (uint32_t index : layer.layers)
        *layer.lossIncrease += (*increases)[index];
    }
  } catch (const InputError &error) {
    warn(std::string("no estimate from gradients: ") + error.what());
  }
  return true;
}

ErrorFlags Tolerance::errorsAlone(const MeasuredLayer &layer) const {
  ErrorFlags alone = errors;
  alone.layers = layer.name;
  if (!groups.empty() && !errors.layers.empty()) { // those that are in both
    alone.layers.clear();
    for (uint32_t index : layer.layers)
      alone.layers +=
          (alone.layers.empty() ? "" : ",") + network.plan.layers(index).name();
  }
  return alone;
}

void Tolerance::measureLayer(MeasuredLayer &layer, LayerChips &chips) {
  layer.accuracy = measure(chips.kept(errorsAlone(layer), errorsOf(layer, 1),
                                      trials, isRandom(network.plan)),
                           images);
  if (accuracyToKeep)
    searchLargest(layer, chips);
}

void Tolerance::searchLargest(MeasuredLayer &layer, LayerChips &chips) {
  const double size = sizeOfError(network.plan.layers(layer.layers[0]));
  constexpr double most = 1024; // times the size
  std::map<double, std::vector<double>> known = {{1, layer.accuracy.trials}};
  const Limit limit = findLimit(
      {.threshold = *accuracyToKeep,
       .least = 0,
       .most = most,
       .start = 1,
       .resolution = 0.05,
       .images = images,
       .trials = trials},
      [&](double multiple, int64_t count) {
        std::vector<double> &accuracies = known[multiple];
        const int64_t missing = count - int64_t(accuracies.size());
        if (missing > 0) {
          progress->total += missing * images;
          for (double accuracy :
               chips.run(errorsOf(layer, multiple), {count - missing, missing}))
            accuracies.push_back(accuracy);
        }
        return std::vector<double>(accuracies.begin(),
                                   accuracies.begin() + count);
      });
  auto sizeAt = [&](double multiple) {
    return multiple == most
               ? std::copysign(std::numeric_limits<double>::infinity(), size)
               : multiple * size;
  };
  layer.largest = sizeAt(limit.largest.value_or(0));
  layer.unit = unitOfError(network.plan.layers(layer.layers[0]));
  const auto [lowest, highest] = std::minmax(
      {sizeAt(limit.interval.lowest), sizeAt(limit.interval.highest)});
  layer.largestInterval = {lowest, highest};
}

void Tolerance::write(const std::string &file,
                      const std::vector<MeasuredLayer> &layers,
                      const Json &document, const std::string &errorText) {
  const std::string extension = extensionOf(file);
  if (extension == ".mlir") {
    CompileRequest request = model.request();
    request.toleranceDocument = document.dump();
    loadCompiler().compileToText(request, Stage::mapped, file);
    return;
  }
  const std::string picture = drawTolerance(
      toleranceBars(layers), exact, "Tolerance: " + errorText,
      extension == ".png" ? PictureFormat::png : PictureFormat::svg);
  writeWhole(file, [&](std::ostream &out) { out << picture; });
}

void Tolerance::run() {
  check();
  running.apply();
  Stopwatch total;
  network = Network::load(model, requests);
  running.chooseKernels(network);
  const std::string errorText =
      errors.any() ? errorsText(model, errors, /*withLayers=*/false)
                   : "as compiled";
  if (!storePath.empty()) {
    const plan::Plan own = Network::load(model, {}, [](const auto &) {}).plan;
    if (std::any_of(own.layers().begin(), own.layers().end(), hasErrors))
      throw UsageError("--store knows errors by the options that ask for "
                       "them, and some stand in '" +
                       model.path + "' itself; leave out --store");
  }
  calibrator.check(network);
  std::vector<MeasuredLayer> layers = subjects(network);
  if (accuracyToKeep)
    checkSizes(layers);
  const std::vector<int64_t> inputShape = imageShape(network.plan);
  checkInterrupted();
  const DataSet set = data.open({.inputShape = inputShape,
                                 .classes = classCount(network.plan),
                                 .threads = unsigned(running.threads)});
  checkInterrupted();
  calibrator.calibrate(network, data, running);
  images = set.images();
  if (countsReads(network.plan))
    network.plan = withReads(network.plan, images);
  trials = trials > 0 ? trials : 10;
  if (!isRandom(network.plan)) {
    if (seed)
      warn("--seed has no effect: no error is random, so every chip is the "
           "same");
    trials = 1;
  }

  Stopwatch preparing;
  PrefixOptions options;
  options.seed = seed.value_or(0);
  options.executor = running.executorOptions();
  options.memoryBytes = size_t(keepMegabytes) << 20;
  options.stop = interrupted;
  progress.emplace("tolerance of " + grouped(layers.size()) +
                       (groups.empty() ? " layers" : " groups"),
                   (int64_t(layers.size()) * trials + 1) * images +
                       (estimate ? int64_t(layers.size() + 1) *
                                       std::min(estimateImages, images)
                                 : 0),
                   "images");
  options.imagesDone = &progress->done;
  PrefixEvaluator evaluator(withoutErrors(network.plan), network.tensors, set,
                            options);
  const double prepareSeconds = preparing.seconds();
  Stopwatch forward;
  LayerChips chips(evaluator, images, options.seed, *progress);
  if (!storePath.empty())
    chips.keepIn(storePath, {model, running, network, set, Json()}, model.path,
                 data.spec);
  const Measure exactMeasure =
      measure(chips.kept(withoutSources(errors), {}, 1, false), images);
  exact = exactMeasure.mean;
  if (accuracyToKeep && exact < *accuracyToKeep)
    warn("without any error the accuracy is " + percent(exact) +
         ", below the threshold of " + percent(*accuracyToKeep) +
         ", so no error keeps it");
  if (estimate && !estimateLayers(layers, evaluator, set))
    throw Interrupted();
  size_t done = 0;
  try {
    for (; done < layers.size(); ++done)
      measureLayer(layers[done], chips);
  } catch (const Interrupted &) {
    // The layers that are done are shown.
  }
  progress.reset();
  for (const std::string &warning : evaluator.warnings())
    warn(warning);
  const size_t asked = layers.size();
  layers.resize(done);
  if (layers.empty())
    throw Interrupted();
  const double forwardSeconds = forward.seconds();

  const std::string text =
      fieldsText(
          {{"model", model.path + " (" + grouped(network.plan.layers_size()) +
                         " crossbar layers, " + grouped(network.weights()) +
                         " weights)"},
           {"data", data.spec + " (" + grouped(images) + " images)"},
           {"errors",
            errorText + ", in one " + (groups.empty() ? "layer" : "group") +
                " at a time" +
                (done < asked ? " (interrupted after " + grouped(done) +
                                    " of " + grouped(asked) + ")"
                              : "")},
           {"chips", grouped(trials)},
           {"no errors", measureText(exactMeasure)}}) +
      "\n" + toleranceText(layers, exact, accuracyToKeep);

  Json resolved = Json::object();
  errors.describe(resolved);
  model.describe(resolved);
  data.describe(resolved, set);
  resolved["trials"] = trials;
  resolved["seed"] = options.seed;
  if (!groups.empty())
    resolved["group"] = groups;
  if (accuracyToKeep)
    resolved["threshold"] = *accuracyToKeep;
  if (estimate)
    resolved["estimate"] = true;
  if (!storePath.empty())
    resolved["store"] = storePath;
  calibrator.describe(resolved, network);
  resolved["keep"] = keepMegabytes;
  resolved["threads"] = evaluator.threads();
  running.describe(resolved);
  Json document = {{"command", "tolerance"},
                   {"model", network.describe()},
                   {"data", data.identity(set, images)},
                   {"options", resolved},
                   {"errors", errorText},
                   {"exact", measureJson(exactMeasure)}};
  if (accuracyToKeep) {
    document["threshold"] = *accuracyToKeep;
    document["threshold_errors"] =
        !errors.noise.empty()   ? "noise " + withoutSize(errors.noise)
        : !errors.shift.empty() ? "shift " + withoutSize(errors.shift)
                                : errorText;
    if (const std::optional<std::string> unit = commonUnit(layers))
      document["unit"] = *unit;
  }
  describeTolerance(layers, document);
  document["complete"] = done == asked;
  if (!storePath.empty())
    document["computed"] = chips.computed();
  document["seconds"] = {{"compile", network.compileSeconds},
                         {"program", prepareSeconds},
                         {"forward", forwardSeconds},
                         {"total", total.seconds()}};
  std::vector<std::function<void()>> writers = {
      [&] { output.write(text, document); }};
  for (const std::string &file : files)
    writers.push_back([&] { write(file, layers, document, errorText); });
  writeAll(writers);
  if (done < asked)
    throw Interrupted();
}

} // namespace

Command cim::toleranceCommand(CLI::App &cim) {
  auto command = std::make_shared<Tolerance>();
  CLI::App *app = cim.add_subcommand(
      "tolerance", "Measure how much error each layer stands on its own");
  command->model.addTo(*app);
  command->data.addTo(*app);
  command->errors.addTo(*app);
  addCount(*app, "--trials", command->trials,
           "Chips per layer, each with its own random errors (default: 10)",
           1'000'000)
      ->type_name("T")
      ->group("Errors");
  addSeed(*app, command->seed);
  app->add_option("--group", command->groups,
                  "PATTERN: errors in all these layers at the same time, in "
                  "the place of one layer; may be repeated")
      ->type_name("PATTERN")
      ->allow_extra_args(false)
      ->group("Errors");
  app->add_option("--threshold", command->threshold,
                  "Also search the largest noise (or shift), of the given "
                  "form, that keeps this accuracy, such as 0.9")
      ->type_name("A")
      ->group("Errors");
  app->add_flag("--estimate", command->estimate,
                "Also estimate each layer's tolerance from one chip and 200 "
                "images, and from gradients, and compare the estimates with "
                "the measurement")
      ->group("Errors");
  app->add_option("--store", command->storePath,
                  "Keep the chips of every layer, as 'cim sweep' does; the "
                  "same command computes only what is missing, and 'cim "
                  "report' shows them")
      ->type_name("FILE.sqlite")
      ->group("Errors");
  command->calibrator.addTo(*app);
  command->running.addTo(*app, /*withProfile=*/false);
  addCount(*app, "--keep", command->keepMegabytes,
           "Megabytes for activations in front of a layer, which its trials "
           "share (default: 1024)",
           1'000'000)
      ->group("Running");
  app->add_option("-o,--output", command->files,
                  "FILE.svg or FILE.png, a picture; or FILE.mlir, the network "
                  "with what was measured at each layer; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->group("Output");
  command->output.addTo(*app);
  app->footer("Errors are in one layer at a time, all others are exact; "
              "--layers selects the layers that are measured.\n\n"
              "Examples:\n"
              "  cim tolerance resnet32.onnx --data shapes --noise "
              "normal:0.06ns\n"
              "  cim tolerance resnet32.onnx --data shapes --noise "
              "normal:0.06ns --threshold 0.9 -o tolerance.png\n"
              "  cim tolerance resnet32.onnx --data shapes --noise "
              "normal:0.06ns -o annotated.mlir\n"
              "  cim tolerance resnet32.onnx --data shapes --noise "
              "normal:0.06ns --group role:C1 --group role:C2");
  return {app, [command] { command->run(); }};
}
