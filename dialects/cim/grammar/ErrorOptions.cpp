//===- ErrorOptions.cpp - The grammar of memory errors --------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/ErrorOptions.h"
#include "dialects/cim/grammar/Tables.h"
#include "dialects/cim/grammar/Words.h"

#include <algorithm>
#include <cmath>

using namespace cim;
using namespace cim::grammar;

std::string_view cim::spelling(Unit unit) {
  switch (unit) {
  case Unit::quantizationStep:
    return "qs";
  case Unit::normalisedScale:
    return "ns";
  case Unit::absolute:
    return "abs";
  case Unit::microsiemens:
    return "uS";
  }
  return {};
}

/// The pieces of a comma-separated list after the first.
static std::vector<std::string_view>
afterFirst(const std::vector<std::string_view> &words) {
  return {words.begin() + 1, words.end()};
}

QuantizeOption cim::parseQuantize(std::string_view text) {
  QuantizeOption option;
  std::vector<std::string_view> words = split(text, ',');
  if (words[0].find('=') != std::string_view::npos) {
    Parameters parameters(words, {"levels"});
    option.mode = QuantizeOption::Mode::levels;
    option.levels = readLevels(*parameters.find("levels"));
    return option;
  }
  std::optional<double> bits = parseDecimal(words[0]);
  if (!bits || *bits != std::floor(*bits) || *bits < 1 || *bits > 16)
    throw GrammarError(
        words[0].empty()
            ? "the number of bits is missing; write BITS (1 to 16), such as "
              "5, or levels=FILE.csv"
            : "bits " + quote(words[0]) +
                  " is not a whole number from 1 to 16; write BITS, such as "
                  "5, or levels=FILE.csv");
  option.bits = unsigned(*bits);
  Parameters parameters(afterFirst(words), {"mode", "percentile", "per"});
  if (auto mode = parameters.find("mode"))
    option.mode = QuantizeOption::Mode(parseWord(
        *mode, "mode", {"minmax", "symmetric", "percentile", "lloyd"}));
  if (auto per = parameters.find("per"))
    option.perChannel = parseWord(*per, "per", {"tensor", "channel"}) == 1;
  bool needsPercentile = option.mode == QuantizeOption::Mode::percentile;
  if (auto percentile = parameters.find("percentile")) {
    if (!needsPercentile)
      throw GrammarError("percentile= is given without mode=percentile");
    option.percentile = parseNumber(*percentile, "percentile", 0, 100);
    if (option.percentile == 0)
      throw GrammarError("percentile 0 leaves no range; write one above 0, "
                         "such as 99.9");
  } else if (needsPercentile) {
    throw GrammarError("mode=percentile needs percentile=P, such as "
                       "percentile=99.9");
  }
  if (option.bits < 2 && (option.mode == QuantizeOption::Mode::symmetric ||
                          option.mode == QuantizeOption::Mode::percentile))
    throw GrammarError("mode=" + std::string(*parameters.find("mode")) +
                       " needs at least 2 bits: 1 bit has no level beside "
                       "zero");
  return option;
}

NoiseOption cim::parseNoise(std::string_view text) {
  using Distribution = NoiseOption::Distribution;
  size_t colon = text.find(':');
  NoiseOption option;
  option.distribution = Distribution(parseWord(
      text.substr(0, colon), "distribution",
      {"normal", "uniform", "lognormal", "laplace", "student-t", "empirical"}));
  if (colon == std::string_view::npos)
    throw GrammarError("the width is missing; write " + std::string(text) +
                       ":WIDTH, such as " + std::string(text) + ":0.25qs");
  std::vector<std::string_view> words = split(text.substr(colon + 1), ',');
  option.width = parseAmount(words[0], "width");
  if (std::signbit(option.width.value))
    throw GrammarError("width " + quote(words[0]) +
                       " is negative; a standard deviation cannot be");
  std::vector<std::string_view> rest = afterFirst(words);
  auto readLevelOf = [&](const Parameters &parameters) {
    if (auto path = parameters.find("level"))
      option.levelFactor = readLevelFactors(*path, /*isSigned=*/false);
  };
  switch (option.distribution) {
  case Distribution::lognormal: {
    Parameters parameters(rest, {"level", "shape"});
    auto shape = parameters.find("shape");
    // Above 5 the variance is made of draws that no layer is large enough to
    // contain.
    option.parameter = shape ? parseNumber(*shape, "shape", 1e-3, 5) : 1;
    readLevelOf(parameters);
    break;
  }
  case Distribution::studentT: {
    Parameters parameters(rest, {"level", "df"});
    auto degrees = parameters.find("df");
    if (!degrees)
      throw GrammarError("student-t needs its degrees of freedom, df= above "
                         "2, such as df=4");
    option.parameter = parseNumber(*degrees, "df", 0, 1e6);
    if (!(option.parameter > 2))
      throw GrammarError("df " + quote(*degrees) +
                         " must be above 2: the variance is infinite below");
    readLevelOf(parameters);
    break;
  }
  case Distribution::empirical: {
    Parameters parameters(rest, {"level", "file"});
    auto path = parameters.find("file");
    if (!path)
      throw GrammarError("empirical needs its distribution, file=FILE.csv");
    CumulativeDistribution distribution = readCumulativeDistribution(*path);
    option.quantileProbability = std::move(distribution.probability);
    option.quantileValue = std::move(distribution.value);
    readLevelOf(parameters);
    break;
  }
  default:
    readLevelOf(Parameters(rest, {"level"}));
  }
  return option;
}

ShiftOption cim::parseShift(std::string_view text) {
  std::vector<std::string_view> words = split(text, ',');
  ShiftOption option;
  option.amount = parseAmount(words[0], "shift");
  Parameters parameters(afterFirst(words), {"level"});
  if (auto path = parameters.find("level"))
    option.levelFactor = readLevelFactors(*path, /*isSigned=*/true);
  return option;
}

FaultsOption cim::parseFaults(std::string_view text) {
  Parameters parameters(split(text, ','), {"low", "high", "flip"});
  auto fraction = [&](std::string_view name) {
    auto value = parameters.find(name);
    return value ? parseNumber(*value, name, 0, 1) : 0.0;
  };
  FaultsOption option{fraction("low"), fraction("high"), fraction("flip")};
  if (option.low + option.high > 1)
    throw GrammarError("low and high together are more than all cells; their "
                       "sum can be at most 1");
  return option;
}
