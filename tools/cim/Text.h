//===- Text.h - Numbers and tables for people -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_TEXT_H
#define CIM_TOOLS_CIM_TEXT_H

#include <cstdint>
#include <string>
#include <vector>

namespace cim {

/// 461,872
std::string grouped(int64_t number);

/// A number with \p digits significant digits, without trailing zeros.
std::string brief(double number, int digits = 4);

/// A quantity with the prefix that keeps it short: 2.31 uJ. \p unit is SI's.
std::string withPrefix(double value, const std::string &unit);

/// A fraction in percent: 91.73 %
std::string percent(double fraction, int decimals = 2);

/// The same without the unit: 91.73
std::string hundredths(double fraction);

/// 42 s, 3 min 12 s, 2 h 5 min
std::string duration(double seconds);

/// "64×3×3×3"
std::string shapeText(const std::vector<int64_t> &shape);

/// Width of \p text (UTF-8) in a terminal, one column per code point.
size_t columns(const std::string &text);

/// As much of \p text as fits so many columns.
std::string firstColumns(const std::string &text, size_t width);

/// Rows of text whose columns line up.
class Table {
public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };
  explicit Table(std::vector<Column> columns);
  void add(std::vector<std::string> row);
  /// A line between the rows before and after.
  void addRule();
  std::string text() const;

private:
  std::vector<Column> header;
  std::vector<std::vector<std::string>> rows; // an empty row is a rule
};

/// "name   value" lines, the values lined up.
std::string
fieldsText(const std::vector<std::pair<std::string, std::string>> &fields);

} // namespace cim

#endif // CIM_TOOLS_CIM_TEXT_H
