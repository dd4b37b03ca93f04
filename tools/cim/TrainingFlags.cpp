//===- TrainingFlags.cpp - Options of commands that train ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/TrainingFlags.h"
#include "dialects/cim/grammar/Words.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Network.h"
#include "tools/cim/SweepIdentity.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <set>

using namespace cim;

namespace {

/// One of \p names, or UsageError.
size_t choose(const std::string &option, const std::string &value,
              const std::vector<std::string> &names) {
  for (size_t i = 0; i < names.size(); ++i)
    if (value == names[i])
      return i;
  std::string known;
  for (const std::string &name : names)
    known += (known.empty() ? "" : ", ") + name;
  const auto near = nearNames(value, names);
  throw UsageError(option + " '" + value + "': write one of " + known +
                   (near.empty() ? "" : "; did you mean '" + near[0] + "'?"));
}

double parseNumber(const std::string &option, std::string_view text) {
  const std::optional<double> number = grammar::parseDecimal(text);
  if (!number)
    throw UsageError(option + ": '" + std::string(text) + "' is no number");
  return *number;
}

int64_t parseWhole(const std::string &option, std::string_view text,
                   int64_t lowest, int64_t highest) {
  const double number = parseNumber(option, text);
  if (number != std::floor(number) || number < lowest || number > highest)
    throw UsageError(option + ": '" + std::string(text) +
                     "' must be a whole number from " + std::to_string(lowest) +
                     " to " + std::to_string(highest));
  return number;
}

LearningRate parseSchedule(const std::string &text, double rate) {
  using Schedule = LearningRate::Schedule;
  const auto words = grammar::split(text, ':');
  LearningRate result;
  result.rate = rate;
  result.schedule =
      Schedule(choose("--schedule", std::string(words[0]),
                      {"constant", "step", "cosine", "one-cycle"}));
  const bool isStep = result.schedule == Schedule::step;
  if (words.size() > (isStep ? 3 : 1))
    throw UsageError("--schedule '" + text +
                     "': write constant, cosine, one-cycle or "
                     "step:EPOCHS[:FACTOR]");
  if (!isStep)
    return result;
  if (words.size() < 2)
    throw UsageError("--schedule 'step': say after how many epochs the rate "
                     "falls, for example step:30 or step:30:0.2");
  result.period = parseWhole("--schedule", words[1], 1, 1'000'000);
  if (words.size() > 2)
    result.decay = parseNumber("--schedule", words[2]);
  if (!(result.decay > 0 && result.decay <= 1))
    throw UsageError("--schedule '" + text +
                     "': the factor must be above 0 and at most 1");
  return result;
}

AugmentationOptions parseAugmentation(const std::string &text) {
  AugmentationOptions options{false, 0};
  if (text == "none")
    return options;
  for (std::string_view word : grammar::split(text, ',')) {
    if (word == "flip")
      options.flip = true;
    else if (word.starts_with("crop:"))
      options.crop = parseWhole("--augment", word.substr(5), 1, 1000);
    else
      throw UsageError("--augment '" + text +
                       "': write none, flip, crop:PIXELS or flip,crop:PIXELS");
  }
  return options;
}

/// \p spec with the split \p split, where the data have splits.
std::string withSplit(const std::string &spec, const std::string &split) {
  const DataSpec data = parseDataSpec(spec);
  if (!hasSplits(data))
    return spec;
  const std::string kind = spec.substr(0, spec.find(':'));
  return kind + (data.path.empty() ? "" : ":" + data.path) + ":" + split;
}

/// Whether \p a and \p b name the same images.
bool isSameSource(const DataSpec &a, const DataSpec &b) {
  return a.kind == b.kind && a.path == b.path && a.labelsPath == b.labelsPath &&
         (a.split == b.split || !hasSplits(a));
}

/// The classes of \p data without an image among \p count from \p first on:
/// "class 'cat' and 2 others", or nothing.
std::string missingClasses(const DataSet &data, int64_t first, int64_t count) {
  const std::vector<int64_t> &labels = data.asStored().labels;
  std::set<int64_t> missing(labels.begin(), labels.end());
  for (int64_t i = first; i < first + count; ++i)
    missing.erase(labels[i]);
  if (missing.empty())
    return "";
  const std::vector<std::string> &names = data.asStored().classNames;
  const int64_t label = *missing.begin();
  const size_t others = missing.size() - 1;
  return "class '" + (names.empty() ? std::to_string(label) : names[label]) +
         "'" +
         (others == 0   ? ""
          : others == 1 ? " and another"
                        : " and " + grouped(others) + " others");
}

} // namespace

void RecipeFlags::addTo(CLI::App &app) {
  auto number = [&](const char *name, auto &target, const char *text) {
    app.add_option_function<std::string>(
           name,
           [name, &target](const std::string &value) {
             target = parseNumber(name, value);
           },
           text)
        ->group("Training");
  };
  auto word = [&](const char *name, std::string &target, const char *text,
                  const char *type) {
    app.add_option(name, target, text)->type_name(type)->group("Training");
  };
  addCount(app, "--epochs", epochs,
           "Passes over the training images (default: " +
               std::to_string(epochs) + ")",
           1'000'000)
      ->group("Training");
  addCount(app, "--batch", batch, "Images per step (default: 128)", 65'536)
      ->group("Training");
  number("--learning-rate", learningRate, "The largest learning rate");
  word("--schedule", schedule,
       "constant, cosine (default), one-cycle or step:EPOCHS[:FACTOR]", "S");
  word("--optimizer", optimizer, "sgd (default), nesterov, adam or adamw", "O");
  number("--momentum", momentum, "Of sgd and nesterov (default: 0.9)");
  number("--weight-decay", weightDecay,
         "Pulls parameters towards zero at each step");
  number("--label-smoothing", labelSmoothing,
         "The share of the target that all classes get (default: 0)");
  word("--augment", augment, "none, flip, crop:PIXELS or flip,crop:PIXELS",
       "A");
  number("--hold-back", holdBack,
         "The share of the training images that only tells how good the "
         "network is (default: 0)");
  addCount(app, "--patience", patience,
           "Stop after N epochs that do not improve on the images held back, "
           "and keep the best",
           1'000'000)
      ->group("Training");
}

/// That of sgd and nesterov, where the user does not say.
static constexpr double defaultMomentum = 0.9;

bool RecipeFlags::usesMomentum() const {
  return optimizer == "sgd" || optimizer == "nesterov";
}

TrainingRecipe RecipeFlags::check() const {
  auto within = [](const char *name, double value, double lowest,
                   double highest) {
    if (!(value >= lowest && value <= highest))
      throw UsageError(std::string(name) + ": write a number from " +
                       Json(lowest).dump() + " to " + Json(highest).dump());
  };
  within("--learning-rate", learningRate, 0, 1e30);
  within("--momentum", momentum.value_or(defaultMomentum), 0, 1);
  within("--weight-decay", weightDecay, 0, 1);
  within("--label-smoothing", labelSmoothing, 0, 1);
  within("--hold-back", holdBack, 0, 0.9);
  if (patience > 0 && holdBack == 0)
    throw UsageError("--patience needs images that are not trained on; write "
                     "--hold-back 0.1, for example");
  TrainingRecipe recipe;
  recipe.epochs = epochs;
  recipe.batch = batch;
  recipe.learningRate = parseSchedule(schedule, learningRate);
  recipe.optimiser.kind = OptimiserKind(
      choose("--optimizer", optimizer, {"sgd", "nesterov", "adam", "adamw"}));
  if (momentum && !usesMomentum())
    throw UsageError("--momentum has no effect on --optimizer " + optimizer +
                     "; leave it out, or use sgd or nesterov");
  recipe.optimiser.momentum = momentum.value_or(defaultMomentum);
  recipe.optimiser.weightDecay = weightDecay;
  recipe.augmentation = parseAugmentation(augment);
  recipe.labelSmoothing = labelSmoothing;
  recipe.holdBack = holdBack;
  recipe.patience = patience;
  return recipe;
}

void RecipeFlags::describe(Json &options) const {
  options["epochs"] = epochs;
  options["batch"] = batch;
  options["learning-rate"] = learningRate;
  options["schedule"] = schedule;
  options["optimizer"] = optimizer;
  if (usesMomentum())
    options["momentum"] = momentum.value_or(defaultMomentum);
  options["weight-decay"] = weightDecay;
  options["label-smoothing"] = labelSmoothing;
  options["augment"] = augment;
  if (holdBack > 0)
    options["hold-back"] = holdBack;
  if (patience > 0)
    options["patience"] = patience;
}

void TrainingDataFlags::addTo(CLI::App &app) {
  train.addTo(app);
  app.add_option("--test-data", testSpec,
                 "Data to report on (default: the test split of --data)")
      ->type_name("DATA")
      ->group("Data");
  addCount(app, "--test-limit", testLimit,
           "Report on the first N test images (default: all)",
           1'000'000'000'000)
      ->group("Data");
}

void TrainingDataFlags::check() {
  train.check(); // the command line's own words first, for its messages
  test = train;
  train.spec = withSplit(train.spec, "train");
  train.check();
  test.spec = testSpec.empty() ? withSplit(test.spec, "test") : testSpec;
  test.limit = testLimit;
  test.check();
}

DataSet TrainingDataFlags::openTrain(const DataOptions &options) const {
  return train.open(options);
}

DataSet TrainingDataFlags::openTest(const DataOptions &options) const {
  if (isSameSource(parseDataSpec(train.spec), parseDataSpec(test.spec)))
    warn("accuracy is reported on the images that are trained on; name others "
         "with --test-data");
  return test.open(options);
}

void TrainingDataFlags::describe(Json &options, const DataSet &data) const {
  train.describe(options, data);
  if (!testSpec.empty())
    options["test-data"] = testSpec;
  if (testLimit > 0)
    options["test-limit"] = testLimit;
}

Json TrainingDataFlags::identity(const DataSet &trainSet,
                                 const DataSet &testSet) const {
  Json identity = train.identity(trainSet, trainSet.images());
  identity["test"] = test.identity(testSet, testSet.images());
  return identity;
}

void cim::warnOfMissingClasses(const DataSet &data, int64_t trained) {
  const int64_t held = data.images() - trained;
  if (held == 0)
    return;
  std::string missing;
  for (const auto &[classes, use] :
       {std::pair(missingClasses(data, 0, trained), "trained on"),
        {missingClasses(data, trained, held), "held back"}})
    if (!classes.empty())
      missing += (missing.empty() ? "no image of " : ", and none of ") +
                 classes + " is " + use;
  if (!missing.empty())
    warn(missing + ": the last " + grouped(held) +
         " images are held back, whatever their class; mix the classes, as npy "
         "files can");
}

std::string cim::trainingIdentity(Json options, const ModelFlags &model,
                                  const ErrorFlags &errors,
                                  const RunFlags &running,
                                  const Network &network, const DataSet &train,
                                  const DataSet *test) {
  const PointIdentity point =
      Identities(model, running, network, train, Json::object()).of(errors);
  options["network"] = point.modelSha256;
  options["kernels"] = point.kernels;
  options["errors"] = point.options;
  options["data"] = point.dataSha256;
  if (test) {
    options["test"] = test->sha256();
    if (!test->asStored().isFloat)
      options["test-normalize"] = spelling(test->normalization());
  }
  // Names of files do not count, what they hold does, and speed does not.
  options.erase("test-data");
  options.erase("keep");
  // Names come from files, so they may be no UTF-8.
  return options.dump(-1, ' ', false, Json::error_handler_t::replace);
}
