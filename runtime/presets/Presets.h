//===- Presets.h - Files that come with Cimulator --------------*- C++ -*--===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PRESETS_PRESETS_H
#define CIM_RUNTIME_PRESETS_PRESETS_H

#include <string>
#include <vector>

namespace cim {

/// A folder of YAML files that come with Cimulator.
struct PresetFolder {
  /// Below share/cimulator where it is installed, and in the source tree.
  std::string installed, source;
  /// "device": what one file describes, for messages.
  std::string subject;
  /// "cim devices": the command that lists them.
  std::string listing;
};

/// The files of \p folder, by name. Throws InputError when it is missing.
std::vector<std::string> presetFiles(const PresetFolder &folder);

/// The file that \p name means: a path (with a '/' or ending in .yaml), or the
/// preset of that name. Throws GrammarError for an unknown one.
std::string findPreset(const PresetFolder &folder, const std::string &name);

} // namespace cim

#endif // CIM_RUNTIME_PRESETS_PRESETS_H
