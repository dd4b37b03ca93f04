//===- Tables.cpp - Measured tables in CSV files --------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/Tables.h"
#include "dialects/cim/grammar/Words.h"

#include <cctype>
#include <cmath>
#include <filesystem>
#include <fstream>

using namespace cim;
using namespace cim::grammar;

static constexpr size_t LargestFile = 8 << 20;
static constexpr size_t MostRows = 65536;
/// Larger magnitudes would overflow single precision.
static constexpr double LargestValue = 1e30;

namespace {

struct Row {
  std::vector<double> fields;
  size_t line; ///< counted from 1
};

/// A CSV file's rows, with one way to complain about them.
struct Table {
  std::string path;
  std::vector<Row> rows;

  [[noreturn]] void fail(const std::string &problem) const {
    throw GrammarError("file " + quote(path) + " " + problem);
  }
  [[noreturn]] void fail(size_t line, const std::string &problem) const {
    fail("line " + std::to_string(line) + ": " + problem);
  }
};

} // namespace

static std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

static std::string readText(const Table &table) {
  // Only a regular file has a size to check, and cannot block.
  std::error_code error;
  if (!std::filesystem::is_regular_file(table.path, error))
    table.fail(error && error != std::errc::no_such_file_or_directory
                   ? "cannot be read: " + error.message()
                   : "is not there, or is not a regular file");
  uintmax_t size = std::filesystem::file_size(table.path, error);
  if (!error && size > LargestFile)
    table.fail("is larger than 8 MiB");
  std::ifstream stream(table.path, std::ios::binary);
  std::string text(error ? 0 : size, '\0');
  stream.read(text.data(), std::streamsize(text.size()));
  if (error || !stream.is_open() || stream.bad())
    table.fail("cannot be read");
  text.resize(size_t(stream.gcount()));
  if (text.starts_with("\xef\xbb\xbf")) // byte order mark of spreadsheets
    text.erase(0, 3);
  return text;
}

static Table readTable(std::string_view path) {
  if (path.empty())
    throw GrammarError("a file's name is missing after '='");
  Table table{std::string(path), {}};
  std::string text = readText(table);
  size_t line = 0;
  bool mayHaveTitles = true;
  for (std::string_view content : split(text, '\n')) {
    ++line;
    content = trimmed(content);
    if (content.empty() || content.front() == '#')
      continue;
    Row row{{}, line};
    for (std::string_view field : split(content, ',')) {
      field = trimmed(field);
      std::optional<double> value = parseDecimal(field);
      if (!value && row.fields.empty() && mayHaveTitles && !field.empty() &&
          std::isalpha(static_cast<unsigned char>(field.front())) &&
          field.find_first_of("0123456789") == std::string_view::npos)
        break;
      if (!value || std::abs(*value) > LargestValue)
        table.fail(line, quote(field) + " is not a finite number" +
                             (value ? " up to 1e30" : ""));
      row.fields.push_back(*value);
      if (row.fields.size() > 3)
        table.fail(line, "has more than three columns");
    }
    mayHaveTitles = false;
    if (row.fields.empty())
      continue;
    if (!table.rows.empty() &&
        row.fields.size() != table.rows.front().fields.size())
      table.fail(line, "has " + std::to_string(row.fields.size()) +
                           " columns, the rows before it " +
                           std::to_string(table.rows.front().fields.size()));
    if (table.rows.size() == MostRows)
      table.fail(line, "is one row more than the largest table (65536)");
    table.rows.push_back(std::move(row));
  }
  if (table.rows.empty())
    table.fail("has no rows of numbers");
  return table;
}

static Table readColumn(std::string_view path) {
  Table table = readTable(path);
  if (table.rows.front().fields.size() != 1)
    table.fail(table.rows.front().line, "has more than one column");
  return table;
}

std::vector<double> grammar::readLevels(std::string_view path) {
  Table table = readColumn(path);
  std::vector<double> levels;
  for (const Row &row : table.rows) {
    if (!levels.empty() && row.fields[0] <= levels.back())
      table.fail(row.line, "is not above the level before it; write levels in "
                           "ascending order, each once");
    levels.push_back(row.fields[0]);
  }
  if (levels.size() < 2)
    table.fail("has one level only; at least two are needed");
  return levels;
}

std::vector<double> grammar::readLevelFactors(std::string_view path,
                                              bool isSigned) {
  Table table = readColumn(path);
  std::vector<double> factors;
  for (const Row &row : table.rows) {
    if (!isSigned && row.fields[0] < 0)
      table.fail(row.line, "is negative; a width cannot be");
    factors.push_back(row.fields[0]);
  }
  return factors;
}

static CumulativeDistribution fromPoints(const Table &table) {
  CumulativeDistribution result;
  for (const Row &row : table.rows) {
    double value = row.fields[0], probability = row.fields[1];
    if (!(probability >= 0 && probability <= 1))
      table.fail(row.line, "has a probability outside 0 to 1; columns are "
                           "VALUE,PROBABILITY");
    if (!result.value.empty() && (value < result.value.back() ||
                                  probability < result.probability.back()))
      table.fail(row.line, "descends; values and cumulative probabilities must "
                           "not");
    result.value.push_back(value);
    result.probability.push_back(probability);
  }
  if (result.value.size() < 2 || result.probability.front() != 0)
    table.fail(table.rows.front().line,
               "must have the cumulative probability 0, and another row 1");
  if (result.probability.back() != 1)
    table.fail(table.rows.back().line,
               "must have the cumulative probability 1");
  return result;
}

static CumulativeDistribution fromHistogram(const Table &table) {
  double total = 0;
  for (const Row &row : table.rows) {
    if (row.fields[0] > row.fields[1])
      table.fail(row.line,
                 "has a bin whose end is below its beginning; columns "
                 "are LOW,HIGH,COUNT");
    if (row.fields[2] < 0)
      table.fail(row.line, "has a negative count");
    total += row.fields[2];
  }
  if (!(total > 0))
    table.fail("counts nothing");
  CumulativeDistribution result;
  double counted = 0;
  for (const Row &row : table.rows) {
    if (!result.value.empty() && row.fields[0] < result.value.back())
      table.fail(row.line,
                 "overlaps the bin before it; write bins in ascending "
                 "order");
    result.value.push_back(row.fields[0]);
    result.probability.push_back(counted / total);
    counted += row.fields[2];
    result.value.push_back(row.fields[1]);
    result.probability.push_back(counted / total);
  }
  result.probability.back() = 1;
  return result;
}

CumulativeDistribution
grammar::readCumulativeDistribution(std::string_view path) {
  Table table = readTable(path);
  switch (table.rows.front().fields.size()) {
  case 2:
    return fromPoints(table);
  case 3:
    return fromHistogram(table);
  default:
    table.fail(table.rows.front().line,
               "has one column; expected VALUE,PROBABILITY or LOW,HIGH,COUNT");
  }
}

CurrentVoltageCurve grammar::readCurrentVoltageCurve(std::string_view path) {
  Table table = readTable(path);
  if (table.rows.front().fields.size() != 2)
    table.fail(table.rows.front().line, "does not have the two columns "
                                        "INPUT,CURRENT");
  CurrentVoltageCurve curve;
  bool hasOrigin = false;
  for (const Row &row : table.rows) {
    const double input = row.fields[0], current = row.fields[1];
    if (!curve.input.empty() && input <= curve.input.back())
      table.fail(row.line, "is not above the input before it; write inputs in "
                           "ascending order, each once");
    if (input == 0 && current != 0)
      table.fail(row.line, "has a current without any input");
    hasOrigin |= input == 0;
    curve.input.push_back(input);
    curve.current.push_back(current);
  }
  const double first = curve.input.front(), last = curve.input.back();
  if (!hasOrigin || last != 1 || (first != 0 && first != -1))
    table.fail("does not reach from 0 or -1 to 1 with a row 0,0; inputs and "
               "currents are shares of the largest");
  return curve;
}
