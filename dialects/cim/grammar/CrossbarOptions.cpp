//===- CrossbarOptions.cpp - The grammar of crossbars ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/CrossbarOptions.h"
#include "dialects/cim/grammar/Ranges.h"
#include "dialects/cim/grammar/Words.h"

#include <cmath>

using namespace cim;
using namespace cim::grammar;

/// A whole number from 1 to \p highest, or 0.
static unsigned wholeNumber(std::string_view text, unsigned highest) {
  const uint64_t number = parseWholeNumber(text).value_or(0);
  return number <= highest ? number : 0;
}

ArraySize cim::parseCrossbar(std::string_view text) {
  constexpr unsigned largest = 65536;
  size_t times = text.find('x');
  ArraySize size;
  if (times != std::string_view::npos)
    size = {wholeNumber(text.substr(0, times), largest),
            wholeNumber(text.substr(times + 1), largest)};
  if (!size.rows || !size.columns)
    throw GrammarError(quote(text) +
                       " is not ROWSxCOLUMNS of an array, whole "
                       "numbers from 1 to 65536, such as 128x128");
  return size;
}

CellsOption cim::parseCells(std::string_view text) {
  std::vector<std::string_view> words = split(text, ',');
  CellsOption option;
  option.scheme = CellsOption::Scheme(
      parseWord(words[0], "cell scheme", {"differential", "offset"}));
  Parameters parameters({words.begin() + 1, words.end()}, {"reference"});
  if (auto reference = parameters.find("reference")) {
    if (option.scheme == CellsOption::Scheme::differential)
      throw GrammarError("differential cells have no reference; leave out "
                         "reference=, or use offset cells");
    option.idealReference =
        parseWord(*reference, "reference", {"real", "ideal"}) == 1;
  }
  return option;
}

ConductanceOption cim::parseConductance(std::string_view text) {
  constexpr double largest = 1e6;
  std::vector<std::string_view> words = split(text, ',');
  std::vector<std::string_view> ends = split(words[0], ':');
  if (ends.size() != 2)
    throw GrammarError(quote(words[0]) +
                       " is not a window GMIN:GMAX in uS, such as 1:40");
  ConductanceOption option;
  option.lowest = parseNumber(ends[0], "GMIN", 0, largest);
  option.highest = parseNumber(ends[1], "GMAX", 0, largest);
  if (option.lowest >= option.highest)
    throw GrammarError("the window " + quote(words[0]) +
                       " is empty; GMIN must be below GMAX");
  if (!isWindow(option.lowest, option.highest))
    throw GrammarError("the window " + quote(words[0]) +
                       " is too narrow for single precision; GMAX must be "
                       "above GMIN by a millionth of it, and by 1e-30, at "
                       "least");
  if (words.size() > 2)
    throw GrammarError("there is one parameter too many, " + quote(words[2]) +
                       "; write GMIN:GMAX or GMIN:GMAX,clip");
  if (words.size() == 2) {
    parseWord(words[1], "parameter", {"clip"});
    option.clip = true;
  }
  return option;
}

unsigned cim::parseCellBits(std::string_view text) {
  unsigned bits = wholeNumber(text, 16);
  if (!bits)
    throw GrammarError("bits per cell " + quote(text) +
                       " is not a whole number from 1 to 16");
  return bits;
}

Packing cim::parsePacking(std::string_view text) {
  return Packing(parseWord(text, "packing", {"naive", "dense"}));
}

WireResistanceOption cim::parseWireResistance(std::string_view text) {
  constexpr double largest = 1e6;
  std::vector<std::string_view> words = split(text, ',');
  WireResistanceOption option;
  const bool hasCommon = words[0].find('=') == std::string_view::npos;
  if (hasCommon) {
    option.row = option.column =
        parseNumber(words[0], "resistance (ohm)", 0, largest);
    words.erase(words.begin());
  }
  Parameters parameters(words, {"row", "column", "drive", "mode"});
  const auto row = parameters.find("row"), column = parameters.find("column");
  if (!hasCommon && !(row && column))
    throw GrammarError("the resistance is missing; write OHM of a segment, "
                       "such as 1.5, or both row=OHM and column=OHM");
  if (row)
    option.row = parseNumber(*row, "row (ohm)", 0, largest);
  if (column)
    option.column = parseNumber(*column, "column (ohm)", 0, largest);
  if (auto drive = parameters.find("drive"))
    option.driveBothEnds = parseWord(*drive, "drive", {"one", "both"}) == 1;
  if (auto mode = parameters.find("mode"))
    option.firstOrder = parseWord(*mode, "mode", {"exact", "first-order"}) == 1;
  return option;
}
