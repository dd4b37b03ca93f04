//===- ConfigFile.h - Options in a YAML file -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_CONFIGFILE_H
#define CIM_TOOLS_CIM_CONFIGFILE_H

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace cim {

/// Replaces `--config FILE` in \p arguments (those of command \p app, without
/// its name) by the options that the file holds, so that the rest of the
/// program sees one command line. An option of the command line replaces the
/// file's; `--layer` of both are joined, the command line's last, so that it
/// wins there, too. The file is a YAML map:
///
///     data: shapes
///     quantize: 4
///     profile: true
///     vary: [noise=uniform:0.1ns, shift=0.1ns]   # of options that repeat
///     layers:              # overrides per layer; or a pattern, as --layers
///       "role:C2": {noise: normal:0.5qs, quantize: 5}
///
/// `model` stands for the first argument, when there is none. Throws InputError
/// for a file that cannot be used, naming the line.
std::vector<std::string> expandConfigFile(const CLI::App &app,
                                          std::vector<std::string> arguments);

} // namespace cim

#endif // CIM_TOOLS_CIM_CONFIGFILE_H
