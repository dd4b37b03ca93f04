//===- Page.cpp - Results as one web page ---------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/report/Page.h"
#include "runtime/report/Charts.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

using namespace cim;
using Json = nlohmann::ordered_json;

namespace {

constexpr unsigned char skeleton[] = {
#embed "page.html"
};
constexpr unsigned char style[] = {
#embed "page.css"
};
constexpr unsigned char script[] = {
#embed "page.js"
};
constexpr unsigned char echarts[] = {
#embed "echarts.min.js"
};

template <size_t Size>
std::string_view textIn(const unsigned char (&bytes)[Size]) {
  return {reinterpret_cast<const char *>(bytes), Size};
}

Json list(const Interval &interval) {
  return Json::array({interval.lowest, interval.highest});
}

/// A result, summed up.
struct Summary {
  Measure accuracy;
  double quantiles[5]; ///< 5, 25, 50, 75 and 95 % of chips at or below
  Share yield;
  std::vector<double> edges;
  std::vector<int64_t> counts;
};

constexpr double shares[] = {0.05, 0.25, 0.5, 0.75, 0.95};

Summary summaryOf(const Study &study, const Result &result, double threshold) {
  std::vector<double> accuracies = result.accuracies();
  Summary summary;
  summary.accuracy = measure(accuracies, study.images, result.sampling);
  summary.yield = yieldAbove(accuracies, threshold);
  std::sort(accuracies.begin(), accuracies.end());
  for (size_t i = 0; i < std::size(shares); ++i)
    summary.quantiles[i] = quantile(accuracies, shares[i]);
  const double low = accuracies.front(), high = accuracies.back();
  if (accuracies.size() >= 5 && high > low) {
    const int bins = std::clamp(int(std::sqrt(accuracies.size()) * 1.5), 5, 40);
    summary.counts.resize(bins);
    for (int i = 0; i <= bins; ++i)
      summary.edges.push_back(low + (high - low) * i / bins);
    for (double accuracy : accuracies)
      ++summary.counts[std::min(bins - 1,
                                int((accuracy - low) / (high - low) * bins))];
  }
  return summary;
}

/// Of codes and converters more bits are less error, of all else less is: more
/// bits in a cell are more levels to tell apart.
bool isBits(std::string_view option) {
  const std::string_view name = optionIn(option);
  return name == "quantize" || name == "adc" || name == "dac";
}

/// What each result is compared with, chip by chip: the point of its curve with
/// the least error; of bars the reference, or the first one.
std::vector<std::optional<size_t>>
baselinesOf(const Study &study, const std::vector<Chart> &charts) {
  std::vector<std::optional<size_t>> baselines(study.results.size());
  for (const Chart &chart : charts) {
    const std::string option = chart.xTitle.substr(0, chart.xTitle.find(' '));
    for (const ChartCurve &curve : chart.curves) {
      const ChartPoint *least = &curve.points.front();
      for (const ChartPoint &point : curve.points)
        if (chart.categories.empty() &&
            (isBits(option) ? point.x > least->x
                            : std::abs(point.x) < std::abs(least->x)))
          least = &point;
      const size_t base =
          chart.reference ? chart.reference->result : least->result;
      for (const ChartPoint &point : curve.points)
        if (!baselines[point.result] && point.result != base)
          baselines[point.result] = base;
    }
  }
  return baselines;
}

Json jsonOf(const Chart &chart) {
  Json curves = Json::array();
  for (const ChartCurve &curve : chart.curves) {
    Json points = Json::array();
    for (const ChartPoint &point : curve.points)
      points.push_back(Json::array({point.x, point.result}));
    curves.push_back({{"name", curve.name}, {"points", points}});
  }
  return {{"title", chart.title},
          {"x", chart.xTitle},
          {"y", chart.yTitle},
          {"logarithmic", chart.isLogarithmic},
          {"time", chart.isTime},
          {"whole", chart.isWhole},
          {"left_out", chart.leftOut},
          {"reference",
           chart.reference ? Json(chart.reference->value) : Json(nullptr)},
          {"categories", chart.categories},
          {"curves", curves}};
}

Json jsonOf(const Study &study, const PageOptions &options) {
  const std::vector<std::string> varying = study.varyingOptions();
  Json settings = Json::object();
  for (const auto &[name, value] : study.results.front().options)
    if (!std::binary_search(varying.begin(), varying.end(), name))
      settings[name] = value;
  const std::vector<Chart> charts = chartsOf(study);
  const auto baselines = baselinesOf(study, charts);
  Json results = Json::array();
  for (size_t i = 0; i < study.results.size(); ++i) {
    const Result &result = study.results[i];
    const Summary summary = summaryOf(study, result, options.yieldThreshold);
    const Measure &accuracy = summary.accuracy;
    Json own = Json::object();
    for (const std::string &name : varying)
      if (const auto found = result.options.find(name);
          found != result.options.end())
        own[name] = found->second;
    Json json = {{"options", own},
                 {"chips", result.chips.size()},
                 {"mean", accuracy.mean},
                 {"std", accuracy.standardDeviation
                             ? Json(*accuracy.standardDeviation)
                             : Json(nullptr)},
                 {"ci95", list(accuracy.interval)},
                 {"image_ci95", list(accuracy.imageInterval)},
                 {"quantiles", summary.quantiles},
                 {"yield", summary.yield.share},
                 {"yield_ci95", list(summary.yield.interval)},
                 {"sequential", result.sampling == Sampling::sequential},
                 {"seconds", result.seconds}};
    if (!summary.counts.empty())
      json["histogram"] = {{"edges", summary.edges},
                           {"counts", summary.counts}};
    if (baselines[i])
      if (const auto difference =
              differenceOf(result, study.results[*baselines[i]]))
        json["difference"] = {{"baseline", *baselines[i]},
                              {"mean", difference->mean},
                              {"ci95", difference->interval
                                           ? list(*difference->interval)
                                           : Json(nullptr)}};
    results.push_back(std::move(json));
  }
  Json drawn = Json::array();
  for (const Chart &chart : charts)
    drawn.push_back(jsonOf(chart));
  // JavaScript's numbers have only 53 bits.
  const std::string seed = std::to_string(study.seed);
  return {{"model", study.model},   {"model_sha256", study.modelSha256},
          {"data", study.data},     {"data_sha256", study.dataSha256},
          {"images", study.images}, {"kernels", study.kernels},
          {"seed", seed},           {"last_finished", study.lastFinished},
          {"settings", settings},   {"columns", varying},
          {"charts", drawn},        {"results", results}};
}

void replace(std::string &text, const std::string &marker,
             std::string_view by) {
  text.replace(text.find(marker), marker.size(), by);
}

} // namespace

std::string cim::pageOf(std::span<const Study> studies,
                        const PageOptions &options) {
  Json data = {
      {"title", options.title},
      {"version", options.version},
      {"schema", Store::version},
      {"written",
       std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())},
      {"yield_above", options.yieldThreshold},
      {"running", options.running ? Json(*options.running) : Json(nullptr)},
      {"studies", Json::array()}};
  for (const Study &study : studies)
    if (!study.results.empty())
      data["studies"].push_back(jsonOf(study, options));
  // Names come from files: no UTF-8 perhaps, and never the end of a script.
  std::string text = data.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (size_t at = 0; (at = text.find('<', at)) != text.npos; at += 6)
    text.replace(at, 1, "\\u003c");
  std::string page(textIn(skeleton));
  replace(page, "@REFRESH@",
          options.running ? "<meta http-equiv=\"refresh\" content=\"5\">" : "");
  replace(page, "@STYLE@", textIn(style));
  replace(page, "@ECHARTS@", textIn(echarts));
  replace(page, "@SCRIPT@", textIn(script));
  replace(page, "@DATA@", text); // last: it may look like a marker
  return page;
}

std::string cim::csvField(std::string text) {
  if (text.find_first_of(",\"\r\n") == text.npos)
    return text;
  for (size_t at = 0; (at = text.find('"', at)) != text.npos; at += 2)
    text.insert(at, "\"");
  return '"' + text + '"';
}

std::string cim::tableOf(std::span<const Study> studies,
                         double yieldThreshold) {
  std::set<std::string> names;
  for (const Study &study : studies)
    for (const Result &result : study.results)
      for (const auto &[name, value] : result.options)
        names.insert(name);
  std::ostringstream out;
  out.precision(9);
  out << "model,model_sha256,data,data_sha256,images,kernels,seed";
  for (const std::string &name : names)
    out << ',' << csvField(name);
  out << ",chips,mean,std,ci95_low,ci95_high,image_ci95_low,image_ci95_high,"
         "quantile_0.05,quantile_0.25,quantile_0.5,quantile_0.75,"
         "quantile_0.95,yield_above_"
      << yieldThreshold << "\n";
  for (const Study &study : studies)
    for (const Result &result : study.results) {
      const Summary summary = summaryOf(study, result, yieldThreshold);
      const Measure &accuracy = summary.accuracy;
      out << csvField(study.model) << ',' << study.modelSha256 << ','
          << csvField(study.data) << ',' << study.dataSha256 << ','
          << study.images << ',' << csvField(study.kernels) << ','
          << study.seed;
      for (const std::string &name : names) {
        const auto found = result.options.find(name);
        out << ','
            << (found == result.options.end() ? "" : csvField(found->second));
      }
      out << ',' << result.chips.size() << ',' << accuracy.mean << ',';
      if (accuracy.standardDeviation)
        out << *accuracy.standardDeviation;
      for (const Interval &interval :
           {accuracy.interval, accuracy.imageInterval})
        out << ',' << interval.lowest << ',' << interval.highest;
      for (double quantile : summary.quantiles)
        out << ',' << quantile;
      out << ',' << summary.yield.share << "\n";
    }
  return out.str();
}
