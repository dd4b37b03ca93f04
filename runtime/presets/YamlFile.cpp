//===- YamlFile.cpp - Fields of a YAML file, checked ----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/presets/YamlFile.h"

#include "dialects/cim/grammar/Words.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"

#include <algorithm>

using namespace cim;

YAML::Node YamlFile::load() const {
  constexpr size_t largest = 1 << 20;
  const MappedFile file = mapFile(path);
  if (file.size > largest)
    throw InputError("'" + path + "' is too large for a " + subject);
  try {
    YAML::Node root = YAML::Load(std::string(file.text()));
    if (!root.IsMap())
      fail(root, "write a " + subject + " as a map; copy one that comes along");
    return root;
  } catch (const YAML::Exception &error) {
    throw InputError("'" + path + "' line " +
                     std::to_string(error.mark.line + 1) +
                     " is no valid YAML: " + error.msg);
  }
}

void YamlFile::fail(const YAML::Node &node, const std::string &what) const {
  throw InputError("'" + path + "' line " +
                   std::to_string(node.Mark().line + 1) + ": " + what);
}

void YamlFile::checkKeys(const YAML::Node &map,
                         const std::vector<std::string> &known) const {
  if (!map.IsMap())
    fail(map, "write a map here, such as {" + known[0] + ": ...}");
  std::vector<std::string> seen;
  for (const auto &entry : map) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    if (std::find(seen.begin(), seen.end(), key) != seen.end())
      fail(entry.first, grammar::quote(key) + " stands there twice");
    seen.push_back(key);
    if (std::find(known.begin(), known.end(), key) != known.end())
      continue;
    const auto near = nearNames(key, known);
    fail(entry.first, grammar::quote(key) + " is no field of a " + subject +
                          (near.empty() ? "; see " + page
                                        : "; did you mean '" + near[0] + "'?"));
  }
}

YAML::Node YamlFile::need(const YAML::Node &map, const char *key) const {
  const YAML::Node value = map[key];
  if (!value)
    fail(map, std::string("'") + key + "' is missing");
  return value;
}

std::string YamlFile::text(const YAML::Node &node) const {
  if (!node.IsScalar() || node.Scalar().empty())
    fail(node, "write some text here");
  return node.Scalar();
}

std::string YamlFile::optionalText(const YAML::Node &map,
                                   const char *key) const {
  const YAML::Node value = map[key];
  return value ? text(value) : "";
}

size_t YamlFile::word(const YAML::Node &node,
                      std::initializer_list<std::string_view> words) const {
  try {
    return grammar::parseWord(text(node), "word", words);
  } catch (const GrammarError &error) {
    fail(node, error.what());
  }
}

double YamlFile::number(const YAML::Node &node) const {
  auto value =
      node.IsScalar() ? grammar::parseDecimal(node.Scalar()) : std::nullopt;
  if (!value)
    fail(node, node.IsScalar()
                   ? grammar::quote(node.Scalar()) + " is not a number"
                   : "write a number here");
  return *value;
}

unsigned YamlFile::wholeNumber(const YAML::Node &node, unsigned lowest,
                               unsigned highest) const {
  const double value = number(node);
  if (value != unsigned(std::clamp<double>(value, lowest, highest)))
    fail(node, "write a whole number from " + std::to_string(lowest) + " to " +
                   std::to_string(highest));
  return unsigned(value);
}
