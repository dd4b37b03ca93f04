//===- Vary.cpp - The points of a sweep -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/Vary.h"
#include "dialects/cim/grammar/Words.h"
#include "runtime/tensor/Errors.h"

#include <algorithm>

using namespace cim;

namespace {

/// More than anybody waits for; protects from braces that multiply.
constexpr size_t mostPoints = 100'000;

[[noreturn]] void failTooMany() {
  throw UsageError("--vary: these are more than " + std::to_string(mostPoints) +
                   " points; split the sweep");
}

/// Where the brace that opens at \p open closes; \p commas are those between
/// its own pieces.
size_t closingBrace(const std::string &text, size_t open,
                    std::vector<size_t> &commas) {
  int depth = 0;
  for (size_t i = open; i < text.size(); ++i) {
    if (text[i] == '{')
      ++depth;
    else if (text[i] == ',' && depth == 1)
      commas.push_back(i);
    else if (text[i] == '}' && --depth == 0)
      return i;
  }
  throw UsageError("--vary '" + text +
                   "': a brace is not closed; write lists as {a,b,c}");
}

void expand(const std::string &text, std::vector<std::string> &into) {
  const size_t open = text.find('{');
  if (open == text.npos) {
    if (text.find('}') != text.npos)
      throw UsageError("--vary '" + text +
                       "': a brace is not opened; write lists as {a,b,c}");
    into.push_back(text);
    if (into.size() > mostPoints)
      failTooMany();
    return;
  }
  std::vector<size_t> ends;
  const size_t close = closingBrace(text, open, ends);
  ends.push_back(close);
  size_t begin = open + 1;
  for (size_t end : ends) {
    expand(text.substr(0, open) + text.substr(begin, end - begin) +
               text.substr(close + 1),
           into);
    begin = end + 1;
  }
}

void set(const Setting &setting, ErrorFlags &errors) {
  const auto &[name, value] = setting;
  if (value == "none")
    return;
  if (std::string *option = errors.find(name))
    *option = value;
  else
    errors.overrides.push_back(name + "=" + value);
}

/// Throws UsageError unless \p name is an option that a sweep can vary.
void checkName(const std::string &name, const ErrorFlags &fixed) {
  ErrorFlags errors = fixed;
  if (const std::string *option = errors.find(name)) {
    if (!option->empty())
      throw UsageError("--" + name + " is fixed to '" + *option +
                       "' and varied at once; leave one out");
    return;
  }
  if (name.find(':') != name.npos) // checked with its values, as --layer is
    return;
  const auto near = nearNames(name, ErrorFlags::names());
  throw UsageError("--vary '" + name + "' is no option that can be varied" +
                   (near.empty()
                        ? std::string("; use one of the error options, or "
                                      "PATTERN:OPTION for some layers")
                        : "; did you mean '" + near[0] + "'?"));
}

} // namespace

Setting cim::parseSetting(const std::string &option, const std::string &text) {
  const size_t equals = text.find('=');
  if (equals == text.npos || equals == 0 || equals + 1 == text.size())
    throw UsageError(option + " '" + text +
                     "': write OPTION=VALUE, for example " +
                     (option == "--vary" ? "noise=normal:{0,0.25,0.5}qs"
                                         : "noise=normal:0.25qs"));
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::vector<std::string> cim::expandBraces(const std::string &text) {
  std::vector<std::string> list;
  expand(text, list);
  return list;
}

std::vector<SweepPoint> cim::sweepPoints(const ErrorFlags &fixed,
                                         const std::vector<std::string> &vary) {
  std::vector<SweepPoint> points = {{{}, fixed}};
  std::vector<std::string> seen;
  for (const std::string &text : vary) {
    const auto [name, list] = parseSetting("--vary", text);
    if (std::find(seen.begin(), seen.end(), name) != seen.end())
      throw UsageError("--vary '" + name +
                       "' is given twice; write all its values in one list "
                       "{a,b,c}");
    seen.push_back(name);
    checkName(name, fixed);
    std::vector<std::string> values = expandBraces(list);
    for (size_t i = 0; i < values.size(); ++i) {
      if (values[i].empty())
        throw UsageError("--vary '" + text +
                         "' lists an empty value; write none for a point "
                         "without this option");
      if (std::find(values.begin(), values.begin() + i, values[i]) !=
          values.begin() + i)
        throw UsageError("--vary '" + text + "' lists '" + values[i] +
                         "' twice");
    }
    if (points.size() > mostPoints / values.size())
      failTooMany();
    std::vector<SweepPoint> next;
    for (const SweepPoint &point : points)
      for (const std::string &value : values) {
        next.push_back(point);
        next.back().settings.push_back({name, value});
        set(next.back().settings.back(), next.back().errors);
      }
    points = std::move(next);
  }
  return points;
}

bool cim::containsAll(const std::vector<Setting> &settings,
                      const std::vector<Setting> &wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const Setting &setting) {
    return std::find(settings.begin(), settings.end(), setting) !=
           settings.end();
  });
}
