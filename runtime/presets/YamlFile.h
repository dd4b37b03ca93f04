//===- YamlFile.h - Fields of a YAML file, checked -------------*- C++ -*--===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PRESETS_YAMLFILE_H
#define CIM_RUNTIME_PRESETS_YAMLFILE_H

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>
#include <yaml-cpp/yaml.h>

namespace cim {

/// Reads fields of one file. Every error is an InputError with the file and the
/// line.
class YamlFile {
public:
  /// \p subject ("device model") and \p page ("docs/devices.md") are for
  /// messages.
  YamlFile(std::string path, std::string subject, std::string page)
      : path(std::move(path)), subject(std::move(subject)),
        page(std::move(page)) {}

  /// The root of the file. Throws InputError when there is none, and for what
  /// is no YAML.
  YAML::Node load() const;

  [[noreturn]] void fail(const YAML::Node &node, const std::string &what) const;
  /// Fails unless \p node is a map, and each of its keys \p known and there
  /// once.
  void checkKeys(const YAML::Node &map,
                 const std::vector<std::string> &known) const;
  YAML::Node need(const YAML::Node &map, const char *key) const;
  std::string text(const YAML::Node &node) const;
  /// Empty where \p key is missing.
  std::string optionalText(const YAML::Node &map, const char *key) const;
  /// One of \p words, by position.
  size_t word(const YAML::Node &node,
              std::initializer_list<std::string_view> words) const;
  double number(const YAML::Node &node) const;
  unsigned wholeNumber(const YAML::Node &node, unsigned lowest,
                       unsigned highest) const;

  const std::string path;

private:
  const std::string subject, page;
};

} // namespace cim

#endif // CIM_RUNTIME_PRESETS_YAMLFILE_H
