//===- Eval.cpp - cim eval: accuracy under memory errors -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/DeviceOption.h"
#include "runtime/devices/DeviceText.h"
#include "runtime/evaluation/Conditions.h"
#include "runtime/evaluation/Evaluation.h"
#include "runtime/evaluation/Statistics.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/TensorFile.h"
#include "tools/cim/Calibration.h"
#include "tools/cim/Command.h"
#include "tools/cim/ConverterReport.h"
#include "tools/cim/CostReport.h"
#include "tools/cim/IdleOptions.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/MeasureText.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Profile.h"
#include "tools/cim/Progress.h"
#include "tools/cim/Text.h"
#include "tools/cim/WriteSummary.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>

using namespace cim;

namespace {

struct Eval {
  ModelFlags model;
  ErrorFlags errors;
  DataFlags data;
  RunFlags running;
  Calibrator calibrator;
  CostFlags cost;
  Output output;
  std::string outputs, times;
  int64_t trials = 0;
  std::optional<uint64_t> seed;

  void run();
};

/// Says so where steps without a kernel cost much.
void warnOfSlowSteps(const Evaluation &result) {
  double seconds = 0;
  std::vector<std::string> operations;
  for (const StepTime &step : result.profile)
    if (step.general) {
      seconds += step.seconds;
      if (std::find(operations.begin(), operations.end(), step.operation) ==
          operations.end())
        operations.push_back(step.operation);
    }
  if (operations.empty())
    return;
  const double share = seconds / (result.forwardSeconds * result.threads);
  if (share < 0.1)
    return;
  std::string names;
  for (const std::string &operation : operations)
    names += (names.empty() ? "" : ", ") + operation;
  warn(percent(std::min(share, 1.0), 0) +
       " of the time goes into operations without a kernel (" + names + ")");
}

/// The same chips at one of several times.
struct LaterResult {
  double seconds;
  Measure accuracy;
};

/// Adds what was clipped and warned of at another time, every warning once.
void addLater(Evaluation &result, const Evaluation &later) {
  for (const std::string &warning : later.warnings)
    if (std::ranges::find(result.warnings, warning) == result.warnings.end())
      result.warnings.push_back(warning);
  for (size_t l = 0; l < later.converters.size(); ++l)
    result.converters[l] += later.converters[l];
  result.stopped |= later.stopped;
}

std::string timesText(const std::vector<LaterResult> &times) {
  Table table({{"time", Table::Align::right}, {"accuracy"}});
  for (const LaterResult &later : times)
    table.add({timeText(later.seconds), measureText(later.accuracy)});
  return "\n" + table.text();
}

Json timesJson(const std::vector<LaterResult> &times) {
  Json list = Json::array();
  for (const LaterResult &later : times)
    list.push_back(
        {{"time", later.seconds}, {"accuracy", measureJson(later.accuracy)}});
  return list;
}

std::vector<double> parseTimes(const std::string &text) {
  try {
    return parseDurations(text);
  } catch (const GrammarError &error) {
    throw UsageError(std::string("--times: ") + error.what());
  }
}

void Eval::run() {
  model.check();
  const std::vector<ErrorRequest> requests = errors.check();
  data.check();
  running.check();
  running.apply();
  if (!outputs.empty())
    checkWritable("--outputs", outputs);
  cost.check();
  output.check();
  const std::vector<double> seconds =
      times.empty() ? std::vector<double>() : parseTimes(times);

  Stopwatch total;
  Network network = Network::load(model, requests);
  running.chooseKernels(network);
  const std::string errorText = errorsText(model, errors);
  calibrator.check(network);
  // Before anything is computed in vain.
  Cost counted = cost.of(network.plan);
  if (counted.layers.empty() && !cost.technology.empty())
    throw UsageError("--technology has no effect without --crossbar: nothing "
                     "stands on arrays that could cost something");
  const std::vector<int64_t> inputShape = imageShape(network.plan);
  for (double time : seconds) // what is wrong with it comes early
    atTime(network.plan, time);
  warnOfIdleOptions(requests,
                    seconds.empty() ? network.plan
                                    : atTime(network.plan, seconds[0]),
                    Purpose::accuracy);
  checkInterrupted();
  const DataSet images = data.open({.inputShape = inputShape,
                                    .classes = classCount(network.plan),
                                    .threads = unsigned(running.threads)});
  checkInterrupted();
  Stopwatch calibration;
  calibrator.calibrate(network, data, running);
  const double calibrateSeconds = calibration.seconds();
  std::vector<plan::Plan> plans; // one per time
  for (double time : seconds)
    plans.push_back(atTime(network.plan, time));
  if (plans.empty())
    plans.push_back(network.plan);

  EvaluationOptions options;
  options.trials = std::max<int64_t>(1, trials);
  options.seed = seed.value_or(0);
  if (!isRandom(network.plan)) {
    if (trials > 1 || seed)
      warn(std::string(trials > 1 ? "--trials" : "--seed") +
           " has no effect: no error is random, so every chip is the same");
    options.trials = 1;
  }
  options.executor = running.executorOptions();
  options.reference = running.reference;
  options.keepLogits = !outputs.empty();
  options.stop = interrupted;
  Evaluation result; // of the first time, but for what addLater() adds
  std::vector<LaterResult> later;
  double programSeconds = 0, forwardSeconds = 0;
  {
    const int64_t runs = options.trials * int64_t(plans.size());
    Progress progress(runs == 1
                          ? "evaluating"
                          : "evaluating " + grouped(options.trials) +
                                (options.trials == 1 ? " chip" : " chips"),
                      runs * images.images(), "images");
    options.imagesDone = &progress.done;
    for (const plan::Plan &plan : plans) {
      const bool isFirst = &plan == &plans.front();
      Evaluation one = evaluate(plan, network.tensors, images, options);
      options.keepLogits = false;
      programSeconds += one.programSeconds;
      forwardSeconds += one.forwardSeconds;
      const bool isComplete = !one.stopped;
      if (!seconds.empty() && !one.correct.empty())
        later.push_back(
            {seconds[&plan - plans.data()], measure(one.correct, one.images)});
      if (isFirst)
        result = std::move(one);
      else
        addLater(result, one);
      if (!isComplete)
        break;
    }
  }
  if (result.correct.empty())
    throw Interrupted();
  for (const std::string &warning : result.warnings)
    warn(warning);
  warnOfSlowSteps(result);

  const Measure accuracy = measure(result.correct, result.images);
  const bool top5 = result.classes > 10;
  const int64_t chips = result.correct.size();
  const double rate = chips * result.images / result.forwardSeconds;
  std::vector<std::pair<std::string, std::string>> fields = {
      {"model", model.path + " (" + grouped(network.plan.layers_size()) +
                    " crossbar layers, " + grouped(network.weights()) +
                    " weights)"},
      {"data", data.spec + " (" + grouped(result.images) + " images)"},
      {"errors", errorText},
      {"chips", result.stopped ? grouped(chips) + " of " +
                                     grouped(options.trials) + " (interrupted)"
                               : grouped(chips)}};
  if (later.empty()) // else it stands beside its time
    fields.push_back({"accuracy", measureText(accuracy)});
  if (top5 && later.empty())
    fields.push_back(
        {"top 5", measureText(measure(result.correctTop5, result.images))});
  fields.push_back({"speed", grouped(static_cast<int64_t>(rate)) +
                                 " images/s on " +
                                 std::to_string(result.threads) + " threads"});
  const bool verifies = verifiesCells(network.plan);
  const WriteSummary writing(result.writes);
  if (verifies)
    fields.push_back({"writing", writing.text()});
  std::string text = fieldsText(fields);
  const ConverterReport converters(network.plan, result.converters);
  if (!converters.isEmpty())
    text += "\n" + converters.text();
  if (!later.empty())
    text += timesText(later);
  // Calibration has found which inputs have signs.
  counted = cost.of(network.plan,
                    verifies ? writing.perWrite(counted.total.cellWrites) : 1);
  if (!counted.layers.empty())
    text += "\n" + cost.summaryText(counted) + cost.totalsText(counted);
  if (running.profile)
    text += "\n" + profileText(result.profile);

  Json resolved = Json::object();
  errors.describe(resolved);
  model.describe(resolved);
  calibrator.describe(resolved, network);
  data.describe(resolved, images);
  if (!times.empty())
    resolved["times"] = times;
  cost.describe(resolved);
  resolved["trials"] = options.trials;
  resolved["seed"] = options.seed;
  resolved["threads"] = result.threads;
  if (!running.reference)
    resolved["micro-batch"] = result.microBatch;
  running.describe(resolved);
  Json document = {{"command", "eval"},
                   {"model", network.describe()},
                   {"data", data.identity(images, result.images)},
                   {"options", resolved},
                   {"kernels", running.kernelsJson()},
                   {"accuracy", measureJson(accuracy)},
                   {"correct", result.correct}};
  if (top5) {
    document["top5"] = measureJson(measure(result.correctTop5, result.images));
    document["correct_top5"] = result.correctTop5;
  }
  if (!later.empty())
    document["times"] = timesJson(later);
  if (verifies)
    document["writing"] = writing.json();
  document["images_per_second"] = rate;
  if (!converters.isEmpty())
    document["converters"] = converters.json();
  if (!counted.layers.empty())
    document["cost"] = cost.document(counted);
  if (running.profile)
    document["profile"] = profileJson(result.profile);
  document["complete"] = !result.stopped;
  document["seconds"] = {{"compile", network.compileSeconds},
                         {"program", programSeconds},
                         {"forward", forwardSeconds},
                         {"total", total.seconds()}};
  if (!converters.isEmpty())
    document["seconds"]["calibrate"] = calibrateSeconds;
  auto writeOutputs = [&] {
    if (!outputs.empty())
      writeNpy(outputs,
               makeTensor({result.images, result.classes}, result.logits));
  };
  writeAll({writeOutputs, [&] { output.write(text, document); }});
  if (result.stopped)
    throw Interrupted();
}

} // namespace

Command cim::evalCommand(CLI::App &cim) {
  auto command = std::make_shared<Eval>();
  CLI::App *app =
      cim.add_subcommand("eval", "Measure accuracy under memory errors");
  command->model.addTo(*app);
  command->data.addTo(*app);
  command->errors.addTo(*app);
  command->cost.addTo(*app);
  addCount(*app, "--trials", command->trials,
           "Chips, each with its own random errors (default: 1)", 1'000'000)
      ->type_name("T")
      ->group("Errors");
  app->add_option("--times", command->times,
                  "The same chips at several times since programming, such as "
                  "20s,1h,1d; needs a --device that changes with time")
      ->type_name("T1,T2,...")
      ->group("Errors");
  addSeed(*app, command->seed);
  command->calibrator.addTo(*app);
  command->running.addTo(*app);
  app->add_option("--outputs", command->outputs,
                  "Write the logits of the first chip, images × classes "
                  "float32, to FILE.npy")
      ->type_name("FILE")
      ->group("Output");
  command->output.addTo(*app);
  app->footer("Examples:\n"
              "  cim eval resnet32.onnx --data cifar10:cifar-10-binary.tar.gz\n"
              "  cim eval resnet32.onnx --data shapes --quantize 5 --noise "
              "normal:0.25qs --trials 10\n"
              "  cim eval resnet32.onnx --data shapes --shift -1/64qs "
              "--quantize 5 --layer role:C2:quantize=8 --json result.json");
  return {app, [command] { command->run(); }};
}
