//===- Limits.cpp - cim limits: the largest errors that are borne -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/LayerPattern.h"
#include "dialects/cim/grammar/Words.h"
#include "runtime/converters/LayerConverters.h"
#include "runtime/evaluation/LimitSearch.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Calibration.h"
#include "tools/cim/Command.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Output.h"
#include "tools/cim/PointWork.h"
#include "tools/cim/Progress.h"
#include "tools/cim/SweepIdentity.h"
#include "tools/cim/Text.h"
#include "tools/cim/Vary.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>

using namespace cim;

namespace {

/// `OPTION=PREFIX{LEAST..MOST}SUFFIX`.
struct Searched {
  std::string text, option, prefix, suffix;
  double least = 0, most = 0;
  bool isWhole = false; ///< bits

  /// The option's value at \p size.
  std::string valueAt(double size) const;
};

double parseEnd(const std::string &option, std::string_view text) {
  const auto slash = text.find('/');
  const auto number = grammar::parseDecimal(text.substr(0, slash));
  const auto divisor = slash == text.npos
                           ? std::optional(1.0)
                           : grammar::parseDecimal(text.substr(slash + 1));
  if (!number || !divisor || *divisor == 0)
    throw UsageError(option + ": '" + std::string(text) +
                     "' is no number; write the range as {0..2}, from the "
                     "least error to the most");
  return *number / *divisor;
}

Searched parseSearched(const std::string &text) {
  const std::string option = "--search '" + text + "'";
  const auto [name, value] = parseSetting("--search", text);
  Searched searched{text, name, "", "", 0, 0, false};
  const size_t open = value.find('{'), dots = value.find(".."),
               close = value.find('}');
  if (open == value.npos || dots == value.npos || close == value.npos ||
      !(open < dots && dots < close))
    throw UsageError(option + ": write the range as {LEAST..MOST}, from the "
                              "least error to the most, for example "
                              "noise=normal:{0..2}qs or quantize={8..2}");
  searched.prefix = value.substr(0, open);
  searched.suffix = value.substr(close + 1);
  searched.least = parseEnd(
      option, std::string_view(value).substr(open + 1, dots - open - 1));
  searched.most = parseEnd(
      option, std::string_view(value).substr(dots + 2, close - dots - 2));
  searched.isWhole = name == "quantize" || name == "adc" || name == "dac" ||
                     name == "cell-bits";
  if (searched.least == searched.most)
    throw UsageError(option + ": the range is empty");
  if (searched.isWhole ? searched.least < searched.most
                       : std::abs(searched.least) > std::abs(searched.most))
    throw UsageError(option + ": the range goes from the least error to the "
                              "most; turn it around");
  if (searched.isWhole && (searched.least != std::round(searched.least) ||
                           searched.most != std::round(searched.most)))
    throw UsageError(option + ": bits are whole numbers");
  if (!searched.isWhole && searched.least * searched.most < 0)
    throw UsageError(option + ": search errors of one sign at a time");
  return searched;
}

std::string Searched::valueAt(double size) const {
  char number[40];
  std::snprintf(number, sizeof number, isWhole ? "%.0f" : "%.9f", size);
  std::string digits = number;
  if (!isWhole) {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.')
      digits.pop_back();
  }
  return prefix + (digits == "-0" ? "0" : digits) + suffix;
}

struct Limits {
  ModelFlags model;
  ErrorFlags errors;
  DataFlags data;
  RunFlags running;
  Calibrator calibrator;
  Output output;
  std::vector<std::string> searchTexts, groups;
  bool eachLayer = false;
  std::string thresholdText, storePath;
  int64_t trials = 0;
  std::optional<uint64_t> seed;

  void run();

private:
  void check();
  /// All errors, with those of \p searched at \p size in \p group.
  ErrorFlags errorsWith(const Searched &searched, const std::string &group,
                        double size) const;
  void describe(Json &options, const DataSet &images) const;

  std::vector<Searched> searches;
  double threshold = 0;
};

ErrorFlags Limits::errorsWith(const Searched &searched,
                              const std::string &group, double size) const {
  ErrorFlags all = errors;
  const std::string value = searched.valueAt(size);
  std::string *option = all.find(searched.option);
  if (group == "*" && option)
    *option = value;
  else
    all.overrides.push_back((group == "*" ? "" : group + ":") +
                            searched.option + "=" + value);
  return all;
}

void Limits::check() {
  model.check();
  if (searchTexts.empty())
    throw UsageError("--search is missing; say which error to grow, for "
                     "example --search 'noise=normal:{0..2}qs'");
  if (eachLayer && !groups.empty())
    throw UsageError("--each-layer and --group exclude each other");
  if (groups.empty())
    groups.push_back("*");
  for (const std::string &text : searchTexts) {
    searches.push_back(parseSearched(text));
    const Searched &searched = searches.back();
    ErrorFlags known = errors;
    if (const auto near = nearNames(searched.option, ErrorFlags::names());
        !known.find(searched.option) &&
        searched.option.find(':') == std::string::npos)
      throw UsageError("--search '" + searched.option +
                       "' is no option that can be searched" +
                       (near.empty() ? std::string("; use one of the error "
                                                   "options")
                                     : "; did you mean '" + near[0] + "'?"));
    for (const std::string &group : groups)
      for (double size : {searched.least, searched.most})
        errorsWith(searched, group, size).check();
  }
  if (thresholdText.empty())
    throw UsageError("--threshold is missing; name the accuracy to keep, for "
                     "example --threshold 0.9");
  threshold = parseFraction("--threshold", thresholdText, 0, 1);
  data.check();
  running.check();
  if (!storePath.empty() && !std::filesystem::exists(storePath))
    checkWritable("--store", storePath);
  output.check();
}

void Limits::describe(Json &options, const DataSet &images) const {
  errors.describe(options);
  if (model.foldBatchNorm)
    options["fold-batch-norm"] = true;
  options["search"] = searchTexts;
  if (eachLayer)
    options["each-layer"] = true;
  else
    options["group"] = groups;
  options["threshold"] = threshold;
  data.describe(options, images);
  options["trials"] = trials;
  options["seed"] = seed.value_or(0);
  if (!storePath.empty())
    options["store"] = storePath;
  running.describe(options);
}

Json visitedJson(const Limit &limit, int64_t images) {
  Json list = Json::array();
  for (const auto &[size, accuracies] : limit.visited) {
    const Measure accuracy = measure(accuracies, images);
    list.push_back({{"size", size},
                    {"chips", accuracies.size()},
                    {"mean", accuracy.mean},
                    {"ci95", Json::array({accuracy.interval.lowest,
                                          accuracy.interval.highest})}});
  }
  return list;
}

void Limits::run() {
  if (trials == 0)
    trials = 20;
  check();
  running.apply();

  Stopwatch total;
  const Network network = Network::load(
      model, errorsWith(searches[0], groups[0], searches[0].least).check());
  checkInterrupted();
  const DataSet images = data.open({.inputShape = imageShape(network.plan),
                                    .classes = classCount(network.plan),
                                    .threads = unsigned(running.threads)});
  checkInterrupted();
  if (eachLayer) {
    groups.clear();
    for (const plan::Layer &layer : network.plan.layers())
      groups.push_back(layer.name());
  }
  const bool isCalibrated =
      hasConverters(network.plan) || errors.hasConverters() ||
      std::any_of(searches.begin(), searches.end(), [](const Searched &s) {
        return s.option.ends_with("adc") || s.option.ends_with("dac");
      });
  if (!isCalibrated)
    calibrator.check(network);
  Identities identities(
      model, running, network, images,
      isCalibrated ? calibrator.identity(network, data, running) : Json());
  Store store =
      storePath.empty() ? Store::temporary() : Store::openOrCreate(storePath);
  EvaluationOptions evaluation;
  evaluation.seed = seed.value_or(0);
  evaluation.executor = running.executorOptions();
  evaluation.reference = running.reference;
  evaluation.stop = interrupted;
  PointWork work(model, data.spec, images, std::move(evaluation), store,
                 [&](Network &point, const Network::Warning &warning) {
                   calibrator.calibrate(point, data, running, warning);
                 });
  work.compileSeconds = network.compileSeconds;

  Table table({{"layers"},
               {"option"},
               {"largest", Table::Align::right},
               {"95 % interval", Table::Align::right},
               {"sizes", Table::Align::right},
               {"chips", Table::Align::right}});
  Json list = Json::array();
  bool isInterrupted = false;
  {
    Progress progress("searching", 0, "images");
    work.countInto(&progress.done);
    for (const std::string &group : groups)
      for (const Searched &searched : searches) {
        std::map<double, Point> points;
        auto accuraciesOf = [&](double size, int64_t count) {
          auto [entry, isNew] = points.try_emplace(size);
          Point &point = entry->second;
          if (isNew) {
            const ErrorFlags all = errorsWith(searched, group, size);
            point.name = all.text();
            point.requests = all.check();
            point.identity = identities.of(all);
            work.refresh(point, trials);
          }
          progress.setActivity("searching " + group + ": " + searched.option +
                               " " + searched.valueAt(size));
          std::vector<double> accuracies;
          for (int64_t trial = 0; trial < count; ++trial) {
            if (point.trials.contains(trial)) {
              accuracies.push_back(point.accuracy(trial));
              continue;
            }
            if (interrupted() || !work.run(point, trial))
              throw Interrupted();
            if (!point.isRandom())
              return std::vector<double>{point.accuracy(0)};
            accuracies.push_back(point.accuracy(trial));
          }
          return accuracies;
        };
        Limit limit;
        try {
          limit = findLimit({.threshold = threshold,
                             .least = searched.least,
                             .most = searched.most,
                             .isWhole = searched.isWhole,
                             .images = images.images(),
                             .trials = trials},
                            accuraciesOf);
        } catch (const Interrupted &) {
          isInterrupted = true;
          break;
        }
        int64_t chips = 0;
        for (const auto &[size, accuracies] : limit.visited)
          chips += accuracies.size();
        auto spelled = [&](double size) {
          return searched.isWhole ? brief(size) : brief(size, 3);
        };
        table.add({group, searched.text,
                   !limit.largest      ? "none"
                   : limit.reachesMost ? "all: " + spelled(*limit.largest)
                                       : spelled(*limit.largest),
                   spelled(limit.interval.lowest) + " to " +
                       spelled(limit.interval.highest),
                   std::to_string(limit.visited.size()), grouped(chips)});
        list.push_back(
            {{"layer", group},
             {"option", searched.option},
             {"largest", limit.largest ? Json(*limit.largest) : Json(nullptr)},
             {"ci95",
              Json::array({limit.interval.lowest, limit.interval.highest})},
             {"search", searched.text},
             {"value", limit.largest ? Json(searched.valueAt(*limit.largest))
                                     : Json(nullptr)},
             {"reaches_most", limit.reachesMost},
             {"visited", visitedJson(limit, images.images())}});
      }
    work.countInto(nullptr);
  }
  Json options = Json::object();
  describe(options, images);
  output.write("The largest errors with an accuracy of at least " +
                   percent(threshold) + "\n" + table.text(),
               {{"command", "limits"},
                {"model", network.describe()},
                {"data",
                 {{"spec", data.spec},
                  {"images", images.images()},
                  {"sha256", images.sha256()}}},
                {"options", options},
                {"limits", list},
                {"computed", work.computed},
                {"seconds",
                 {{"compile", work.compileSeconds},
                  {"program", work.programSeconds},
                  {"forward", work.forwardSeconds},
                  {"total", total.seconds()}}}});
  if (isInterrupted)
    throw Interrupted();
}

} // namespace

Command cim::limitsCommand(CLI::App &cim) {
  auto command = std::make_shared<Limits>();
  CLI::App *app = cim.add_subcommand(
      "limits", "Find the largest errors that keep an accuracy");
  command->model.addTo(*app);
  command->data.addTo(*app);
  app->add_option("--threshold", command->thresholdText,
                  "The mean accuracy over chips to keep, a fraction")
      ->type_name("A")
      ->group("Search");
  app->add_option("--search", command->searchTexts,
                  "OPTION={LEAST..MOST}: which error to grow, from the least "
                  "to the most, for example noise=normal:{0..2}qs, "
                  "shift={0..-1/8}qs or quantize={8..2}; may be repeated")
      ->type_name("SEARCH")
      ->allow_extra_args(false)
      ->group("Search");
  app->add_flag("--each-layer", command->eachLayer,
                "Grow it in one layer at a time; the other errors stay")
      ->group("Search");
  app->add_option("--group", command->groups,
                  "Grow it in these layers together, as --layers selects "
                  "them; may be repeated")
      ->type_name("PATTERN")
      ->allow_extra_args(false)
      ->group("Search");
  addCount(*app, "--trials", command->trials,
           "Chips where the decision is close (default: 20)", 1'000'000)
      ->type_name("T")
      ->group("Search");
  app->add_option("--store", command->storePath,
                  "Keep every finished chip, as 'cim sweep' does; the same "
                  "search computes only what is missing")
      ->type_name("FILE.sqlite")
      ->group("Search");
  command->errors.addTo(*app);
  addSeed(*app, command->seed);
  command->calibrator.addTo(*app);
  command->running.addTo(*app, /*withProfile=*/false);
  command->output.addTo(*app);
  app->footer(
      "Examples:\n"
      "  cim limits resnet32.onnx --data shapes --threshold 0.9 --quantize 5 "
      "--search 'noise=normal:{0..2}qs' --search 'quantize={8..2}'\n"
      "  cim limits resnet32.onnx --data shapes --threshold 0.9 --noise "
      "normal:0.1ns --each-layer --search 'noise=normal:{0..0.5}ns'");
  return {app, [command] { command->run(); }};
}
