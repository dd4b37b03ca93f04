//===- Words.cpp - Words, numbers and parameters of options ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/Words.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <numeric>

using namespace cim;
using namespace cim::grammar;

/// Larger magnitudes would overflow single precision once multiplied by a
/// weight range.
static constexpr double LargestAmount = 1e30;

std::string grammar::quote(std::string_view text) {
  constexpr size_t longest = 80;
  std::string result = "'";
  for (unsigned char c : text.substr(0, longest))
    result += c < 0x20 || c == 0x7f ? '?' : char(c);
  return result + (text.size() > longest ? "...'" : "'");
}

std::vector<std::string_view> grammar::split(std::string_view text,
                                             char separator) {
  std::vector<std::string_view> pieces;
  for (size_t begin = 0;;) {
    size_t end = text.find(separator, begin);
    pieces.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos)
      return pieces;
    begin = end + 1;
  }
}

namespace {

/// Text that is consumed from the left.
struct Cursor {
  std::string_view rest;

  bool take(char c) {
    if (rest.empty() || rest.front() != c)
      return false;
    rest.remove_prefix(1);
    return true;
  }

  /// An unsigned decimal number, leaving what follows it; nothing when there
  /// is none or a double cannot hold it.
  std::optional<double> takeDecimal(bool &outOfRange) {
    // from_chars would also take a sign, "inf" and "nan".
    if (rest.empty() ||
        !(std::isdigit(static_cast<unsigned char>(rest[0])) || rest[0] == '.'))
      return std::nullopt;
    double value;
    auto [end, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), value);
    outOfRange = error == std::errc::result_out_of_range;
    if (error != std::errc())
      return std::nullopt;
    rest.remove_prefix(end - rest.data());
    return value;
  }
};

} // namespace

std::optional<double> grammar::parseDecimal(std::string_view text) {
  Cursor cursor{text};
  double sign = cursor.take('-') ? -1 : 1;
  if (sign > 0)
    cursor.take('+');
  bool outOfRange;
  std::optional<double> value = cursor.takeDecimal(outOfRange);
  if (!value || !cursor.rest.empty())
    return std::nullopt;
  return sign * *value;
}

std::optional<uint64_t> grammar::parseWholeNumber(std::string_view text) {
  uint64_t number = 0;
  const char *end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || last != end)
    return std::nullopt;
  return number;
}

/// The shortest decimal text of \p value.
static std::string shortest(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

double grammar::parseNumber(std::string_view text, std::string_view what,
                            double lowest, double highest) {
  std::optional<double> value = parseDecimal(text);
  if (!value || *value < lowest || *value > highest)
    throw GrammarError(std::string(what) + " " + quote(text) +
                       " is not a number from " + shortest(lowest) + " to " +
                       shortest(highest));
  return *value;
}

Amount grammar::parseAmount(std::string_view text, std::string_view what) {
  auto fail = [&](const std::string &problem) {
    throw GrammarError(std::string(what) + " " + quote(text) + " " + problem);
  };
  constexpr const char *example =
      "is not a number with a unit, such as 0.25qs or -1/64qs";
  Cursor cursor{text};
  double sign = cursor.take('-') ? -1 : 1;
  if (sign > 0)
    cursor.take('+');
  bool outOfRange = false;
  std::optional<double> value = cursor.takeDecimal(outOfRange);
  if (value && cursor.take('/')) {
    std::optional<double> divisor = cursor.takeDecimal(outOfRange);
    if (divisor && *divisor == 0)
      fail("divides by zero");
    value = divisor ? std::optional(*value / *divisor) : std::nullopt;
  }
  if (outOfRange || (value && !(*value <= LargestAmount)))
    fail("is out of range; the largest magnitude is 1e30");
  if (!value)
    fail(example);
  std::string_view number = text.substr(0, text.size() - cursor.rest.size());
  constexpr Unit units[] = {Unit::quantizationStep, Unit::normalisedScale,
                            Unit::absolute, Unit::microsiemens};
  for (Unit unit : units)
    if (cursor.rest == spelling(unit))
      return {sign * *value, unit};
  std::string choices;
  for (Unit unit : units)
    choices += (choices.empty()              ? ""
                : unit == Unit::microsiemens ? " or "
                                             : ", ") +
               std::string(number.substr(0, 40)) + std::string(spelling(unit));
  fail((cursor.rest.empty() ? "has no unit"
                            : "has the unknown unit " + quote(cursor.rest)) +
       "; write " + choices);
  return {};
}

Parameters::Parameters(std::vector<std::string_view> words,
                       std::initializer_list<std::string_view> known) {
  for (std::string_view word : words) {
    size_t equals = word.find('=');
    std::string_view name = word.substr(0, equals);
    if (equals == std::string_view::npos)
      throw GrammarError((word.empty() ? "there is nothing after a comma"
                                       : quote(word) + " is not NAME=VALUE") +
                         std::string("; expected a parameter such as ") +
                         std::string(*known.begin()) + "=...");
    parseWord(name, "parameter", known);
    if (find(name))
      throw GrammarError("parameter " + quote(name) + " is given twice");
    values.emplace_back(name, word.substr(equals + 1));
  }
}

std::optional<std::string_view> Parameters::find(std::string_view name) const {
  for (const auto &[candidate, value] : values)
    if (candidate == name)
      return value;
  return std::nullopt;
}

size_t grammar::parseWord(std::string_view text, std::string_view what,
                          std::initializer_list<std::string_view> words) {
  const auto *found = std::find(words.begin(), words.end(), text);
  if (found != words.end())
    return found - words.begin();
  std::string list;
  for (std::string_view word : words)
    list += (list.empty() ? "" : ", ") + std::string(word);
  std::vector<std::string> candidates(words.begin(), words.end());
  std::vector<std::string> near = nearNames(text, candidates);
  throw GrammarError("unknown " + std::string(what) + " " + quote(text) +
                     (near.empty() ? "" : "; did you mean '" + near[0] + "'?") +
                     (near.empty() ? "; known: " : " Known: ") + list);
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one
/// text into the other (optimal string alignment).
static size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> twoAbove(b.size() + 1), above(b.size() + 1),
      row(b.size() + 1);
  std::iota(above.begin(), above.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1,
                         above[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], twoAbove[j - 2] + 1);
    }
    std::swap(twoAbove, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

static std::string lowerCase(std::string_view text) {
  constexpr size_t longest = 256; // bounds the quadratic distance
  std::string result(text.substr(0, longest));
  for (char &c : result)
    c = char(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::vector<std::string>
cim::nearNames(std::string_view name, std::span<const std::string> candidates) {
  std::string wanted = lowerCase(name);
  std::vector<std::pair<size_t, size_t>> near; // distance, candidate
  for (size_t i = 0; i < candidates.size(); ++i) {
    std::string other = lowerCase(candidates[i]);
    size_t distance = editDistance(wanted, other);
    // A part of a name is near it however long the rest is.
    bool isPart = wanted.size() >= 3 && other.find(wanted) != std::string::npos;
    if (isPart || distance <= std::max<size_t>(1, wanted.size() * 2 / 5))
      near.emplace_back(distance, i);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> result;
  for (size_t i = 0; i < near.size() && i < 3; ++i)
    result.push_back(candidates[near[i].second]);
  return result;
}
