//===- CellOptions.cpp - The grammar of what cells do ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/CellOptions.h"
#include "dialects/cim/grammar/Ranges.h"
#include "dialects/cim/grammar/Words.h"

#include <cmath>

using namespace cim;
using namespace cim::grammar;

CorrelatedOption cim::parseCorrelated(std::string_view text) {
  Parameters parameters(split(text, ','), {"column", "array", "die"});
  CorrelatedOption option;
  std::optional<Unit> unit;
  auto width = [&](std::string_view scope) {
    const auto value = parameters.find(scope);
    if (!value)
      return 0.0;
    const Amount amount = parseAmount(*value, scope);
    if (std::signbit(amount.value))
      throw GrammarError(std::string(scope) + " " + quote(*value) +
                         " is negative; a standard deviation cannot be");
    if (unit.value_or(amount.unit) != amount.unit)
      throw GrammarError(std::string(scope) + " " + quote(*value) +
                         " has another unit than the one before it");
    unit = amount.unit;
    return amount.value;
  };
  option.column = width("column");
  option.array = width("array");
  option.die = width("die");
  option.unit = *unit;
  // Weights of any unit are in no array.
  if (parameters.find("array") && option.unit != Unit::microsiemens)
    throw GrammarError("array " + quote(*parameters.find("array")) +
                       " is an error of cells; give it in uS");
  return option;
}

WriteVerifyOption cim::parseWriteVerify(std::string_view text) {
  std::vector<std::string_view> words = split(text, ',');
  WriteVerifyOption option;
  option.tolerance = parseAmount(words[0], "tolerance");
  if (!isRange(option.tolerance.value) ||
      option.tolerance.unit != Unit::microsiemens)
    throw GrammarError(
        "tolerance " + quote(words[0]) +
        " is not a conductance of at least 1e-30uS, such as 1uS: what is "
        "verified are cells");
  Parameters parameters({words.begin() + 1, words.end()}, {"pulses"});
  if (auto pulses = parameters.find("pulses")) {
    const double number =
        parseNumber(*pulses, "pulses", 1, WriteVerifyOption::mostPulses);
    if (number != std::floor(number))
      throw GrammarError("pulses " + quote(*pulses) +
                         " is not a whole number from 1 to 64");
    option.pulses = unsigned(number);
  }
  return option;
}

ReadDisturbOption cim::parseReadDisturb(std::string_view text) {
  std::vector<std::string_view> words = split(text, ',');
  ReadDisturbOption option;
  option.amount = parseAmount(words[0], "shift");
  Parameters parameters({words.begin() + 1, words.end()},
                        {"per", "exponent", "reads"});
  auto number = [&](std::string_view name, double lowest, double highest) {
    const auto value = parameters.find(name);
    return value ? std::optional(parseNumber(*value, name, lowest, highest))
                 : std::nullopt;
  };
  option.per = number("per", 1, 1e18).value_or(1);
  option.exponent = number("exponent", 0, 4).value_or(1);
  option.reads = number("reads", 0, 1e18);
  return option;
}
