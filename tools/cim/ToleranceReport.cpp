//===- ToleranceReport.cpp - What cim tolerance has measured --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/ToleranceReport.h"

#include "tools/cim/MeasureText.h"
#include "tools/cim/Text.h"

#include <algorithm>
#include <cmath>

using namespace cim;

static std::string sizeText(double size, const std::string &unit) {
  return std::isinf(size) ? "any" : brief(size, 3) + " " + unit;
}

/// JSON has no infinity; null where no size was too large.
static Json sizeJson(double size) {
  return std::isinf(size) ? Json(nullptr) : Json(size);
}

std::optional<std::string>
cim::commonUnit(const std::vector<MeasuredLayer> &layers) {
  for (const MeasuredLayer &layer : layers)
    if (layer.unit != layers[0].unit)
      return std::nullopt;
  return layers.empty() ? std::nullopt : std::optional(layers[0].unit);
}

std::vector<BlockComparison>
cim::compareBlocks(const std::vector<MeasuredLayer> &layers) {
  std::vector<BlockComparison> blocks;
  for (size_t i = 1; i < layers.size(); ++i)
    if (layers[i - 1].role == "C1" && layers[i].role == "C2" &&
        layers[i].layers[0] == layers[i - 1].layers[0] + 1)
      blocks.push_back({layers[i - 1].name, layers[i].name,
                        pairedDifference(layers[i].accuracy.trials,
                                         layers[i - 1].accuracy.trials)});
  return blocks;
}

/// Between an estimate, where there is one of every layer, and the measurement;
/// \p sign -1: more means less accuracy.
static std::optional<double>
correlationOf(const std::vector<MeasuredLayer> &layers,
              std::optional<double> MeasuredLayer::*estimate, double sign = 1) {
  std::vector<double> estimated, measured;
  for (const MeasuredLayer &layer : layers) {
    if (!(layer.*estimate))
      return std::nullopt;
    estimated.push_back(sign * *(layer.*estimate));
    measured.push_back(layer.accuracy.mean);
  }
  return rankCorrelation(estimated, measured);
}

/// A bar as long as the loss, the longest of 20 columns.
static std::string lossBar(double loss, double most) {
  const int eighths =
      most > 0 ? std::lround(std::max(0.0, loss) / most * 20 * 8) : 0;
  static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  std::string bar;
  for (int full = 0; full < eighths / 8; ++full)
    bar += "█";
  return bar + parts[eighths % 8];
}

static std::string signedPoints(double fraction) {
  return (fraction >= 0 ? "+" : "") + hundredths(fraction);
}

static std::string blocksText(const std::vector<BlockComparison> &blocks) {
  Table table({{"C1"},
               {"C2"},
               {"C2 - C1, points", Table::Align::right},
               {"95 % over chips", Table::Align::right},
               {""}});
  int64_t better = 0;
  for (const BlockComparison &block : blocks) {
    const auto &interval = block.difference.interval;
    const bool isClear = interval && interval->lowest > 0;
    better += isClear;
    table.add({block.c1, block.c2, signedPoints(block.difference.mean),
               interval ? signedPoints(interval->lowest) + " to " +
                              signedPoints(interval->highest)
                        : "-",
               isClear                             ? "C2 more tolerant"
               : interval && interval->highest < 0 ? "C1 more tolerant"
                                                   : "no clear difference"});
  }
  return "\n" + table.text() + "C2 is clearly more tolerant in " +
         grouped(better) + " of " + grouped(blocks.size()) +
         " blocks with an identity shortcut\n";
}

std::string cim::toleranceText(const std::vector<MeasuredLayer> &layers,
                               double exact, std::optional<double> threshold) {
  std::vector<Table::Column> columns = {
      {"layer"},
      {"role"},
      {"weights", Table::Align::right},
      {"accuracy", Table::Align::right},
      {"95 % over chips", Table::Align::right}};
  if (threshold) {
    columns.push_back(
        {"largest for " + percent(*threshold, 1), Table::Align::right});
    columns.push_back({"95 % interval", Table::Align::right});
  }
  const bool hasEstimates = !layers.empty() && layers[0].estimate;
  const bool hasGradients = !layers.empty() && layers[0].lossIncrease;
  if (hasEstimates)
    columns.push_back({"estimate", Table::Align::right});
  if (hasGradients)
    columns.push_back({"loss rises by", Table::Align::right});
  columns.push_back({"lost points", Table::Align::right});
  columns.push_back({""});
  Table table(columns);
  double most = 0;
  for (const MeasuredLayer &layer : layers)
    most = std::max(most, exact - layer.accuracy.mean);
  for (const MeasuredLayer &layer : layers) {
    const Measure &accuracy = layer.accuracy;
    const double difference = exact - accuracy.mean;
    const double loss = std::abs(difference) < 5e-5 ? 0 : difference; // no -0
    std::vector<std::string> row = {
        layer.name, layer.role, grouped(layer.weights), percent(accuracy.mean),
        accuracy.standardDeviation ? accuraciesText(accuracy.interval) : "-"};
    if (threshold) {
      row.push_back(sizeText(*layer.largest, layer.unit));
      row.push_back(sizeText(layer.largestInterval.lowest, layer.unit) +
                    " to " +
                    sizeText(layer.largestInterval.highest, layer.unit));
    }
    if (hasEstimates)
      row.push_back(percent(*layer.estimate));
    if (hasGradients)
      row.push_back(brief(*layer.lossIncrease, 3));
    row.push_back(hundredths(loss));
    row.push_back(lossBar(loss, most));
    table.add(row);
  }
  const std::vector<BlockComparison> blocks = compareBlocks(layers);
  std::string text = table.text();
  auto addCorrelation = [&](const char *name, std::optional<double> value) {
    if (value)
      text += std::string("rank correlation of ") + name +
              " with the measurement: " + brief(*value, 3) + "\n";
  };
  addCorrelation("the estimates from margins",
                 correlationOf(layers, &MeasuredLayer::estimate));
  addCorrelation("those from gradients",
                 correlationOf(layers, &MeasuredLayer::lossIncrease, -1));
  return text + (blocks.empty() ? "" : blocksText(blocks));
}

void cim::describeTolerance(const std::vector<MeasuredLayer> &layers,
                            Json &document) {
  Json list = Json::array();
  for (const MeasuredLayer &layer : layers) {
    Json entry = {{"name", layer.name},
                  {"role", layer.publishedRole},
                  {"block_role", layer.role},
                  {"weights", layer.weights},
                  {"accuracy", measureJson(layer.accuracy)}};
    if (layer.largest) {
      entry["largest"] = sizeJson(*layer.largest);
      entry["unit"] = layer.unit;
      entry["largest_ci95"] =
          Json::array({sizeJson(layer.largestInterval.lowest),
                       sizeJson(layer.largestInterval.highest)});
    }
    if (layer.estimate)
      entry["estimate"] = *layer.estimate;
    if (layer.lossIncrease)
      entry["loss_increase"] = *layer.lossIncrease;
    list.push_back(std::move(entry));
  }
  document["layers"] = std::move(list);
  if (const auto value = correlationOf(layers, &MeasuredLayer::estimate))
    document["estimate_rank_correlation"] = *value;
  if (const auto value =
          correlationOf(layers, &MeasuredLayer::lossIncrease, -1))
    document["loss_increase_rank_correlation"] = *value;
  Json comparison = Json::array();
  for (const BlockComparison &block : compareBlocks(layers)) {
    const Difference &difference = block.difference;
    comparison.push_back(
        {{"c1", block.c1},
         {"c2", block.c2},
         {"difference",
          {{"mean", difference.mean},
           {"std", difference.standardDeviation
                       ? Json(*difference.standardDeviation)
                       : Json(nullptr)},
           {"ci95", difference.interval
                        ? Json::array({difference.interval->lowest,
                                       difference.interval->highest})
                        : Json(nullptr)},
           {"trials", difference.trials}}}});
  }
  document["comparison"] = std::move(comparison);
}

std::vector<ToleranceBar>
cim::toleranceBars(const std::vector<MeasuredLayer> &layers) {
  std::vector<ToleranceBar> bars;
  for (const MeasuredLayer &layer : layers)
    bars.push_back({layer.name, layer.role, layer.accuracy.mean,
                    layer.accuracy.interval.lowest,
                    layer.accuracy.interval.highest});
  return bars;
}
