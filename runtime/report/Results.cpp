//===- Results.cpp - Measurements, sorted into studies --------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/report/Results.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

using namespace cim;

std::vector<double> Result::accuracies() const {
  std::vector<double> list;
  list.reserve(chips.size());
  for (const auto &[number, accuracy] : chips)
    list.push_back(accuracy);
  return list;
}

std::vector<std::string> Study::varyingOptions() const {
  std::set<std::string> names, varying;
  for (const Result &result : results)
    for (const auto &[name, value] : result.options)
      names.insert(name);
  for (const std::string &name : names)
    for (const Result &result : results) {
      const auto own = result.options.find(name);
      const auto first = results.front().options.find(name);
      const bool hasOwn = own != result.options.end();
      const bool hasFirst = first != results.front().options.end();
      if (hasOwn != hasFirst || (hasOwn && own->second != first->second)) {
        varying.insert(name);
        break;
      }
    }
  return {varying.begin(), varying.end()};
}

std::string_view cim::optionIn(std::string_view name) {
  return name.substr(name.rfind(':') + 1); // npos + 1 is 0
}

/// What follows a device's name: the hash of its numbers.
static constexpr std::string_view modelMark = ",model=sha256:";

/// A value for people: a hash by its beginning.
static std::string readable(std::string value) {
  constexpr std::string_view mark = "sha256:";
  constexpr size_t digits = 64, shown = 8;
  for (size_t at = 0; (at = value.find(mark, at)) != value.npos; at += shown)
    if ((at += mark.size()) + digits <= value.size())
      value.erase(at + shown, digits - shown);
  return value;
}

Options cim::optionsOf(const std::string &json) {
  Options options;
  const auto document = nlohmann::json::parse(json, nullptr, false);
  if (!document.is_object())
    return {{"options", json}}; // of a store that somebody else wrote
  for (const auto &[name, value] : document.items()) {
    if (value.is_string()) {
      options[name] = readable(value.get<std::string>());
    } else if (value.is_array()) { // PATTERN:OPTION=VALUE
      for (const auto &item : value) {
        const std::string text =
            item.is_string() ? item.get<std::string>() : item.dump();
        const size_t equals = text.find('=');
        options[text.substr(0, equals)] =
            equals == text.npos ? "" : readable(text.substr(equals + 1));
      }
    } else if (value != false) {
      options[name] = value.dump();
    }
  }
  return options;
}

/// Leaves the name of a device to stand for its numbers, unless \p study has
/// several under one name: then its file was changed in between.
static void shortenDevices(Study &study) {
  std::map<std::string, std::set<std::string>> models; // by name
  auto forEachDevice = [&](auto function) {
    for (Result &result : study.results)
      for (auto &[option, value] : result.options)
        if (const size_t end = value.rfind(modelMark); end != value.npos)
          function(value, end);
  };
  forEachDevice([&](const std::string &value, size_t end) {
    models[value.substr(0, end)].insert(value.substr(end));
  });
  forEachDevice([&](std::string &value, size_t end) {
    if (models[value.substr(0, end)].size() == 1)
      value.resize(end);
  });
}

std::vector<Study> cim::studiesOf(Store &store) {
  std::map<int64_t, StoredPoint> points;
  for (StoredPoint &point : store.points())
    points.emplace(point.id, std::move(point));
  using Key =
      std::tuple<std::string, std::string, int64_t, std::string, uint64_t>;
  std::map<Key, size_t> known;
  std::vector<Study> studies;
  store.forEachChips([&](const StoredChips &chips) {
    const auto found = points.find(chips.point);
    if (found == points.end() || found->second.identity.images < 1)
      return; // of no point: not written by cim
    const StoredPoint &point = found->second;
    const PointIdentity &identity = point.identity;
    const auto [entry, isNew] =
        known.try_emplace({identity.modelSha256, identity.dataSha256,
                           identity.images, identity.kernels, chips.seed},
                          studies.size());
    if (isNew)
      studies.push_back({point.model,
                         point.data,
                         identity.modelSha256,
                         identity.dataSha256,
                         identity.images,
                         identity.kernels,
                         chips.seed,
                         0,
                         {}});
    Study &study = studies[entry->second];
    study.lastFinished = std::max(study.lastFinished, chips.lastFinished);
    Result result{optionsOf(identity.options),
                  {},
                  Sampling::fixed,
                  chips.seconds,
                  point.isRandom};
    for (size_t i = 0; i < chips.trials.size(); ++i)
      result.chips.push_back({chips.trials[i], double(chips.correct[i]) /
                                                   double(identity.images)});
    study.results.push_back(std::move(result));
  });
  std::ranges::for_each(studies, shortenDevices);
  return studies;
}

std::optional<Difference> cim::differenceOf(const Result &result,
                                            const Result &baseline) {
  if (!result.isRandom || !baseline.isRandom)
    return pairedDifference(result.accuracies(), baseline.accuracies());
  std::vector<double> ours, theirs;
  auto other = baseline.chips.begin();
  for (const auto &[number, accuracy] : result.chips) {
    while (other != baseline.chips.end() && other->first < number)
      ++other;
    if (other == baseline.chips.end())
      break;
    if (other->first == number) {
      ours.push_back(accuracy);
      theirs.push_back(other->second);
    }
  }
  if (ours.empty())
    return std::nullopt;
  return pairedDifference(ours, theirs);
}
