//===- Charts.cpp - Which curves a study draws ----------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/report/Charts.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <set>

using namespace cim;

namespace {

/// What a reader can still tell apart.
constexpr size_t mostCurves = 12, mostCategories = 64;

bool isDigit(char character) { return character >= '0' && character <= '9'; }

/// Reads a number, perhaps a fraction, at \p at and moves on behind it.
std::optional<double> numberAt(std::string_view text, size_t &at) {
  auto read = [&](size_t begin, double &value) {
    const char *end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data() + begin, end, value);
    return error == std::errc() ? size_t(last - text.data()) : begin;
  };
  size_t begin = at;
  const bool isNegative = text[begin] == '-';
  if (isNegative || text[begin] == '+')
    ++begin;
  if (begin == text.size() || !(isDigit(text[begin]) || text[begin] == '.'))
    return std::nullopt;
  double number = 0, divisor = 1;
  size_t end = read(begin, number);
  if (end == begin)
    return std::nullopt;
  if (end + 1 < text.size() && text[end] == '/' && isDigit(text[end + 1])) {
    const size_t behind = read(end + 1, divisor);
    if (divisor != 0)
      number /= divisor, end = behind;
  }
  at = end;
  return isNegative ? -number : number;
}

std::string upTo(std::string_view text, char stop) {
  return std::string(text.substr(0, text.find(stop)));
}

double secondsIn(const std::string &unit) {
  return unit == "min" ? 60 : unit == "h" ? 3600 : unit == "d" ? 86400 : 1;
}

/// Options without which there is less error, so that leaving them out is the
/// number 0.
bool isErrorSize(std::string_view name) {
  const size_t colon = name.rfind(':');
  const std::string_view option =
      colon == name.npos ? name : name.substr(colon + 1);
  return option == "noise" || option == "shift" || option == "faults" ||
         option == "read-noise" || option == "wire-resistance";
}

/// Options without which the network is exact.
bool isSource(std::string_view option) {
  static const std::set<std::string_view> sources = {
      "quantize", "device",       "noise",  "write-verify",    "correlated",
      "shift",    "read-disturb", "faults", "wire-resistance", "dac",
      "adc",      "adc-mismatch", "iv",     "calibrate",       "read-noise"};
  return sources.contains(option);
}

struct Place {
  std::string kind;
  Options others;
  auto operator<=>(const Place &) const = default;
};

std::string nameOfModel(const Study &study) {
  return std::filesystem::path(study.model).filename().string();
}

ChartPoint pointOf(const Study &study, size_t result, double x) {
  const Result &measured = study.results[result];
  const Measure accuracy =
      measure(measured.accuracies(), study.images, measured.sampling);
  return {x, accuracy.mean, accuracy.interval, result};
}

/// The options in which the keys of \p curves differ.
std::vector<std::string> differing(const std::vector<Options> &curves) {
  std::set<std::string> names, differ;
  for (const Options &options : curves)
    for (const auto &[name, value] : options)
      names.insert(name);
  for (const std::string &name : names) {
    std::set<std::string> values;
    for (const Options &options : curves) {
      const auto found = options.find(name);
      values.insert(found == options.end() ? "\n" : found->second);
    }
    if (values.size() > 1)
      differ.insert(name);
  }
  return {differ.begin(), differ.end()};
}

/// Moves the longest curves to the front and drops what is too much.
void keepLongest(Chart &chart) {
  if (chart.curves.size() <= mostCurves)
    return;
  std::sort(chart.curves.begin(), chart.curves.end(),
            [](const ChartCurve &a, const ChartCurve &b) {
              return std::pair(b.points.size(), a.name) <
                     std::pair(a.points.size(), b.name);
            });
  chart.leftOut = chart.curves.size() - mostCurves;
  chart.curves.resize(mostCurves);
}

class Charts {
public:
  explicit Charts(const Study &study) : study(study) {}

  std::vector<Chart> make() {
    std::vector<Chart> charts;
    for (const std::string &option : study.varyingOptions()) {
      std::vector<Chart> own = numeric(option);
      if (own.empty())
        own = categorical(option);
      charts.insert(charts.end(), own.begin(), own.end());
    }
    return charts;
  }

private:
  Options without(size_t result, const std::string &option) const {
    Options others = study.results[result].options;
    others.erase(option);
    return others;
  }

  /// One chart per unit.
  std::vector<Chart> numeric(const std::string &option) {
    std::map<Place, std::map<double, size_t>> curves;
    std::map<std::string, std::string> units; // by kind
    for (size_t i = 0; i < study.results.size(); ++i) {
      const Options &options = study.results[i].options;
      const auto value = options.find(option);
      if (value == options.end())
        continue;
      if (const auto quantity = quantityIn(option, value->second)) {
        curves[{quantity->kind, without(i, option)}].emplace(quantity->number,
                                                             i);
        units[quantity->kind] = quantity->unit;
      }
    }
    if (isErrorSize(option))
      for (size_t i = 0; i < study.results.size(); ++i)
        if (!study.results[i].options.contains(option)) {
          const Options others = without(i, option);
          for (auto &[place, points] : curves)
            if (place.others == others)
              points.emplace(0, i);
        }

    std::vector<Chart> charts;
    std::map<std::string, std::vector<Place>> byUnit;
    for (const auto &[place, points] : curves)
      if (points.size() >= 2)
        byUnit[units[place.kind]].push_back(place);
    for (const auto &[unit, places] : byUnit) {
      Chart chart;
      const bool isTime = chart.isTime = option == "device";
      chart.xTitle = isTime ? "time after programming"
                            : option + (unit.empty() ? "" : " (" + unit + ")");
      chart.yTitle = "accuracy (%)";
      chart.title =
          nameOfModel(study) + ": accuracy over " + (isTime ? "time" : option);
      std::vector<Options> keys;
      for (const Place &place : places) {
        keys.push_back(place.others);
        keys.back()[option] = place.kind;
      }
      const std::vector<std::string> names = differing(keys);
      double lowest = INFINITY, highest = 0;
      for (size_t c = 0; c < places.size(); ++c) {
        ChartCurve &curve = chart.curves.emplace_back();
        curve.name = textOf(keys[c], names);
        for (const auto &[x, result] : curves[places[c]]) {
          curve.points.push_back(pointOf(study, result, x));
          lowest = std::min(lowest, x);
          highest = std::max(highest, x);
        }
      }
      chart.isLogarithmic = lowest > 0 && highest >= 100 * lowest;
      keepLongest(chart);
      charts.push_back(std::move(chart));
    }
    return charts;
  }

  /// Bars over the values of \p option, in the order of the results.
  std::vector<Chart> categorical(const std::string &option) {
    std::map<Options, std::map<std::string, size_t>> groups;
    std::vector<std::string> values;
    for (size_t i = 0; i < study.results.size(); ++i) {
      const auto found = study.results[i].options.find(option);
      const std::string value =
          found == study.results[i].options.end() ? "none" : found->second;
      groups[without(i, option)].emplace(value, i);
      if (std::find(values.begin(), values.end(), value) == values.end())
        values.push_back(value);
    }
    std::erase_if(groups,
                  [](const auto &group) { return group.second.size() < 2; });
    if (groups.empty() || values.size() > mostCategories)
      return {};
    Chart chart;
    chart.title = nameOfModel(study) + ": accuracy by " + option;
    chart.xTitle = option;
    chart.yTitle = "accuracy (%)";
    std::vector<Options> keys;
    for (const auto &[others, results] : groups)
      keys.push_back(others);
    const std::vector<std::string> names = differing(keys);
    std::set<std::string> used;
    for (const auto &[others, results] : groups)
      for (const auto &[value, result] : results)
        used.insert(value);
    for (const std::string &value : values)
      if (used.contains(value))
        chart.categories.push_back(value);
    for (const auto &[others, results] : groups) {
      ChartCurve &curve = chart.curves.emplace_back();
      curve.name = textOf(others, names);
      for (size_t c = 0; c < chart.categories.size(); ++c)
        if (const auto found = results.find(chart.categories[c]);
            found != results.end())
          curve.points.push_back(pointOf(study, found->second, double(c)));
    }
    keepLongest(chart);
    if (option == "layers")
      if (const auto exact = withoutErrors(keys))
        chart.reference = pointOf(study, *exact, 0);
    return {chart};
  }

  /// The result without the errors of \p keys, where all agree on it.
  std::optional<size_t> withoutErrors(std::vector<Options> keys) const {
    std::set<size_t> found;
    for (Options &key : keys) {
      std::erase_if(key, [](const auto &o) { return isSource(o.first); });
      found.insert(std::ranges::find(study.results, key, &Result::options) -
                   study.results.begin());
    }
    if (found.size() != 1 || *found.begin() == study.results.size())
      return std::nullopt;
    return *found.begin();
  }

  const Study &study;
};

} // namespace

std::optional<Quantity> cim::quantityIn(std::string_view option,
                                        std::string_view value) {
  const bool isDevice = option == "device" || option.ends_with(":device");
  size_t begin = 0;
  if (isDevice) {
    begin = value.find('@');
    if (begin == value.npos)
      return std::nullopt;
    ++begin;
  }
  // Hashes stand for the contents of files: no numbers.
  const size_t end =
      isDevice ? value.size() : std::min(value.find("sha256:"), value.size());
  for (size_t at = begin; at < end; ++at) {
    const bool isBeginning = at == begin || value[at - 1] == ':' ||
                             value[at - 1] == '=' || value[at - 1] == ',';
    size_t behind = at;
    if (!isBeginning)
      continue;
    const auto number = numberAt(value, behind);
    if (!number)
      continue;
    const std::string unit = upTo(value.substr(behind), ',');
    Quantity quantity{*number,
                      std::string(value.substr(0, at)) + "*" +
                          std::string(value.substr(behind)),
                      unit};
    if (isDevice) {
      quantity.number *= secondsIn(unit);
      quantity.kind = upTo(value, '@');
      quantity.unit = "s";
    }
    return quantity;
  }
  return std::nullopt;
}

std::vector<Chart> cim::chartsOf(const Study &study) {
  return Charts(study).make();
}

std::string cim::textOf(const Options &options,
                        const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names) {
    const auto found = options.find(name);
    text +=
        (text.empty() ? "" : ", ") +
        (found == options.end() ? "no " + name : name + " " + found->second);
  }
  return text;
}
