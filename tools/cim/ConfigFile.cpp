//===- ConfigFile.cpp - Options in a YAML file -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/ConfigFile.h"
#include "dialects/cim/grammar/Words.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <yaml-cpp/yaml.h>

using namespace cim;

namespace {

/// Larger ones are no settings.
constexpr size_t largestFile = 1 << 20;

class Expansion {
public:
  Expansion(const CLI::App &app, const std::string &path,
            const std::vector<std::string> &given)
      : app(app), path(path), given(given) {}

  std::vector<std::string> arguments;

  void add(const YAML::Node &root) {
    if (root.IsNull()) // an empty file
      return;
    if (!root.IsMap())
      fail(root, "write a map of options, for example 'quantize: 4'");
    std::vector<std::string> seen;
    for (const auto &entry : root) {
      const std::string key = text(entry.first, "an option's name");
      if (std::find(seen.begin(), seen.end(), key) != seen.end())
        fail(entry.first, "'" + key + "' stands there twice");
      seen.push_back(key);
      addOption(entry.first, key, entry.second);
    }
  }

private:
  [[noreturn]] void fail(const YAML::Node &node, const std::string &what) {
    throw InputError("'" + path + "' line " +
                     std::to_string(node.Mark().line + 1) + ": " + what);
  }

  std::string text(const YAML::Node &node, const std::string &what) {
    if (!node.IsScalar())
      fail(node, what + " must be a single value; quote it if it holds one of "
                        "{}[],:#");
    return node.Scalar();
  }

  /// Whether the command line has \p option itself.
  bool isGiven(const CLI::Option &option) const {
    return std::any_of(
        given.begin(), given.end(), [&](const std::string &argument) {
          if (!argument.starts_with("--"))
            return argument.size() > 1 && argument[0] == '-' &&
                   option.check_sname(argument.substr(1, 1));
          const size_t equals = argument.find('=');
          return option.check_lname(argument.substr(2, equals - 2));
        });
  }

  void addOption(const YAML::Node &where, const std::string &key,
                 const YAML::Node &value) {
    if (key == "layer" || (key == "layers" && !value.IsScalar()))
      return addOverrides(value);
    const CLI::Option *option = key == "config" || key == "help"
                                    ? nullptr
                                    : app.get_option_no_throw("--" + key);
    if (!option) {
      std::vector<std::string> names;
      for (const CLI::Option *known : app.get_options())
        names.insert(names.end(), known->get_lnames().begin(),
                     known->get_lnames().end());
      const auto near = nearNames(key, names);
      fail(where, "'" + key + "' is no option of cim " + app.get_name() +
                      (near.empty() ? "; see cim " + app.get_name() + " --help"
                                    : "; did you mean '" + near[0] + "'?"));
    }
    if (isGiven(*option))
      return;
    if (value.IsSequence() && option->get_items_expected_max() > 1) {
      for (const auto &item : value)
        arguments.push_back("--" + key + "=" + text(item, "an item"));
      return;
    }
    const std::string content = text(value, "'" + key + "'");
    if (content.empty())
      fail(value, "'" + key + "' has no value");
    const bool takesValue = option->get_items_expected_max() > 0;
    if (option->get_items_expected_min() == 0 &&
        (content == "true" || content == "false")) {
      if (content == "false")
        return;
      arguments.push_back("--" + key);
      if (takesValue)
        arguments.push_back("--"); // what follows is no value of it
      return;
    }
    if (!takesValue)
      fail(value, "'" + key + "' is a switch; write true or false");
    arguments.push_back("--" + key + "=" + content);
  }

  /// A map PATTERN: {OPTION: VALUE, ...}, or PATTERN:OPTION=VALUE, one or a
  /// list of them.
  void addOverrides(const YAML::Node &section) {
    if (section.IsScalar()) {
      arguments.push_back("--layer=" + section.Scalar());
      return;
    }
    if (section.IsSequence()) {
      for (const auto &item : section)
        arguments.push_back("--layer=" + text(item, "an override"));
      return;
    }
    if (!section.IsMap())
      fail(section, "write layers as a map 'PATTERN: {noise: normal:0.5qs}'");
    for (const auto &entry : section) {
      const std::string pattern = text(entry.first, "a layer pattern");
      if (!entry.second.IsMap())
        fail(entry.second, "write the options of '" + pattern +
                               "' as a map, for example {quantize: 5}");
      for (const auto &setting : entry.second)
        arguments.push_back("--layer=" + pattern + ":" +
                            text(setting.first, "an option's name") + "=" +
                            text(setting.second, "an option's value"));
    }
  }

  const CLI::App &app;
  const std::string &path;
  const std::vector<std::string> &given;
};

YAML::Node parse(const std::string &path) {
  const MappedFile file = mapFile(path);
  if (file.size > largestFile)
    throw InputError("'" + path + "' is too large for a file of options");
  try {
    return YAML::Load(std::string(file.text()));
  } catch (const YAML::Exception &error) {
    throw InputError("'" + path + "' line " +
                     std::to_string(error.mark.line + 1) +
                     " is no valid YAML: " + error.msg);
  }
}

} // namespace

std::vector<std::string>
cim::expandConfigFile(const CLI::App &app, std::vector<std::string> arguments) {
  std::string path;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const bool joined = arguments[i].starts_with("--config=");
    if (!joined && arguments[i] != "--config")
      continue;
    if (!path.empty())
      throw UsageError("--config may be given once only");
    if (!joined && i + 1 == arguments.size())
      throw UsageError("--config needs the name of a YAML file");
    path = joined ? arguments[i].substr(9) : arguments[i + 1];
    if (path.empty())
      throw UsageError("--config needs the name of a YAML file");
    arguments.erase(arguments.begin() + i,
                    arguments.begin() + i + (joined ? 1 : 2));
    --i;
  }
  if (path.empty())
    return arguments;

  Expansion expansion(app, path, arguments);
  try {
    expansion.add(parse(path));
  } catch (const YAML::Exception &error) {
    throw InputError("'" + path + "' line " +
                     std::to_string(error.mark.line + 1) + ": " + error.msg);
  }
  expansion.arguments.insert(expansion.arguments.end(), arguments.begin(),
                             arguments.end());
  return expansion.arguments;
}
