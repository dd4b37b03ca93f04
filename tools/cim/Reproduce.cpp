//===- Reproduce.cpp - cim reproduce: published numbers and ours -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"
#include "tools/cim/Command.h"
#include "tools/cim/Output.h"
#include "tools/cim/ReproductionReport.h"
#include "tools/cim/ResultsFile.h"
#include "tools/cim/TemporaryFolder.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

using namespace cim;
namespace fs = std::filesystem;

namespace {

/// While it lives, nothing appears on stdout.
class Silence {
public:
  Silence() : kept(::dup(STDOUT_FILENO)) {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, STDOUT_FILENO);
    ::close(nowhere);
  }
  ~Silence() {
    ::dup2(kept, STDOUT_FILENO);
    ::close(kept);
  }
  Silence(const Silence &) = delete;
  Silence &operator=(const Silence &) = delete;

private:
  int kept;
};

struct Reproduce {
  std::string path, store;
  std::vector<std::string> files;
  int64_t limit = 0, trials = 0, threads = 0;
  Output output;

  void run();

private:
  void read();
  /// Looks at the whole experiment before hours are spent on a part of it.
  /// Throws InputError and UsageError.
  void check();
  /// \p measures: some run does.
  void refuseIdleOptions(bool measures) const;
  std::string commandOf(const YAML::Node &run) const;
  Json documentOf(const std::string &name, const YAML::Node &run);
  /// One published number beside ours; adds it to `result`.
  Json compare(const YAML::Node &published);
  /// All results, in the form that the name of \p file asks for.
  void write(const std::string &file) const;
  [[noreturn]] void fail(const YAML::Node &node, const std::string &what) const;
  std::string text(const YAML::Node &node, const char *key) const;
  double number(const YAML::Node &node, const char *key) const;

  YAML::Node experiment;
  Reproduction result;
  bool keepsStore = false; ///< some run keeps its chips in `store`
};

/// Whether \p file gets what was compared and measured, as text.
bool isMarkdown(const std::string &file) {
  return fs::path(file).extension() == ".md";
}

/// Whether the run's \p command measures accuracies, chip by chip.
bool measuresChips(const std::string &command) {
  return command != "histogram";
}

void Reproduce::fail(const YAML::Node &node, const std::string &what) const {
  throw InputError("experiment '" + path + "' line " +
                   std::to_string(node.Mark().line + 1) + ": " + what);
}

std::string Reproduce::text(const YAML::Node &node, const char *key) const {
  const YAML::Node value = node[key];
  if (!value || !value.IsScalar())
    fail(node, std::string("'") + key + "' is missing");
  return value.Scalar();
}

double Reproduce::number(const YAML::Node &node, const char *key) const {
  double value = 0;
  if (!node[key] || !YAML::convert<double>::decode(node[key], value))
    fail(node, std::string("'") + key + "' is missing, or no number");
  return value;
}

void Reproduce::read() {
  if (path.empty())
    throw UsageError("the experiment is missing; write cim reproduce "
                     "experiments/NAME.yaml");
  for (const std::string &file : files)
    if (isMarkdown(file))
      checkWritable("-o", file);
    else
      checkResultsFile("-o", file);
  output.check();
  try {
    experiment = YAML::Load(std::string(mapFile(path).text()));
  } catch (const YAML::Exception &error) {
    throw InputError("experiment '" + path + "' line " +
                     std::to_string(error.mark.line + 1) +
                     " is no valid YAML: " + error.msg);
  }
  if (!experiment.IsMap() || !experiment["runs"] || !experiment["runs"].IsMap())
    throw InputError("experiment '" + path +
                     "' has no 'runs'; see docs/reproduction.md");
}

std::string Reproduce::commandOf(const YAML::Node &run) const {
  const std::string command = text(run, "command");
  if (command != "sweep" && command != "limits" && command != "histogram")
    fail(run, "'" + command +
                  "' cannot be a run's command; use sweep, limits or "
                  "histogram");
  return command;
}

void Reproduce::check() {
  const YAML::Node runs = experiment["runs"];
  bool measures = false;
  for (const auto &run : runs) {
    if (!run.second.IsMap())
      fail(run.first, "run '" + run.first.Scalar() + "' is no map of options");
    if (!measuresChips(commandOf(run.second)))
      continue;
    measures = true;
    keepsStore |= !run.second["store"];
  }
  if (const YAML::Node published = experiment["published"])
    for (const YAML::Node &item : published)
      if (const std::string run = text(item, "run"); !runs[run])
        fail(item, "there is no run '" + run + "'");
  refuseIdleOptions(measures);
}

void Reproduce::refuseIdleOptions(bool measures) const {
  const std::string noRun = ": no run of '" + path + "' ";
  for (auto [option, value] :
       {std::pair("--limit", limit), {"--trials", trials}})
    if (value > 0 && !measures)
      throw UsageError(std::string(option) + " has no effect" + noRun +
                       "measures accuracy; leave it out");
  if (keepsStore)
    return;
  if (!store.empty())
    throw UsageError("--store '" + store + "' has no effect" + noRun +
                     "keeps chips in it; leave it out");
  for (const std::string &file : files)
    if (!isMarkdown(file))
      throw UsageError("-o '" + file + "' would be empty" + noRun +
                       "keeps chips in the experiment's store; name an .md "
                       "file");
}

Json Reproduce::documentOf(const std::string &name, const YAML::Node &run) {
  const std::string command = commandOf(run);
  const bool measures = measuresChips(command);
  YAML::Node options = YAML::Clone(run);
  options.remove("command");
  const TemporaryFolder scratch;
  const std::string config = scratch.path() / "run.yaml",
                    json = scratch.path() / "run.json";
  writeWhole(config, [&](std::ostream &out) { out << options << "\n"; });
  std::vector<std::string> arguments = {command, "--config", config, "--json",
                                        json};
  auto add = [&](const char *option, int64_t value) {
    if (measures && value > 0)
      arguments.insert(arguments.end(), {option, std::to_string(value)});
  };
  add("--limit", limit);
  add("--trials", trials);
  add("--threads", threads);
  if (measures && !options["store"])
    arguments.insert(arguments.end(), {"--store", store});
  if (!output.documentOnStdout())
    writeStdout("\n" + name + "\n");
  const std::string where = "experiment '" + path + "', run '" + name + "': ";
  try {
    std::optional<Silence> silence;
    if (output.documentOnStdout())
      silence.emplace();
    runCommandLine(arguments);
  } catch (const UsageError &error) {
    throw InputError(where + error.what());
  } catch (const GrammarError &error) {
    throw InputError(where + error.what());
  } catch (const InputError &error) {
    throw InputError(where + error.what());
  }
  std::ifstream in(json);
  return Json::parse(in);
}

/// The point of \p document with all settings \p at, or nothing.
const Json *findPoint(const Json &document, const YAML::Node &at) {
  const auto points = document.find("points"); // a sweep has some
  if (points == document.end())
    return nullptr;
  for (const Json &point : *points) {
    bool fits = true;
    for (const auto &setting : at) {
      const auto found = point.find(setting.first.Scalar());
      fits &= found != point.end() && found->is_string() &&
              found->get<std::string>() == setting.second.Scalar();
    }
    if (fits && !point["accuracy"].is_null())
      return &point;
  }
  return nullptr;
}

Json Reproduce::compare(const YAML::Node &published) {
  const std::string run = text(published, "run");
  const auto document =
      std::ranges::find(result.runs, run, &std::pair<std::string, Json>::first);
  Json entry = {{"run", run}};
  std::string setting, said, here = "not measured", interval;
  std::optional<bool> agrees;
  if (const YAML::Node at = published["at"]) {
    for (const auto &item : at) {
      setting += (setting.empty() ? "" : ", ") + item.first.Scalar() + " " +
                 item.second.Scalar();
      entry["at"][item.first.Scalar()] = item.second.Scalar();
    }
    const Json *point = findPoint(document->second, at);
    if (!point)
      fail(at, "run '" + run + "' has no such point");
    const Json &accuracy = (*point)["accuracy"];
    const double mean = accuracy["mean"];
    double low = mean, high = mean; // of both intervals together
    for (const char *name : {"ci95", "image_ci95"}) {
      low = std::min(low, accuracy[name][0].get<double>());
      high = std::max(high, accuracy[name][1].get<double>());
    }
    here = hundredths(mean);
    interval = hundredths(low) + " to " + hundredths(high);
    if (published["accuracy"]) {
      const double value = number(published, "accuracy");
      const double within =
          published["within"] ? number(published, "within") : 0;
      said = hundredths(value);
      agrees = low - within <= value && value <= high + within;
      entry["published"] = value;
    } else if (published["at_least"]) {
      const double value = number(published, "at_least");
      said = "at least " + hundredths(value);
      agrees = high >= value;
      entry["published"]["at_least"] = value;
    } else {
      const double value = number(published, "below");
      said = "below " + hundredths(value);
      agrees = low < value;
      entry["published"]["below"] = value;
    }
    entry["here"] = accuracy;
  } else {
    // The studies tried a few sizes: the last that kept the accuracy, and the
    // next, which did not.
    const double largest = number(published, "largest");
    const double next = number(published, "next");
    const std::string search = text(published, "search");
    said = brief(largest) + ", not " + brief(next);
    setting = search;
    entry["search"] = search;
    entry["published"] = {{"largest", largest}, {"next", next}};
    for (const Json &limit : document->second["limits"]) {
      if (limit["search"] != search)
        continue;
      const double low = limit["ci95"][0], high = limit["ci95"][1];
      const bool isGrowing = next > largest;
      entry["here"] = {{"largest", limit["largest"]}, {"ci95", limit["ci95"]}};
      here = limit["largest"].is_null() ? "none" : brief(limit["largest"], 3);
      interval = brief(low, 3) + " to " + brief(high, 3);
      agrees = isGrowing ? high >= largest && low < next
                         : low <= largest && high > next;
    }
    if (!agrees)
      fail(published, "run '" + run + "' has no search '" + search + "'");
  }
  entry["agrees"] = *agrees;
  result.numbers.push_back({run, setting, said, here, interval, *agrees});
  return entry;
}

void Reproduce::write(const std::string &file) const {
  if (isMarkdown(file)) {
    writeWhole(file, [&](std::ostream &out) { out << result.markdown(file); });
    return;
  }
  Store opened = Store::open(store);
  PageOptions page;
  page.title = result.title;
  writeResults(file, studiesOf(opened), page);
}

void Reproduce::run() {
  read();
  Stopwatch total;
  result.experiment = path;
  Json list = Json::array(), runs = Json::object();
  try {
    check();
    if (store.empty())
      store = fs::path(path).stem().string() + ".sqlite";
    result.title = experiment["title"] ? text(experiment, "title") : path;
    if (!output.documentOnStdout())
      writeStdout(result.title + "\n");
    for (const auto &run : experiment["runs"]) {
      const std::string name = run.first.Scalar();
      runs[name] = documentOf(name, run.second);
      result.runs.push_back({name, runs[name]});
    }
    if (const YAML::Node published = experiment["published"])
      for (const YAML::Node &item : published)
        list.push_back(compare(item));
  } catch (const YAML::Exception &error) {
    throw InputError("experiment '" + path + "' line " +
                     std::to_string(error.mark.line + 1) + ": " + error.msg);
  }
  const Json document = {{"command", "reproduce"},
                         {"options", {{"experiment", path}, {"store", store}}},
                         {"title", result.title},
                         {"comparison", list},
                         {"runs", runs},
                         {"seconds", {{"total", total.seconds()}}}};
  std::vector<std::function<void()>> writers = {
      [&] { output.write(result.text(), document); }};
  for (const std::string &file : files)
    writers.push_back([&] { write(file); });
  writeAll(writers);
}

} // namespace

Command cim::reproduceCommand(CLI::App &cim) {
  auto command = std::make_shared<Reproduce>();
  CLI::App *app = cim.add_subcommand(
      "reproduce", "Run a published experiment and compare the numbers");
  app->add_option("experiment", command->path,
                  "A YAML file such as those in experiments/: 'runs', and what "
                  "was 'published' of them")
      ->type_name("EXPERIMENT.yaml");
  app->add_option("--store", command->store,
                  "Keeps every finished chip; the same command computes only "
                  "what is missing (default: EXPERIMENT.sqlite)")
      ->type_name("FILE.sqlite")
      ->group("Run");
  addCount(*app, "--limit", command->limit,
           "Only the first N images, in place of what the experiment says",
           1'000'000'000)
      ->type_name("N")
      ->group("Run");
  addCount(*app, "--trials", command->trials,
           "Chips per point, in place of what the experiment says", 1'000'000)
      ->type_name("T")
      ->group("Run");
  addCount(*app, "--threads", command->threads, "Threads (default: all cores)",
           4096)
      ->type_name("N")
      ->group("Run");
  app->add_option("-o,--output", command->files,
                  "Write all results to FILE.html, FILE.svg, FILE.png or "
                  "FILE.csv, as 'cim report' does, or what was compared and "
                  "measured to FILE.md; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->group("Output");
  command->output.addTo(*app);
  app->footer("Example:\n"
              "  cim reproduce experiments/accuracy-bits.yaml -o bits.html");
  return {app, [command] { command->run(); }};
}
