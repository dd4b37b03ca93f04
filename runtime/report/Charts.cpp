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

/// Whether leaving out option \p name is the number 0 among its values of
/// \p kind.
bool isZeroWithout(std::string_view name, std::string_view kind) {
  const std::string_view option = optionIn(name);
  // All other numbers of these are sizes of errors, too, and must be 0.
  if (option == "faults" || option == "wire-resistance")
    return kind.find_first_of("123456789") == kind.npos;
  return option == "noise" || option == "shift" || option == "read-noise";
}

/// Options without which the network is exact.
bool isSource(std::string_view option) {
  static const std::set<std::string_view> sources = {
      "quantize", "device",       "noise",  "write-verify",    "correlated",
      "shift",    "read-disturb", "faults", "wire-resistance", "dac",
      "adc",      "adc-mismatch", "iv",     "calibrate",       "read-noise"};
  return sources.contains(option);
}

/// What the first number of an option counts that is written without a unit.
std::string unitOf(std::string_view option) {
  static const std::map<std::string_view, std::string> units = {
      {"quantize", "bits"},
      {"adc", "bits"},
      {"dac", "bits"},
      {"cell-bits", "bits"},
      {"wire-resistance", "ohm"}};
  const auto found = units.find(optionIn(option));
  return found == units.end() ? "" : found->second;
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

/// What all \p keys, at least one, agree on.
Options commonOf(const std::vector<Options> &keys) {
  Options common = keys.front();
  for (const Options &key : keys)
    std::erase_if(common, [&](const auto &option) {
      const auto found = key.find(option.first);
      return found == key.end() || found->second != option.second;
    });
  return common;
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
      if (const auto found = numberIn(option, value->second)) {
        curves[{found->kind, without(i, option)}].emplace(found->number, i);
        units[found->kind] = found->unit.empty() && found->kind.starts_with('*')
                                 ? unitOf(option)
                                 : found->unit;
      }
    }
    for (auto &[place, points] : curves)
      if (isZeroWithout(option, place.kind))
        if (const auto none = std::ranges::find(study.results, place.others,
                                                &Result::options);
            none != study.results.end())
          points.emplace(0, none - study.results.begin());

    std::vector<Chart> charts;
    std::map<std::string, std::vector<Place>> byUnit;
    for (const auto &[place, points] : curves)
      if (points.size() >= 2)
        byUnit[units[place.kind]].push_back(place);
    for (const auto &[unit, places] : byUnit) {
      Chart chart;
      const bool isTime = chart.isTime = option == "device";
      chart.isWhole = unit == "bits";
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
      Options common = commonOf(keys);
      if (common.contains(option) && common[option].starts_with("*") &&
          common[option].find(',') == std::string::npos)
        common.erase(option); // the axis says as much
      chart.caption = captionOf(chart, common);
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
    chart.caption = captionOf(chart, commonOf(keys));
    if (option == "layers")
      if (const auto exact = withoutErrors(keys))
        chart.reference = pointOf(study, *exact, 0);
    return {chart};
  }

  /// What \p chart shows, whose points have \p common.
  std::vector<std::string> captionOf(const Chart &chart,
                                     const Options &common) const {
    std::vector<std::string> names, caption;
    for (const auto &[name, value] : common)
      names.push_back(name);
    if (!names.empty())
      caption.push_back(textOf(common, names));
    caption.push_back(precisionOf(chart));
    return caption;
  }

  /// How well the points of \p chart are known.
  std::string precisionOf(const Chart &chart) const {
    size_t fewest = SIZE_MAX, most = 0;
    for (const ChartCurve &curve : chart.curves)
      for (const ChartPoint &point : curve.points) {
        const size_t chips = study.results[point.result].chips.size();
        fewest = std::min(fewest, chips);
        most = std::max(most, chips);
      }
    auto counted = [](int64_t count, const std::string &what) {
      return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
    };
    return counted(study.images, "image") + ", " +
           (fewest < most ? std::to_string(fewest) + " to " : "") +
           counted(most, "chip") +
           (chart.categories.empty() ? "; band" : "; whiskers") +
           (most == 1     ? ": 95 % interval over images"
            : fewest == 1 ? ": 95 % over chips (of one: images)"
                          : ": 95 % interval over chips");
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

std::optional<OptionNumber> cim::numberIn(std::string_view option,
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
  const size_t end = std::min(value.find("sha256:"), value.size());
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
    OptionNumber found{*number,
                       std::string(value.substr(0, at)) + "*" +
                           std::string(value.substr(behind)),
                       unit};
    if (isDevice) {
      found.number *= secondsIn(unit);
      const size_t model = std::min(value.rfind(",model="), value.size());
      found.kind = upTo(value, '@') + std::string(value.substr(model));
      found.unit = "s";
    }
    return found;
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
