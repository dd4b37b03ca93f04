//===- Sweep.cpp - cim sweep: accuracy over a product of options -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/pictures/Gnuplot.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Command.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Measurement.h"
#include "tools/cim/ResultsFile.h"
#include "tools/cim/SweepReport.h"
#include "tools/cim/SweepWork.h"
#include "tools/cim/Text.h"
#include "tools/cim/Vary.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <memory>
#include <utility>

using namespace cim;

namespace {

struct Sweep {
  MeasurementFlags measured{10};
  std::vector<std::string> vary, compare;
  std::string shardText, untilText, yieldText, file, watchFile;
  bool watches = false;

  void run();

private:
  void check();
  void describe(Json &options, const DataSet &images) const;
  /// As \p point stands in the store's terms.
  Point pointOf(const SweepPoint &point, Identities &identities) const;
  /// What is finished, with all that it is about.
  Study studyOf(const Measurement &measurement, const Point &anyPoint,
                std::vector<Result> results) const;

  std::vector<SweepPoint> points;
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

/// Calls something now and then: at most once a second, and so that it takes at
/// most a twentieth of the time.
class Watch {
public:
  explicit Watch(std::function<void(Progress &)> show)
      : show(std::move(show)) {}
  void operator()(Progress &progress) {
    const auto begin = std::chrono::steady_clock::now();
    if (begin < next)
      return;
    try {
      show(progress);
    } catch (const InputError &error) {
      // A page that cannot be written must not end what the store keeps.
      if (!std::exchange(hasFailed, true))
        warn(error.what());
    }
    const auto end = std::chrono::steady_clock::now();
    next = end + std::max<std::chrono::steady_clock::duration>(
                     std::chrono::seconds(1), 20 * (end - begin));
  }

private:
  std::function<void(Progress &)> show;
  std::chrono::steady_clock::time_point next;
  bool hasFailed = false;
};

//===----------------------------------------------------------------------===//
// The command
//===----------------------------------------------------------------------===//

void Sweep::check() {
  points = sweepPoints(measured.errors, vary);
  // A point without errors may leave --layers without effect; not all may.
  const bool usesLayers =
      std::ranges::any_of(points, &ErrorFlags::usesLayers, &SweepPoint::errors);
  for (const SweepPoint &point : points) {
    if (usesLayers)
      point.errors.requests();
    else
      point.errors.check();
  }
  measured.check();
  if (measured.storePath.empty())
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
  if (!file.empty())
    checkResultsFile("-o", file);
  if (pictureFormat(file) && points.size() == 1)
    throw UsageError("-o '" + file +
                     "' would be empty: no option varies, so there is no "
                     "curve to draw; add --vary, or write a .csv or .html "
                     "file");
  if (!watchFile.empty()) {
    if (std::filesystem::path(watchFile).extension() != ".html")
      throw UsageError("--watch '" + watchFile +
                       "': name an .html file, or write --watch last");
    checkResultsFile("--watch", watchFile);
  }
}

Point Sweep::pointOf(const SweepPoint &point, Identities &identities) const {
  Point made;
  made.name = point.errors.text();
  made.requests = point.errors.requests();
  made.identity = identities.of(point.errors);
  Json options = Json::object();
  point.errors.describe(options);
  made.options = optionsOf(options.dump());
  return made;
}

Study Sweep::studyOf(const Measurement &measurement, const Point &anyPoint,
                     std::vector<Result> results) const {
  Study study{measurement.network.path,
              measured.data.spec,
              anyPoint.identity.modelSha256,
              anyPoint.identity.dataSha256,
              anyPoint.identity.images,
              anyPoint.identity.kernels,
              measured.seed.value_or(0),
              0,
              std::move(results)};
  std::erase_if(study.results,
                [](const Result &result) { return result.chips.empty(); });
  return study;
}

void Sweep::describe(Json &options, const DataSet &images) const {
  options["vary"] = vary;
  if (!compare.empty())
    options["compare"] = compare;
  measured.describe(options, images);
  if (untilWidth)
    options["until-ci"] = *untilWidth;
  if (!shardText.empty())
    options["shard"] = shardText;
  if (report.yieldThreshold)
    options["yield-above"] = *report.yieldThreshold;
}

void Sweep::run() {
  if (!untilText.empty()) // as the rule wants
    measured.trials = std::max<int64_t>(measured.trials, 10);
  check();
  measured.running.apply();

  Measurement measurement(
      measured, points[0].errors.requests(),
      std::any_of(points.begin(), points.end(), [](const SweepPoint &point) {
        return point.errors.hasConverters();
      }));
  report.images = measurement.images.images();
  report.errors = errorsText(measured.model, measured.errors);
  std::vector<Point> sweepPoints;
  for (const SweepPoint &point : points)
    sweepPoints.push_back(pointOf(point, measurement.identities));
  const Point anyPoint = sweepPoints[0];

  auto resultsOf = [&](const SweepWork &work) {
    std::vector<PointResult> results;
    std::vector<Result> found = work.results();
    for (size_t point = 0; point < points.size(); ++point)
      results.push_back({&points[point], std::move(found[point])});
    return results;
  };
  PageOptions page;
  page.title = std::filesystem::path(measured.storePath).filename();
  if (report.yieldThreshold)
    page.yieldThreshold = *report.yieldThreshold;
  auto write = [&](const std::string &path, const SweepWork &work) {
    const Study study = studyOf(measurement, anyPoint, work.results());
    writeResults(path, {&study, 1}, page);
  };
  const SweepWork *current = nullptr;
  Watch watch([&](Progress &progress) {
    progress.show(report.text(resultsOf(*current)));
    page.running = progress.text();
    if (!watchFile.empty())
      write(watchFile, *current);
  });
  SweepWork work(
      {measured.trials, untilWidth, shard,
       watches ? std::ref(watch) : std::function<void(Progress &)>()},
      std::move(sweepPoints), measurement.work, measurement.store,
      measurement.isReadOnly);
  current = &work;
  const bool complete = work.run();
  page.running = std::nullopt;

  const std::vector<PointResult> results = resultsOf(work);
  Json options = Json::object();
  describe(options, measurement.images);
  Json document = measurement.document("sweep", std::move(options));
  document["points"] = report.points(results);
  if (!report.baseline.empty())
    document["differences"] = report.differences(results);
  measurement.finish(document, complete);
  auto writeFile = [&] {
    try {
      if (!file.empty())
        write(file, work);
    } catch (const NothingToDraw &) {
      if (complete && shard.count == 1)
        throw;
      warn("'" + file +
           "' is left out: no option varies in what is finished here, so there "
           "is no curve to draw");
    }
  };
  auto writeLastPage = [&] {
    if (!watchFile.empty())
      write(watchFile, work);
  };
  writeAll({writeFile, writeLastPage,
            [&] { measured.output.write(report.text(results), document); }});
  if (!complete)
    throw Interrupted();
}

} // namespace

Command cim::sweepCommand(CLI::App &cim) {
  auto command = std::make_shared<Sweep>();
  CLI::App *app = cim.add_subcommand(
      "sweep", "Measure accuracy over all combinations of options");
  command->measured.addInputsTo(*app);
  app->add_option("--vary", command->vary,
                  "OPTION=VALUES, for example noise=normal:{0,0.25,0.5}qs; or "
                  "PATTERN:OPTION=VALUES for some layers; none leaves the "
                  "option out; may be repeated, for all combinations")
      ->type_name("VARY")
      ->allow_extra_args(false)
      ->group("Sweep");
  command->measured.addChipsTo(
      *app, "Sweep",
      "Chips per point, each with its own random errors (default: 10)",
      "Keeps every finished chip; the same command computes only what is "
      "missing");
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
  CLI::Option *watch =
      app->add_option("--watch", command->watchFile,
                      "Show the results on the terminal while they come, and "
                      "in FILE.html, a page that loads itself anew")
          ->type_name("[FILE.html]")
          ->expected(0, 1)
          ->group("Output");
  app->add_option("-o,--output", command->file,
                  "Write the results to FILE.html, FILE.svg, FILE.png or "
                  "FILE.csv, as 'cim report' does")
      ->type_name("FILE")
      ->group("Output");
  command->measured.addErrorsTo(*app);
  app->footer(
      "Examples:\n"
      "  cim sweep resnet32.onnx --data shapes --quantize 5 --vary "
      "'noise=normal:{0,0.25,0.5}qs' --store noise.sqlite\n"
      "  cim sweep resnet32.onnx --data shapes --vary 'quantize={3,4,5}' "
      "--vary 'shift={-,+}1/8qs' --store shift.sqlite --json shift.json");
  return {app, [command, watch] {
            command->watches = watch->count() > 0;
            command->run();
          }};
}
