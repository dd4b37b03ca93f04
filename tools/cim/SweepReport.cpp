//===- SweepReport.cpp - A sweep for people and for programs -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/SweepReport.h"
#include "tools/cim/MeasureText.h"
#include "tools/cim/Text.h"

#include <algorithm>
#include <map>

using namespace cim;

namespace {

/// The quantiles of a document, by name; the table shows the first and the
/// third, because accuracy over chips has a heavy low tail.
constexpr std::pair<const char *, double> quantiles[] = {{"0.05", 0.05},
                                                         {"0.25", 0.25},
                                                         {"0.5", 0.5},
                                                         {"0.75", 0.75},
                                                         {"0.95", 0.95}};

std::string both(const Interval &interval) {
  return hundredths(interval.lowest) + " to " + hundredths(interval.highest);
}

Json list(const Interval &interval) {
  return Json::array({interval.lowest, interval.highest});
}

/// All error options of \p point: the varied ones first, as they were written.
Json settingsJson(const SweepPoint &point) {
  Json json = Json::object();
  for (const auto &[name, value] : point.settings)
    json[name] = value;
  Json all = Json::object();
  point.errors.describe(all);
  for (const auto &[name, value] : all.items())
    if (value.is_string() && !json.contains(name))
      json[name] = value;
  return json;
}

std::vector<Table::Column> settingColumns(const SweepPoint &point) {
  std::vector<Table::Column> columns;
  for (const auto &[name, value] : point.settings)
    columns.push_back({name});
  if (columns.empty())
    columns.push_back({"errors"});
  return columns;
}

std::vector<std::string> settingCells(const SweepPoint &point,
                                      const std::string &errors) {
  std::vector<std::string> cells;
  for (const auto &[name, value] : point.settings)
    cells.push_back(value);
  if (cells.empty())
    cells.push_back(errors);
  return cells;
}

} // namespace

std::string SweepReport::text(const std::vector<PointResult> &results) const {
  constexpr auto right = Table::Align::right;
  std::vector<Table::Column> columns = settingColumns(*results.front().point);
  columns.insert(columns.end(), {{"chips", right},
                                 {"accuracy %", right},
                                 {"std", right},
                                 {"95 % over chips", right},
                                 {"95 % over images", right},
                                 {"5 % of chips below", right},
                                 {"median", right}});
  if (yieldThreshold)
    columns.push_back({"yield %", right});
  Table table(columns);
  for (const PointResult &result : results) {
    std::vector<std::string> row = settingCells(*result.point, errors);
    const std::vector<double> trials = result.result.accuracies();
    row.push_back(grouped(trials.size()));
    if (!trials.empty()) {
      const Measure accuracy = measure(trials, images, result.result.sampling);
      const bool several = trials.size() > 1;
      row.push_back(hundredths(accuracy.mean));
      row.push_back(several ? hundredths(*accuracy.standardDeviation) : "");
      row.push_back(several ? accuraciesText(accuracy.interval) : "");
      row.push_back(accuraciesText(accuracy.imageInterval));
      row.push_back(several ? hundredths(quantile(trials, 0.05)) : "");
      row.push_back(hundredths(quantile(trials, 0.5)));
      if (yieldThreshold) {
        const Share yield = yieldAbove(trials, *yieldThreshold);
        row.push_back(hundredths(yield.share) + " (" + both(yield.interval) +
                      ")");
      }
    }
    row.resize(columns.size());
    table.add(std::move(row));
  }
  std::string text = table.text();
  if (!baseline.empty())
    text += "\n" + differencesText(results);
  return text;
}

Json SweepReport::points(const std::vector<PointResult> &results) const {
  Json points = Json::array();
  for (const PointResult &result : results) {
    Json point = settingsJson(*result.point);
    Json &accuracy = point["accuracy"];
    if (const auto trials = result.result.accuracies(); !trials.empty()) {
      accuracy = measureJson(measure(trials, images, result.result.sampling));
      for (auto [name, share] : quantiles)
        accuracy["quantiles"][name] = quantile(trials, share);
      if (yieldThreshold) {
        const Share yield = yieldAbove(trials, *yieldThreshold);
        accuracy["yield"] = {{"above", *yieldThreshold},
                             {"share", yield.share},
                             {"ci95", list(yield.interval)}};
      }
    }
    points.push_back(std::move(point));
  }
  return points;
}

std::vector<SweepReport::Pair>
SweepReport::pairs(const std::vector<PointResult> &results) const {
  std::map<std::vector<Setting>, const PointResult *> byWhatIsLeft;
  auto whatIsLeft = [&](const PointResult &result) {
    std::vector<Setting> left;
    for (const Setting &setting : result.point->settings)
      if (std::none_of(baseline.begin(), baseline.end(),
                       [&](const Setting &fixed) {
                         return fixed.first == setting.first;
                       }))
        left.push_back(setting);
    return left;
  };
  for (const PointResult &result : results)
    if (containsAll(result.point->settings, baseline))
      byWhatIsLeft[whatIsLeft(result)] = &result;
  std::vector<Pair> pairs;
  for (const PointResult &result : results) {
    const PointResult *base = byWhatIsLeft.at(whatIsLeft(result));
    if (base != &result && !result.result.chips.empty() &&
        !base->result.chips.empty())
      if (auto difference = differenceOf(result.result, base->result))
        pairs.push_back({&result, base, *std::move(difference)});
  }
  return pairs;
}

std::string
SweepReport::differencesText(const std::vector<PointResult> &results) const {
  constexpr auto right = Table::Align::right;
  std::vector<Table::Column> columns = settingColumns(*results.front().point);
  columns.insert(columns.end(), {{"chips", right},
                                 {"points more", right},
                                 {"std", right},
                                 {"95 % over chips", right}});
  Table table(columns);
  for (const Pair &pair : pairs(results)) {
    std::vector<std::string> row = settingCells(*pair.result->point, errors);
    row.push_back(grouped(pair.difference.trials.size()));
    row.push_back(hundredths(pair.difference.mean));
    row.push_back(pair.difference.interval
                      ? hundredths(*pair.difference.standardDeviation)
                      : "");
    row.push_back(pair.difference.interval ? both(*pair.difference.interval)
                                           : "");
    table.add(std::move(row));
  }
  std::string text = "Accuracy, chip by chip, compared with";
  for (const auto &[name, value] : baseline)
    text += " " + name + "=" + value;
  return text + "\n" + table.text();
}

Json SweepReport::differences(const std::vector<PointResult> &results) const {
  Json list = Json::array();
  for (const Pair &pair : pairs(results)) {
    const Difference &difference = pair.difference;
    Json json = settingsJson(*pair.result->point);
    json["baseline"] = settingsJson(*pair.baseline->point);
    json["difference"] = {{"mean", difference.mean},
                          {"std", difference.standardDeviation
                                      ? Json(*difference.standardDeviation)
                                      : Json(nullptr)},
                          {"ci95", difference.interval
                                       ? ::list(*difference.interval)
                                       : Json(nullptr)},
                          {"trials", difference.trials}};
    list.push_back(std::move(json));
  }
  return list;
}
