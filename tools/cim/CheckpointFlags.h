//===- CheckpointFlags.h - Long work that goes on later ---------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_CHECKPOINTFLAGS_H
#define CIM_TOOLS_CIM_CHECKPOINTFLAGS_H

#include "runtime/training/Checkpoint.h"

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace cim {

/// `--checkpoint` and `--resume`: where a training is kept, and whether it goes
/// on from there.
struct CheckpointFlags {
  std::string file; ///< empty: none
  bool resume = false;

  /// \p help says when the checkpoint is kept and removed, and its default.
  void addTo(CLI::App &app, const char *group, const char *help);
  /// Unless it is named, the checkpoint stands beside \p output, the file of
  /// `-o`, under its name, of a network without `.onnx`; empty: there is none.
  /// Throws UsageError and InputError.
  void check(const std::string &output);
  bool isWanted() const { return !file.empty(); }
  /// What to go on from: nothing unless that is asked for. Throws InputError
  /// when it is of something other than \p identity.
  std::optional<Checkpoint> read(const std::string &identity) const;
  /// When all is done.
  void remove() const;
};

} // namespace cim

#endif // CIM_TOOLS_CIM_CHECKPOINTFLAGS_H
