//===- Command.h - The commands of cim -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_COMMAND_H
#define CIM_TOOLS_CIM_COMMAND_H

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace cim {

/// One command: its place in the command line, and what it does when that has
/// been read. `run` throws UsageError, GrammarError, InputError or Interrupted,
/// and has checked every option before it opens anything.
struct Command {
  CLI::App *app;
  std::function<void()> run;
};

// Each adds its command, with all options, to \p cim.
Command compileCommand(CLI::App &cim);
Command completionCommand(CLI::App &cim);
Command conformCommand(CLI::App &cim);
Command dataCommand(CLI::App &cim);
Command devicesCommand(CLI::App &cim);
Command evalCommand(CLI::App &cim);
Command explainCommand(CLI::App &cim);
Command histogramCommand(CLI::App &cim);
Command infoCommand(CLI::App &cim);
Command limitsCommand(CLI::App &cim);
Command mapCommand(CLI::App &cim);
Command mergeCommand(CLI::App &cim);
Command planCommand(CLI::App &cim);
Command programCommand(CLI::App &cim);
Command recoveryCommand(CLI::App &cim);
Command retrainCommand(CLI::App &cim);
Command reportCommand(CLI::App &cim);
Command reproduceCommand(CLI::App &cim);
Command sweepCommand(CLI::App &cim);
Command technologiesCommand(CLI::App &cim);
Command toleranceCommand(CLI::App &cim);
Command trainCommand(CLI::App &cim);
Command tuneCommand(CLI::App &cim);

/// Runs the command that \p arguments say, as if a user had typed them after
/// `cim`. Throws as Command::run.
void runCommandLine(std::vector<std::string> arguments);

} // namespace cim

#endif // CIM_TOOLS_CIM_COMMAND_H
