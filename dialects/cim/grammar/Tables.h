//===- Tables.h - Measured tables in CSV files ------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All files: text, one row a line, fields separated by commas, spaces around
// fields ignored. Empty lines and lines that begin with '#' are skipped, and so
// is a first row whose first field begins with a letter (column titles). At
// most 8 MiB and 65,536 rows. Every error names the file and the line.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_GRAMMAR_TABLES_H
#define CIM_DIALECTS_CIM_GRAMMAR_TABLES_H

#include "dialects/cim/grammar/ConverterOptions.h"

#include <string_view>
#include <vector>

namespace cim::grammar {

/// The levels that a device can hold (`levels=FILE.csv`): one column, weights
/// in their own unit, strictly ascending, at least two. Throws GrammarError.
std::vector<double> readLevels(std::string_view path);

/// Factors of a width or shift per level (`level=FILE.csv`): one column, from
/// the lowest level to the highest, equally spaced over the layer's range and
/// linear between; at least one. Negative factors only when \p isSigned.
/// Throws GrammarError.
std::vector<double> readLevelFactors(std::string_view path, bool isSigned);

/// A measured distribution, as the points of its cumulative distribution.
struct CumulativeDistribution {
  std::vector<double> probability; ///< from 0 to 1, not descending
  std::vector<double> value;       ///< not descending
};

/// Reads `file=FILE.csv` of an empirical distribution, in one of two forms:
///  - two columns VALUE,PROBABILITY: points of the cumulative distribution,
///    both not descending, the first probability 0 and the last 1; values
///    between points are uniformly distributed;
///  - three columns LOW,HIGH,COUNT: the bins of a histogram, in ascending
///  order,
///    not overlapping; counts need not be whole; values in a bin are uniformly
///    distributed.
/// Values are in units of the option's width; neither their mean nor their
/// variance is changed. Throws GrammarError.
CumulativeDistribution readCumulativeDistribution(std::string_view path);

/// A cell's current over the voltage at its input, two columns INPUT,CURRENT,
/// both shares of those at the largest input of a linear cell: inputs strictly
/// ascending from 0 or -1 to 1, with a row 0,0; from 0 on, negative inputs give
/// the opposite current. Throws GrammarError.
CurrentVoltageCurve readCurrentVoltageCurve(std::string_view path);

} // namespace cim::grammar

#endif // CIM_DIALECTS_CIM_GRAMMAR_TABLES_H
