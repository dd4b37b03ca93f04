//===- Limits.cpp - cim limits: the largest errors that are borne -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/LayerPattern.h"
#include "dialects/cim/grammar/Words.h"
#include "runtime/evaluation/LimitSearch.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Command.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Measurement.h"
#include "tools/cim/Progress.h"
#include "tools/cim/Text.h"
#include "tools/cim/Vary.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <map>
#include <memory>

using namespace cim;

namespace {

/// `OPTION=PREFIX{LEAST..MOST}SUFFIX`.
struct Searched {
  std::string text, option, prefix, suffix;
  double least = 0, most = 0;
  bool isWhole = false; ///< bits
  bool isFewer = false; ///< less of it is more error

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
  Searched searched{text, name, "", "", 0, 0};
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
  const std::string kind =
      name.substr(name.rfind(':') + 1); // of PATTERN:OPTION
  searched.isFewer = kind == "quantize" || kind == "adc" || kind == "dac";
  searched.isWhole = searched.isFewer || kind == "cell-bits";
  if (searched.least == searched.most)
    throw UsageError(option + ": the range is empty");
  if (searched.isFewer ? searched.least < searched.most
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

/// The shortest text that is read as \p size again.
std::string spelledOut(double size) {
  char text[32];
  // Stores know what nine decimals hold by these.
  std::snprintf(text, sizeof text, "%.9f", size);
  if (std::strtod(text, nullptr) != size)
    return {text, std::to_chars(text, text + sizeof text, size).ptr};
  std::string digits = text;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.')
    digits.pop_back();
  return digits == "-0" ? "0" : digits;
}

std::string Searched::valueAt(double size) const {
  return prefix +
         (isWhole ? std::to_string(std::llround(size)) : spelledOut(size)) +
         suffix;
}

/// Layers in which an error grows together.
struct Group {
  std::string name, pattern;
};

/// The one with index \p layer, by its name as stores know it, or by its place
/// where the name means something else in a pattern.
Group groupOf(const std::vector<LayerIdentity> &layers, size_t layer) {
  const std::string &name = layers[layer].name;
  std::vector<bool> alone(layers.size());
  alone[layer] = true;
  try {
    if (name.find('=') == name.npos && selectLayers(name, layers) == alone)
      return {name, name};
  } catch (const GrammarError &) {
    // It is no pattern at all.
  }
  return {name, patternOfLayer(layer)};
}

struct Limits {
  MeasurementFlags measured{20};
  std::vector<std::string> searchTexts, groups;
  bool eachLayer = false;
  std::string thresholdText;

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
  ErrorFlags all = measured.errors;
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
    ErrorFlags known = measured.errors;
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
  measured.check();
}

void Limits::describe(Json &options, const DataSet &images) const {
  options["search"] = searchTexts;
  if (eachLayer)
    options["each-layer"] = true;
  else
    options["group"] = groups;
  options["threshold"] = threshold;
  measured.describe(options, images);
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
  check();
  measured.running.apply();

  Measurement measurement(
      measured, errorsWith(searches[0], groups[0], searches[0].least).check(),
      measured.errors.hasConverters() ||
          std::any_of(searches.begin(), searches.end(), [](const Searched &s) {
            return s.option.ends_with("adc") || s.option.ends_with("dac");
          }));
  PointWork &work = measurement.work;
  const int64_t images = measurement.images.images();
  const std::vector<LayerIdentity> layers = measurement.network.identities();
  std::vector<Group> asked;
  if (eachLayer)
    for (size_t layer = 0; layer < layers.size(); ++layer)
      asked.push_back(groupOf(layers, layer));
  else
    for (const std::string &group : groups)
      asked.push_back({group, group});

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
    const int64_t wanted = asked.size() * searches.size();
    int64_t finished = 0;
    for (const Group &group : asked)
      for (const Searched &searched : searches) {
        std::map<double, Point> points;
        auto accuraciesOf = [&](double size, int64_t count) {
          auto [entry, isNew] = points.try_emplace(size);
          Point &point = entry->second;
          if (isNew) {
            const ErrorFlags all = errorsWith(searched, group.pattern, size);
            point.name = all.text();
            point.requests = all.check();
            point.identity = measurement.identities.of(all);
            work.refresh(point, measured.trials);
          }
          progress.setActivity("searching " + group.name + ": " +
                               searched.option + " " + searched.valueAt(size));
          // At least the chips of this size are left, if they differ.
          const int64_t known = std::distance(point.trials.begin(),
                                              point.trials.lower_bound(count)),
                        missing = (point.isRandom() ? count : 1) - known;
          progress.total = std::max<int64_t>(progress.total,
                                             progress.done + missing * images);
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
                             .images = images,
                             .trials = measured.trials},
                            accuraciesOf);
        } catch (const Interrupted &) {
          isInterrupted = true;
          break;
        }
        // Searches that are to come take about what those before took.
        progress.total = progress.done * wanted / ++finished;
        int64_t chips = 0;
        for (const auto &[size, accuracies] : limit.visited)
          chips += accuracies.size();
        auto spelled = [&](double size) {
          return searched.isWhole ? brief(size) : brief(size, 3);
        };
        table.add({group.name, searched.text,
                   !limit.largest      ? "none"
                   : limit.reachesMost ? "all: " + spelled(*limit.largest)
                                       : spelled(*limit.largest),
                   spelled(limit.interval.lowest) + " to " +
                       spelled(limit.interval.highest),
                   std::to_string(limit.visited.size()), grouped(chips)});
        list.push_back(
            {{"layer", group.name},
             {"option", searched.option},
             {"largest", limit.largest ? Json(*limit.largest) : Json(nullptr)},
             {"ci95",
              Json::array({limit.interval.lowest, limit.interval.highest})},
             {"search", searched.text},
             {"value", limit.largest ? Json(searched.valueAt(*limit.largest))
                                     : Json(nullptr)},
             {"reaches_most", limit.reachesMost},
             {"visited", visitedJson(limit, images)}});
      }
    work.countInto(nullptr);
  }
  Json options = Json::object();
  describe(options, measurement.images);
  Json document = measurement.document("limits", std::move(options));
  document["limits"] = std::move(list);
  measurement.finish(document, !isInterrupted);
  measured.output.write("The largest errors with an accuracy of at least " +
                            percent(threshold) + "\n" + table.text(),
                        document);
  if (isInterrupted)
    throw Interrupted();
}

} // namespace

Command cim::limitsCommand(CLI::App &cim) {
  auto command = std::make_shared<Limits>();
  CLI::App *app = cim.add_subcommand(
      "limits", "Find the largest errors that keep an accuracy");
  command->measured.addInputsTo(*app);
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
  command->measured.addChipsTo(
      *app, "Search", "Chips where the decision is close (default: 20)",
      "Keep every finished chip, as 'cim sweep' does; the same search "
      "computes only what is missing");
  command->measured.addErrorsTo(*app);
  app->footer(
      "Examples:\n"
      "  cim limits resnet32.onnx --data shapes --threshold 0.9 --quantize 5 "
      "--search 'noise=normal:{0..2}qs' --search 'quantize={8..2}'\n"
      "  cim limits resnet32.onnx --data shapes --threshold 0.9 --noise "
      "normal:0.1ns --each-layer --search 'noise=normal:{0..0.5}ns'");
  return {app, [command] { command->run(); }};
}
