//===- main.cpp - The command line of Cimulator -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/ErrorOptions.h"
#include "dialects/cim/grammar/Words.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Command.h"
#include "tools/cim/ConfigFile.h"
#include "tools/cim/Help.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <new>
#include <string>
#include <vector>

using namespace cim;

namespace {

constexpr int exitInput = 1, exitUsage = 2, exitInterrupted = 130;

std::string didYouMean(const std::string &word,
                       const std::vector<std::string> &known,
                       const std::string &otherwise) {
  const auto near = nearNames(word, known);
  return near.empty() ? "; " + otherwise : "; did you mean '" + near[0] + "'?";
}

std::string version() { return "cim " CIM_VERSION "\n"; }

/// Complains about the first of \p arguments that no option took.
[[noreturn]] void refuse(const CLI::App &app,
                         const std::vector<std::string> &arguments) {
  const auto option =
      std::find_if(arguments.begin(), arguments.end(),
                   [](const auto &text) { return text.starts_with("-"); });
  if (option == arguments.end())
    throw UsageError("'" + arguments[0] +
                     "' is one argument too many; see cim " + app.get_name() +
                     " --help");
  const std::string name = option->substr(0, option->find('='));
  std::vector<std::string> known;
  for (const CLI::Option *candidate : app.get_options())
    for (const std::string &longName : candidate->get_lnames())
      known.push_back("--" + longName);
  throw UsageError(
      "'" + name + "' is no option of cim " + app.get_name() +
      didYouMean(name, known, "see cim " + app.get_name() + " --help"));
}

} // namespace

void cim::runCommandLine(std::vector<std::string> arguments) {
  CLI::App cim("Neural networks on Compute-in-Memory hardware: what memory "
               "errors do to them.",
               "cim");
  cim.set_help_flag("-h,--help", "Show this help");
  cim.add_flag_callback("--version", [] {}, "Show the version");
  // clang-format off: one a line
  const std::vector<Command> commands = {
      infoCommand(cim),
      evalCommand(cim),
      explainCommand(cim),
      histogramCommand(cim),
      compileCommand(cim),
      mapCommand(cim),
      programCommand(cim),
      toleranceCommand(cim),
      trainCommand(cim),
      retrainCommand(cim),
      recoveryCommand(cim),
      planCommand(cim),
      sweepCommand(cim),
      limitsCommand(cim),
      mergeCommand(cim),
      reportCommand(cim),
      reproduceCommand(cim),
      dataCommand(cim),
      devicesCommand(cim),
      technologiesCommand(cim),
      conformCommand(cim),
      tuneCommand(cim),
      completionCommand(cim),
  };
  // clang-format on
  cim.footer("cim COMMAND --help explains a command.");

  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h")
    return writeStdout(helpText(cim));
  if (arguments[0] == "--version")
    return writeStdout(version());

  std::vector<std::string> names;
  const Command *command = nullptr;
  for (const Command &candidate : commands) {
    names.push_back(candidate.app->get_name());
    if (arguments[0] == names.back())
      command = &candidate;
  }
  if (!command)
    throw UsageError("'" + arguments[0] + "' is no command of cim" +
                     didYouMean(arguments[0], names, "see cim --help"));

  CLI::App &app = *command->app;
  arguments.erase(arguments.begin());
  if (app.get_option_no_throw("--config"))
    arguments = expandConfigFile(app, std::move(arguments));
  app.allow_extras();
  try {
    std::reverse(arguments.begin(), arguments.end()); // as CLI11 wants them
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp &) {
    return writeStdout(helpText(app));
  } catch (const CLI::ParseError &error) {
    throw UsageError(std::string(error.what()) + "; see cim " + app.get_name() +
                     " --help");
  }
  if (const auto rest = app.remaining(); !rest.empty())
    refuse(app, rest);
  command->run();
}

int main(int count, char **values) {
  catchSignals();
  auto fail = [](int status, const std::string &message) {
    std::fprintf(stderr, "cim: error: %s\n", oneLine(message).c_str());
    return status;
  };
  try {
    runCommandLine({values + std::min(count, 1), values + count});
    return 0;
  } catch (const UsageError &error) {
    return fail(exitUsage, error.what());
  } catch (const GrammarError &error) {
    return fail(exitUsage, error.what());
  } catch (const InputError &error) {
    return fail(exitInput, error.what());
  } catch (const Interrupted &) {
    std::fputs("cim: interrupted\n", stderr);
    return exitInterrupted;
  } catch (const std::bad_alloc &) {
    return fail(exitInput, "out of memory; use fewer --threads, a smaller "
                           "--micro-batch or fewer images (--limit)");
  } catch (const std::exception &error) {
    return fail(exitInput, std::string(error.what()) +
                               "; this is a defect of cim, please report it");
  }
}
