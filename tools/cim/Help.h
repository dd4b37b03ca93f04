//===- Help.h - What --help prints -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_HELP_H
#define CIM_TOOLS_CIM_HELP_H

#include <string>

namespace CLI {
class App;
}

namespace cim {

/// How to call `cim` or, with its name, one of its commands; at most 80 columns
/// wide.
std::string helpText(const CLI::App &app);

} // namespace cim

#endif // CIM_TOOLS_CIM_HELP_H
