//===- ConverterOptions.cpp - The grammar of converters -------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/ConverterOptions.h"
#include "dialects/cim/grammar/Tables.h"
#include "dialects/cim/grammar/Words.h"

using namespace cim;
using namespace cim::grammar;

/// More than any range, and far from where single precision ends.
static constexpr double largestRange = 1e30, smallestRange = 1e-30;

/// The resolution of a converter, a whole number from \p least to 16.
static unsigned parseBits(std::string_view text, unsigned least) {
  const auto bits = parseWholeNumber(text);
  if (!bits || *bits < least || *bits > 16)
    throw GrammarError(
        "resolution " + quote(text) + " is not a whole number of bits from " +
        std::to_string(least) + " to 16; 'none' is an ideal converter");
  return *bits;
}

DacOption cim::parseDac(std::string_view text) {
  DacOption option;
  if (text == "none")
    return option;
  std::vector<std::string_view> words = split(text, ',');
  option.bits = parseBits(words[0], 1);
  Parameters parameters({words.begin() + 1, words.end()},
                        {"range", "inputs", "mode"});
  if (auto range = parameters.find("range"))
    option.range = parseNumber(*range, "range", smallestRange, largestRange);
  if (auto inputs = parameters.find("inputs"))
    option.isSigned = parseWord(*inputs, "inputs", {"unsigned", "signed"}) == 1;
  if (auto mode = parameters.find("mode"))
    option.isSerial = parseWord(*mode, "mode", {"parallel", "serial"}) == 1;
  if (option.bits == 1 && option.isSigned.value_or(false))
    throw GrammarError("one bit has no place for a sign; use at least 2 bits, "
                       "or inputs=unsigned");
  return option;
}

AdcOption cim::parseAdc(std::string_view text) {
  using Range = AdcOption::Range;
  AdcOption option;
  if (text == "none")
    return option;
  std::vector<std::string_view> words = split(text, ',');
  option.bits = parseBits(words[0], 2);
  Parameters parameters({words.begin() + 1, words.end()},
                        {"range", "percentile", "limit", "per"});
  auto range = parameters.find("range");
  auto percentile = parameters.find("percentile");
  auto limit = parameters.find("limit");
  if (range.has_value() + percentile.has_value() + limit.has_value() > 1)
    throw GrammarError("range=, percentile= and limit= all say where codes "
                       "end; give one of them");
  if (range && *range != "max") {
    option.range = Range::fraction;
    std::optional<double> fraction = parseDecimal(*range);
    if (!fraction || !(*fraction > 0 && *fraction <= 1))
      throw GrammarError("range " + quote(*range) +
                         " is neither max nor a fraction of the worst case "
                         "above 0 and up to 1");
    option.value = *fraction;
  }
  if (percentile) {
    option.range = Range::percentile;
    option.value = parseNumber(*percentile, "percentile", 1, 100);
  }
  if (limit) {
    option.range = Range::limits;
    for (std::string_view number : split(*limit, '/'))
      option.limits.push_back(
          parseNumber(number, "limit", smallestRange, largestRange));
  }
  if (auto per = parameters.find("per"))
    option.perTile = parseWord(*per, "per", {"layer", "tile"}) == 1;
  return option;
}

MismatchOption cim::parseMismatch(std::string_view text) {
  constexpr double largestGain = 1, mostCodes = 65536;
  Parameters parameters(split(text, ','), {"gain", "offset", "inl"});
  MismatchOption option;
  if (auto gain = parameters.find("gain"))
    option.gain = parseNumber(*gain, "gain", 0, largestGain);
  if (auto offset = parameters.find("offset"))
    option.offset = parseNumber(*offset, "offset", 0, mostCodes);
  if (auto inl = parameters.find("inl"))
    option.nonlinearity = parseNumber(*inl, "inl", 0, mostCodes);
  return option;
}

bool cim::parseDriftCompensation(std::string_view text) {
  return parseWord(text, "compensation", {"none", "global"}) == 1;
}

double cim::parseReadNoise(std::string_view text) {
  constexpr double largest = 1e6;
  Amount width = parseAmount(text, "width");
  if (width.unit != Unit::microsiemens)
    throw GrammarError("width " + quote(text) +
                       " is not in uS: read noise belongs to the conductance "
                       "of a cell; write for example 0.5uS");
  if (!(width.value >= 0 && width.value <= largest))
    throw GrammarError("width " + quote(text) +
                       " is not from 0uS to 1e6uS: it is a standard deviation");
  return width.value;
}

CurrentVoltageCurve cim::parseCurrentVoltage(std::string_view text) {
  return readCurrentVoltageCurve(text);
}
