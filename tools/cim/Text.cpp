//===- Text.cpp - Numbers and tables for people -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/Text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace cim;

std::string cim::grouped(int64_t number) {
  std::string digits = std::to_string(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;)
    digits.insert(at -= 3, ",");
  return digits;
}

std::string cim::brief(double number, int digits) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.*g", digits, number);
  return buffer;
}

std::string cim::withPrefix(double value, const std::string &unit) {
  static constexpr const char *prefixes[] = {"f", "p", "n", "u", "m", "", "k"};
  if (value == 0)
    return "0 " + unit;
  const double power = std::floor(std::log10(std::abs(value)) / 3);
  const int index = std::clamp(int(power) + 5, 0, 6);
  return brief(value / std::pow(1000, index - 5), 3) + " " + prefixes[index] +
         unit;
}

std::string cim::percent(double fraction, int decimals) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.*f %%", decimals, 100 * fraction);
  return buffer;
}

std::string cim::hundredths(double fraction) {
  std::string text = percent(fraction);
  text.resize(text.size() - 2);
  return text;
}

std::string cim::duration(double seconds) {
  if (!(seconds < 1e9))
    return "very long";
  const int64_t whole = std::llround(seconds);
  if (whole < 60)
    return std::to_string(whole) + " s";
  if (whole < 3600)
    return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) +
           " s";
  return grouped(whole / 3600) + " h " + std::to_string(whole / 60 % 60) +
         " min";
}

std::string cim::shapeText(const std::vector<int64_t> &shape) {
  std::string text;
  for (int64_t dimension : shape)
    text += (text.empty() ? "" : "×") + std::to_string(dimension);
  return text;
}

size_t cim::columns(const std::string &text) {
  return std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
  });
}

std::string cim::firstColumns(const std::string &text, size_t width) {
  size_t end = 0;
  for (size_t column = 0; end < text.size(); ++end)
    if ((text[end] & 0xc0) != 0x80 && column++ == width)
      break; // before a code point that is too much
  return text.substr(0, end);
}

Table::Table(std::vector<Column> columns) : header(std::move(columns)) {}

void Table::add(std::vector<std::string> row) {
  row.resize(header.size());
  rows.push_back(std::move(row));
}

void Table::addRule() { rows.emplace_back(); }

std::string Table::text() const {
  std::vector<size_t> widths;
  for (size_t column = 0; column < header.size(); ++column) {
    size_t width = columns(header[column].title);
    for (const auto &row : rows)
      if (!row.empty())
        width = std::max(width, columns(row[column]));
    widths.push_back(width);
  }
  std::string text;
  auto addLine = [&](auto cell) {
    std::string line;
    for (size_t column = 0; column < header.size(); ++column) {
      const std::string content = cell(column);
      const std::string space(widths[column] - columns(content), ' ');
      line += column == 0 ? "" : "  ";
      line += header[column].align == Align::left ? content + space
                                                  : space + content;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  };
  auto addRuleLine = [&] {
    size_t width = 2 * (widths.size() - 1);
    for (size_t column : widths)
      width += column;
    for (size_t i = 0; i < width; ++i)
      text += "─";
    text += '\n';
  };
  addLine([&](size_t column) { return header[column].title; });
  addRuleLine();
  for (const auto &row : rows)
    if (row.empty())
      addRuleLine();
    else
      addLine([&](size_t column) { return row[column]; });
  return text;
}

std::string cim::fieldsText(
    const std::vector<std::pair<std::string, std::string>> &fields) {
  size_t width = 0;
  for (const auto &[name, value] : fields)
    width = std::max(width, columns(name));
  std::string text;
  for (const auto &[name, value] : fields)
    text += name + std::string(width - columns(name) + 3, ' ') + value + '\n';
  return text;
}
