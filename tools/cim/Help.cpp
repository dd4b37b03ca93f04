//===- Help.cpp - What --help prints -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/Help.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <algorithm>

using namespace cim;

namespace {

constexpr size_t width = 80;
constexpr size_t indent = 24;

/// "  name   text", with the text broken into lines that begin at `indent`.
std::string entry(const std::string &name, const std::string &text) {
  std::string result = "  " + name;
  if (columns(result) + 2 > indent)
    result += '\n' + std::string(indent, ' ');
  else
    result += std::string(indent - columns(result), ' ');
  size_t column = indent;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (column > indent && column + 1 + columns(word) > width) {
      result += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += columns(word);
    begin = end + 1;
  }
  return result + '\n';
}

std::string spelling(const CLI::Option &option) {
  std::string names;
  for (const std::string &name : option.get_snames())
    names += "-" + name + ", ";
  for (const std::string &name : option.get_lnames())
    names += "--" + name + ", ";
  names.resize(names.size() - 2);
  return option.get_items_expected_max() == 0
             ? names
             : names + " " + option.get_type_name();
}

} // namespace

std::string cim::helpText(const CLI::App &app) {
  const bool isCommand = app.get_subcommands({}).empty();
  std::string usage = "cim" + (isCommand ? " " + app.get_name() : " COMMAND");
  std::string arguments;
  // Options by group, in the order in which groups first appear.
  std::vector<std::pair<std::string, std::string>> groups;
  for (const CLI::Option *option : app.get_options()) {
    if (option->get_positional()) {
      usage += " " + option->get_type_name();
      arguments += entry(option->get_type_name(), option->get_description());
      continue;
    }
    if (option->get_group().empty())
      continue;
    auto group = std::find_if(groups.begin(), groups.end(), [&](auto &known) {
      return known.first == option->get_group();
    });
    if (group == groups.end())
      group = groups.insert(groups.end(), {option->get_group(), ""});
    group->second += entry(spelling(*option), option->get_description());
  }

  std::string text = app.get_description() + "\n\nUsage: " + usage +
                     " [options]\n" + (arguments.empty() ? "" : "\n") +
                     arguments;
  std::string commands;
  for (const CLI::App *command : app.get_subcommands({}))
    commands += entry(command->get_name(), command->get_description());
  if (!commands.empty())
    text += "\nCommands:\n" + commands;
  for (bool general : {false, true}) // those of every command last
    for (const auto &[name, options] : groups)
      if ((name == "Options") == general)
        text += "\n" + name + ":\n" + options;
  return text + "\n" + app.get_footer() + "\n";
}
