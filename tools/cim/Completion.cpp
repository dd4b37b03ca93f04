//===- Completion.cpp - cim completion: for the shell's Tab key -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/tensor/Errors.h"
#include "tools/cim/Command.h"
#include "tools/cim/Output.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string_view>

using namespace cim;

namespace {

std::vector<std::string> optionsOf(const CLI::App &app) {
  std::vector<std::string> names;
  for (const CLI::Option *option : app.get_options())
    for (const std::string &name : option->get_lnames())
      names.push_back("--" + name);
  return names;
}

std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words)
    text += (text.empty() ? "" : " ") + word;
  return text;
}

/// \p text in single quotes for a shell, without the characters \p special,
/// which _describe and _arguments would take for their own.
std::string zshText(const std::string &text, std::string_view special) {
  std::string result;
  for (char character : text)
    if (character == '\'')
      result += "'\\''";
    else if (special.find(character) != special.npos)
      result += std::string("\\") + character;
    else
      result += character;
  return result;
}

std::string zshDescription(const std::string &text) {
  return zshText(text, ":[]\\");
}

std::string bash(const CLI::App &cim) {
  std::string commands, cases;
  for (const CLI::App *app : cim.get_subcommands({})) {
    commands += (commands.empty() ? "" : " ") + app->get_name();
    cases += "    " + app->get_name() + ") words=\"" + joined(optionsOf(*app)) +
             "\" ;;\n";
  }
  return R"(# bash completion for cim; load with: source <(cim completion bash)
_cim() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ")" +
         commands + R"( --help --version" -- "$current"))
    return
  fi
  case ${COMP_WORDS[1]} in
)" + cases +
         R"(    *) words="" ;;
  esac
  case $previous in
    --data) COMPREPLY=($(compgen -W "cifar10 mnist npy folder shapes" -- "$current")); return ;;
    --precision) COMPREPLY=($(compgen -W "f32 f32-strict bf16" -- "$current")); return ;;
    --instruction-set) COMPREPLY=($(compgen -W "baseline avx2 avx512 avx512bf16 amx" -- "$current")); return ;;
    --cells) COMPREPLY=($(compgen -W "differential offset" -- "$current")); return ;;
    --packing) COMPREPLY=($(compgen -W "naive dense" -- "$current")); return ;;
    --until) COMPREPLY=($(compgen -W "nn cim perturbed mapped plan" -- "$current")); return ;;
  esac
  if [ "${COMP_WORDS[1]}" = completion ]; then
    COMPREPLY=($(compgen -W "bash zsh --help" -- "$current"))
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _cim cim
)";
}

std::string zsh(const CLI::App &cim) {
  std::string commands, cases;
  for (const CLI::App *app : cim.get_subcommands({})) {
    commands += "    '" + app->get_name() + ":" +
                zshDescription(app->get_description()) + "'\n";
    cases += "      " + app->get_name() + ")\n        _arguments \\\n";
    for (const CLI::Option *option : app->get_options())
      for (const std::string &name : option->get_lnames()) {
        const bool isFlag = option->get_items_expected_max() == 0;
        cases +=
            "          '--" + name + "[" +
            zshDescription(option->get_description()) + "]" +
            (isFlag ? ""
                    : ":" + zshText(option->get_type_name(), ":") + ":_files") +
            "' \\\n";
      }
    cases += app->get_name() == "completion"
                 ? "          '1:shell:(bash zsh)' ;;\n"
                 : "          '1:file:_files' ;;\n";
  }
  return R"(#compdef cim
# zsh completion for cim; load with: source <(cim completion zsh)
_cim() {
  local -a commands
  commands=(
)" + commands +
         R"(  )
  if (( CURRENT == 2 )); then
    _describe command commands
  else
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
)" + cases +
         R"(    esac
  fi
}
compdef _cim cim
)";
}

} // namespace

Command cim::completionCommand(CLI::App &cim) {
  auto shell = std::make_shared<std::string>();
  CLI::App *app = cim.add_subcommand(
      "completion", "Print what the shell needs to complete cim's commands");
  app->add_option("shell", *shell, "bash or zsh")->type_name("SHELL");
  app->footer("Example:\n  source <(cim completion bash)");
  return {app, [shell, &cim] {
            if (*shell != "bash" && *shell != "zsh")
              throw UsageError("completion '" + *shell +
                               "': write bash or zsh");
            writeStdout(*shell == "bash" ? bash(cim) : zsh(cim));
          }};
}
