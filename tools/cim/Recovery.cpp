//===- Recovery.cpp - cim recovery: what retraining wins back -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/ErrorOptions.h"
#include "runtime/evaluation/Evaluation.h"
#include "runtime/pictures/RecoveryCurves.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"
#include "tools/cim/CheckpointFlags.h"
#include "tools/cim/Command.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/MeasureText.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Progress.h"
#include "tools/cim/RetrainingFlags.h"
#include "tools/cim/RetrainingSeries.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <ostream>
#include <set>

using namespace cim;

namespace {

/// A way to choose among the last K layers.
struct Family {
  const char *prefix; ///< of plans
  const char *name;   ///< for people
};
constexpr Family families[] = {{"last:", "all layers"},
                               {"c1:", "C1 only"},
                               {"c2:", "C2 only"},
                               {"tolerant:", "the more tolerant half"}};

/// One selection, and what came of it.
struct Point {
  size_t family;
  int64_t count; ///< K
  std::string plan;
  Selection selection;
  RetrainingMeasures measures{};
};

struct Recovery {
  ModelFlags model;
  ErrorFlags errors;
  TrainingDataFlags data;
  RecipeFlags recipe = publishedRecipe();
  RetrainingFlags retraining;
  RunFlags running;
  Output output;
  CheckpointFlags checkpoint;
  std::string depths, file;
  std::optional<uint64_t> seed;

  void run();

private:
  void check();
  std::vector<Point> points(const Network &network) const;
  Json describe(const DataSet &train) const;
  std::string text(const Network &network, const std::vector<Point> &points,
                   size_t asked) const;
  Json json(const std::vector<Point> &points) const;
  void draw(const std::vector<Point> &points) const;

  std::vector<ErrorRequest> requests;
  std::vector<int64_t> counts; ///< empty: the default
  std::string errorText;
};

/// Comma-separated whole numbers from 1. Throws UsageError.
std::vector<int64_t> parseDepths(const std::string &text) {
  std::vector<int64_t> counts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    int64_t count = 0;
    const auto [last, error] =
        std::from_chars(text.data() + begin, text.data() + end, count);
    if (error != std::errc() || last != text.data() + end || count < 1)
      throw UsageError("--depths '" + text +
                       "': write whole numbers of layers from 1, separated by "
                       "commas, such as 4,9,14,32");
    counts.push_back(count);
    begin = end + 1;
  }
  return counts;
}

/// Eight numbers from 1 to \p layers, evenly, or all of a small network's.
std::vector<int64_t> defaultDepths(int64_t layers) {
  std::set<int64_t> counts;
  for (int64_t i = 1; i <= 8; ++i)
    counts.insert(std::max<int64_t>(1, (layers * i + 4) / 8));
  return {counts.begin(), counts.end()};
}

void Recovery::check() {
  model.check();
  requests = errors.check();
  checkRetrainable(model, requests);
  if (!depths.empty())
    counts = parseDepths(depths);
  recipe.check();
  retraining.check();
  data.check();
  running.checkForTraining();
  const std::string extension = std::filesystem::path(file).extension();
  if (!file.empty() && extension != ".svg" && extension != ".png")
    throw UsageError("-o '" + file + "': name an .svg or .png file");
  if (!file.empty())
    checkWritable("-o", file);
  checkpoint.check(file);
  output.check();
}

/// Each selection once: c2:5 is often c2:4 again.
std::vector<Point> Recovery::points(const Network &network) const {
  const std::vector<SelectableLayer> layers = network.selectable();
  std::vector<Point> points;
  std::set<std::vector<bool>> known;
  for (size_t family = 0; family < std::size(families); ++family)
    for (int64_t count :
         counts.empty() ? defaultDepths(layers.size()) : counts) {
      std::string plan = families[family].prefix + std::to_string(count);
      try {
        Selection selection = resolveSelection(parseSelection(plan), layers);
        if (known.insert(selection.selected).second)
          points.push_back(
              {family, count, std::move(plan), std::move(selection)});
      } catch (const GrammarError &) {
        // Nothing of that kind among them.
      }
    }
  return points;
}

Json Recovery::describe(const DataSet &train) const {
  Json options = Json::object();
  errors.describe(options);
  model.describe(options);
  data.describe(options, train);
  if (!depths.empty())
    options["depths"] = depths;
  recipe.describe(options);
  retraining.describe(options);
  options["seed"] = seed.value_or(0);
  running.describe(options);
  return options;
}

std::string Recovery::text(const Network &network,
                           const std::vector<Point> &points,
                           size_t asked) const {
  const RetrainingMeasures &any = points[0].measures;
  std::string text = fieldsText(
      {{"model", model.path + " (" + grouped(network.plan.layers_size()) +
                     " crossbar layers, " + grouped(network.weights()) +
                     " weights)"},
       {"data", data.train.spec + ", tested on " + data.testName()},
       {"errors", errorText},
       {"chips",
        grouped(retraining.trials) + ", each rewritten " +
            grouped(retraining.rewrites) +
            (retraining.rewrites == 1 ? " time" : " times") +
            (points.size() < asked ? "; " + grouped(points.size()) + " of " +
                                         grouped(asked) + " plans"
                                   : "")},
       {"no errors", measureText(any.exact)},
       {"after writing", measureText(any.injected)}});
  Table table({{"plan"},
               {"retrained"},
               {"depth", Table::Align::right},
               {"weights", Table::Align::right},
               {"after retraining", Table::Align::right},
               {"after rewriting", Table::Align::right},
               {any.chips() > 1 ? "95 % over chips" : "95 % over rewrites",
                Table::Align::right}});
  const auto best = std::ranges::max_element(
      points, {}, [](const Point &p) { return p.measures.rewritten.mean; });
  for (const Point &point : points) {
    const Measure &rewritten = point.measures.rewritten;
    table.add({point.plan, families[point.family].name,
               grouped(point.selection.depth),
               grouped(point.selection.parameters),
               percent(point.measures.retrained.mean),
               percent(rewritten.mean) + (&point == &*best ? " *" : "  "),
               rewritten.standardDeviation ? accuraciesText(rewritten.interval)
                                           : "-"});
  }
  return text + "\n" + table.text() + "* the best after rewriting\n";
}

Json Recovery::json(const std::vector<Point> &points) const {
  Json list = Json::array();
  for (const Point &point : points)
    list.push_back({{"plan", point.plan},
                    {"depth", point.selection.depth},
                    {"weights", point.selection.parameters},
                    {"injected", measureJson(point.measures.injected)},
                    {"retrained", measureJson(point.measures.retrained)},
                    {"rewritten", measureJson(point.measures.rewritten)}});
  return list;
}

void Recovery::draw(const std::vector<Point> &points) const {
  std::vector<RecoveryCurve> curves;
  for (size_t family = 0; family < std::size(families); ++family) {
    RecoveryCurve curve{families[family].name, {}};
    for (const Point &point : points)
      if (point.family == family)
        curve.points.push_back(
            {point.count, int64_t(point.selection.parameters),
             point.measures.retrained.mean, point.measures.rewritten.mean});
    if (!curve.points.empty())
      curves.push_back(std::move(curve));
  }
  const RetrainingMeasures &any = points[0].measures;
  const std::string picture = drawRecovery(
      curves, any.exact.mean, any.injected.mean, "Recovery: " + errorText,
      std::filesystem::path(file).extension() == ".png" ? PictureFormat::png
                                                        : PictureFormat::svg);
  writeWhole(file, [&](std::ostream &out) { out << picture; });
}

void Recovery::run() {
  check();
  running.apply();
  Stopwatch total;
  const Network network = Network::load(model, requests, warn, false);
  running.chooseKernels(network);
  errorText = errorsText(model, errors);
  checkHasLayers(model, network.plan);
  const std::vector<Point> wanted = points(network);
  const DataOptions shape{.inputShape = imageShape(network.plan),
                          .classes = classCount(network.plan),
                          .threads = unsigned(running.threads)};
  const DataSet train = data.openTrain(shape), test = data.openTest(shape);
  warnOfMissingClasses(train, recipe.check().trainedImages(train.images()));
  Json identified = describe(train);
  identified.erase("depths"); // plans are kept by name
  const std::string identity =
      checkpoint.isWanted() ? trainingIdentity(identified, model, errors,
                                               running, network, train, &test)
                            : "";
  checkInterrupted();

  double trainSeconds = 0, evaluateSeconds = 0;
  std::vector<Point> all;
  Json diverged = Json::array();
  bool stopped = false;
  {
    auto optionsOf = [&](const Point &point) {
      return retraining.options(point.selection, recipe.check(), running,
                                seed.value_or(0));
    };
    Progress progress("retraining " + grouped(wanted.size()) + " plans",
                      int64_t(wanted.size()) * imagesOf(optionsOf(wanted[0]),
                                                        train.images(),
                                                        test.images()),
                      "images");
    RetrainingSeries series(network, checkpoint, identity, progress);
    for (Point point : wanted) {
      try {
        const Retraining result =
            series.retrain(point.plan, train, test, optionsOf(point));
        stopped = result.stopped;
        if (stopped)
          break;
        point.measures = measuresOf(result, test.images());
        trainSeconds += result.trainSeconds;
        evaluateSeconds += result.evaluateSeconds;
        all.push_back(std::move(point));
      } catch (const TrainingDiverged &error) { // loses this plan only
        if (wanted.size() == 1) {
          checkpoint.remove(); // nothing to go on from
          throw;
        }
        warn("plan " + point.plan + " is left out: " + error.what());
        diverged.push_back(point.plan);
      }
    }
  }
  if (stopped && all.empty())
    throw Interrupted();
  if (all.empty()) {
    checkpoint.remove();
    throw InputError("training diverged with every plan; use a smaller "
                     "--learning-rate");
  }

  const Json document = {{"command", "recovery"},
                         {"model", network.describe()},
                         {"data", data.identity(train, test)},
                         {"options", describe(train)},
                         {"float", measureJson(all[0].measures.exact)},
                         {"points", json(all)},
                         {"diverged", diverged},
                         {"complete", !stopped},
                         {"seconds",
                          {{"compile", network.compileSeconds},
                           {"train", trainSeconds},
                           {"evaluate", evaluateSeconds},
                           {"total", total.seconds()}}}};
  auto drawFile = [&] {
    if (!file.empty())
      draw(all);
  };
  writeAll({drawFile, [&] {
              output.write(text(network, all, wanted.size()), document);
            }});
  if (stopped)
    throw Interrupted();
  checkpoint.remove(); // it has served
}

} // namespace

Command cim::recoveryCommand(CLI::App &cim) {
  auto command = std::make_shared<Recovery>();
  CLI::App *app = cim.add_subcommand(
      "recovery", "Measure what retraining the last K layers wins back");
  command->model.addTo(*app);
  command->data.addTo(*app);
  command->errors.addTo(*app);
  app->add_option("--depths", command->depths,
                  "K,K,...: of the last K layers, all, C1 only, C2 only and "
                  "(where tolerance was measured) the more tolerant half are "
                  "retrained (default: eight from 1 to all layers)")
      ->type_name("LIST")
      ->group("Retraining");
  command->retraining.addTo(*app);
  command->recipe.addTo(*app);
  command->checkpoint.addTo(
      *app, "Retraining",
      "Kept after every epoch and rewrite, removed when all plans are done "
      "(default: OUT.svg.checkpoint.safetensors with -o OUT.svg, else none)");
  addSeed(*app, command->seed);
  command->running.addTo(*app, false);
  app->add_option("-o,--output", command->file,
                  "Draw the curves into FILE.svg or FILE.png")
      ->type_name("FILE")
      ->group("Output");
  command->output.addTo(*app);
  app->footer("Examples:\n"
              "  cim recovery resnet32.onnx --data "
              "cifar10:cifar-10-binary.tar.xz --noise normal:0.03ns -o "
              "recovery.png\n"
              "  cim recovery annotated.mlir --data "
              "cifar10:cifar-10-binary.tar.xz --noise normal:0.06ns --depths "
              "9,14,20,32 --trials 3");
  return {app, [command] { command->run(); }};
}
