//===- Sweep.cpp - cim sweep: accuracy over a product of options -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/converters/LayerConverters.h"
#include "runtime/kernels/InstructionSet.h"
#include "runtime/store/Store.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Calibration.h"
#include "tools/cim/Command.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/SweepIdentity.h"
#include "tools/cim/SweepReport.h"
#include "tools/cim/SweepWork.h"
#include "tools/cim/Text.h"
#include "tools/cim/Vary.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <unistd.h>

using namespace cim;

namespace {

struct Sweep {
  ModelFlags model;
  ErrorFlags errors;
  DataFlags data;
  RunFlags running;
  Calibrator calibrator;
  Output output;
  std::vector<std::string> vary, compare;
  std::string storePath, shardText, untilText, yieldText;
  int64_t trials = 0;
  std::optional<uint64_t> seed;

  void run();

private:
  void check();
  void describe(Json &options, const DataSet &images) const;

  std::vector<SweepPoint> points;
  std::vector<std::vector<ErrorRequest>> requests; ///< by point
  Shard shard;
  std::optional<double> untilWidth;
  SweepReport report;
};

Shard parseShard(const std::string &text) {
  Shard shard;
  const char *end = text.data() + text.size();
  auto [slash, error] = std::from_chars(text.data(), end, shard.index);
  if (error == std::errc() && slash != end && *slash == '/') {
    auto [last, wrong] = std::from_chars(slash + 1, end, shard.count);
    if (wrong == std::errc() && last == end && shard.index >= 1 &&
        shard.index <= shard.count && shard.count <= 1'000'000)
      return shard;
  }
  throw UsageError("--shard '" + text +
                   "': write I/N with I from 1 to N, for example 2/8");
}

//===----------------------------------------------------------------------===//
// The command
//===----------------------------------------------------------------------===//

void Sweep::check() {
  model.check();
  points = sweepPoints(errors, vary);
  for (const SweepPoint &point : points)
    requests.push_back(point.errors.check());
  data.check();
  running.check();
  if (storePath.empty())
    throw UsageError("--store is missing; name the file that keeps the "
                     "results, for example --store sweep.sqlite");
  if (!shardText.empty())
    shard = parseShard(shardText);
  if (!untilText.empty())
    untilWidth = parseFraction("--until-ci", untilText, 1e-4, 1);
  if (!yieldText.empty())
    report.yieldThreshold = parseFraction("--yield-above", yieldText, 0, 1);
  for (const std::string &text : compare) {
    const Setting setting = parseSetting("--compare", text);
    if (std::none_of(points.begin(), points.end(),
                     [&](const SweepPoint &point) {
                       return containsAll(point.settings, {setting});
                     }))
      throw UsageError("--compare '" + text +
                       "': no point has this setting; write it as --vary "
                       "lists it");
    report.baseline.push_back(setting);
  }
  if (std::none_of(points.begin(), points.end(), [&](const SweepPoint &point) {
        return containsAll(point.settings, report.baseline);
      }))
    throw UsageError("--compare: no point has all of these settings; give "
                     "each option once");
  if (!std::filesystem::exists(storePath))
    checkWritable("--store", storePath);
  output.check();
}

void Sweep::describe(Json &options, const DataSet &images) const {
  errors.describe(options);
  if (model.foldBatchNorm)
    options["fold-batch-norm"] = true;
  options["vary"] = vary;
  if (!compare.empty())
    options["compare"] = compare;
  data.describe(options, images);
  options["trials"] = trials;
  if (untilWidth)
    options["until-ci"] = *untilWidth;
  options["seed"] = seed.value_or(0);
  if (!shardText.empty())
    options["shard"] = shardText;
  options["store"] = storePath;
  if (report.yieldThreshold)
    options["yield-above"] = *report.yieldThreshold;
  running.describe(options);
}

void Sweep::run() {
  if (trials == 0)
    trials = 10;
  if (!untilText.empty()) // as the rule wants
    trials = std::max<int64_t>(trials, 10);
  check();
  running.apply();

  Stopwatch total;
  Network network = Network::load(model, requests[0]);
  const bool isCalibrated =
      hasConverters(network.plan) ||
      std::any_of(points.begin(), points.end(), [](const SweepPoint &point) {
        return point.errors.hasConverters();
      });
  if (!isCalibrated)
    calibrator.check(network);
  const Json modelJson = network.describe();
  checkInterrupted();
  const DataSet images = data.open({.inputShape = imageShape(network.plan),
                                    .classes = classCount(network.plan),
                                    .threads = unsigned(running.threads)});
  checkInterrupted();
  report.images = images.images();

  const std::vector<PointIdentity> identities = identitiesOf(
      points, model, running, network, images,
      isCalibrated ? calibrator.identity(network, data, running) : Json());

  // A store that cannot be written can still answer.
  const bool isReadOnly = std::filesystem::exists(storePath) &&
                          ::access(storePath.c_str(), W_OK) != 0;
  Store store =
      isReadOnly ? Store::open(storePath) : Store::openOrCreate(storePath);
  EvaluationOptions evaluation;
  evaluation.seed = seed.value_or(0);
  evaluation.executor = running.executorOptions();
  evaluation.reference = running.reference;
  evaluation.stop = interrupted;
  std::vector<std::string> names;
  for (const SweepPoint &point : points)
    names.push_back(point.errors.text());
  auto calibrate = [&](Network &point, const auto &warning) {
    calibrator.calibrate(point, data, running, warning);
  };
  SweepWork work({model, requests, names, data.spec, images, calibrate,
                  std::move(evaluation), trials, untilWidth, shard},
                 identities, std::move(network), store, isReadOnly);
  const bool complete = work.run();

  std::vector<PointResult> results;
  for (size_t point = 0; point < points.size(); ++point) {
    results.push_back(work.result(point));
    results.back().point = &points[point];
  }
  Json options = Json::object();
  describe(options, images);
  Json document = {{"command", "sweep"},
                   {"model", modelJson},
                   {"data",
                    {{"spec", data.spec},
                     {"images", images.images()},
                     {"sha256", images.sha256()}}},
                   {"options", options},
                   {"points", report.points(results)}};
  if (!report.baseline.empty())
    document["differences"] = report.differences(results);
  document["computed"] = work.computed();
  document["seconds"] = {{"compile", work.compileSeconds},
                         {"program", work.programSeconds},
                         {"forward", work.forwardSeconds},
                         {"total", total.seconds()}};
  output.write(report.text(results), document);
  if (!complete)
    throw Interrupted();
}

} // namespace

Command cim::sweepCommand(CLI::App &cim) {
  auto command = std::make_shared<Sweep>();
  CLI::App *app = cim.add_subcommand(
      "sweep", "Measure accuracy over all combinations of options");
  command->model.addTo(*app);
  command->data.addTo(*app);
  app->add_option("--vary", command->vary,
                  "OPTION=VALUES, for example noise=normal:{0,0.25,0.5}qs; or "
                  "PATTERN:OPTION=VALUES for some layers; none leaves the "
                  "option out; may be repeated, for all combinations")
      ->type_name("VARY")
      ->allow_extra_args(false)
      ->group("Sweep");
  app->add_option("--store", command->storePath,
                  "Keeps every finished chip; the same command computes only "
                  "what is missing")
      ->type_name("FILE.sqlite")
      ->group("Sweep");
  addCount(*app, "--trials", command->trials,
           "Chips per point, each with its own random errors (default: 10)",
           1'000'000)
      ->type_name("T")
      ->group("Sweep");
  app->add_option("--until-ci", command->untilText,
                  "Add chips to each point until the 95 % interval of its mean "
                  "over chips is at most W wide, a fraction")
      ->type_name("W")
      ->group("Sweep");
  app->add_option("--shard", command->shardText,
                  "I/N: only every N-th piece of the work, from the I-th; "
                  "each shard into a store of its own, joined by 'cim merge'")
      ->type_name("I/N")
      ->group("Sweep");
  app->add_option("--compare", command->compare,
                  "OPTION=VALUE: how much better each point is than the one "
                  "with this value, chip by chip; may be repeated")
      ->type_name("SETTING")
      ->allow_extra_args(false)
      ->group("Sweep");
  app->add_option("--yield-above", command->yieldText,
                  "Show the share of chips with at least this accuracy")
      ->type_name("A")
      ->group("Sweep");
  command->errors.addTo(*app);
  addSeed(*app, command->seed);
  command->calibrator.addTo(*app);
  command->running.addTo(*app, /*withProfile=*/false);
  command->output.addTo(*app);
  app->footer(
      "Examples:\n"
      "  cim sweep resnet32.onnx --data shapes --quantize 5 --vary "
      "'noise=normal:{0,0.25,0.5}qs' --store noise.sqlite\n"
      "  cim sweep resnet32.onnx --data shapes --vary 'quantize={3,4,5}' "
      "--vary 'shift={-,+}1/8qs' --store shift.sqlite --json shift.json");
  return {app, [command] { command->run(); }};
}
