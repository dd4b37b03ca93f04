//===- Output.h - Where results go -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_OUTPUT_H
#define CIM_TOOLS_CIM_OUTPUT_H

#include "tools/cim/Flags.h"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace cim {

/// `--json`: results for people on stdout, a JSON document in a file, or the
/// document alone on stdout.
struct Output {
  std::string json;

  void addTo(CLI::App &app);
  /// Throws InputError when the file cannot be written.
  void check() const;
  bool documentOnStdout() const { return json == "-"; }
  /// \p text unless the document takes stdout, and \p document where it is
  /// wanted. Throws InputError when either cannot be written.
  void write(const std::string &text, const Json &document) const;
};

/// Calls all of \p writers, so that what one of them cannot write costs nothing
/// of the others, and then throws the first InputError of any.
void writeAll(const std::vector<std::function<void()>> &writers);

/// Writes to stdout, all of it. Throws InputError.
void writeStdout(const std::string &text);

/// Wall seconds since it was made.
class Stopwatch {
public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         begin)
        .count();
  }

private:
  std::chrono::steady_clock::time_point begin =
      std::chrono::steady_clock::now();
};

} // namespace cim

#endif // CIM_TOOLS_CIM_OUTPUT_H
