//===- Presets.cpp - Files that come with Cimulator -----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/presets/Presets.h"

#include "dialects/cim/grammar/Words.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Tensor.h"

#include <algorithm>
#include <dlfcn.h>
#include <filesystem>

using namespace cim;
namespace fs = std::filesystem;

/// In share/ beside the installed library, or in the source tree that the
/// library was built from.
static fs::path placeOf(const PresetFolder &folder) {
  Dl_info info;
  if (dladdr(reinterpret_cast<void *>(&byteWidth), &info) != 0) {
    // lib, or lib/ARCHITECTURE where Debian installs.
    fs::path prefix = fs::path(info.dli_fname).parent_path();
    for (int level = 0; level < 2; ++level) {
      prefix = prefix.parent_path();
      fs::path installed = prefix / "share/cimulator" / folder.installed;
      std::error_code ignored;
      if (fs::is_directory(installed, ignored))
        return installed;
    }
  }
  return folder.source;
}

std::vector<std::string> cim::presetFiles(const PresetFolder &folder) {
  const fs::path place = placeOf(folder);
  std::vector<std::string> files;
  std::error_code error;
  for (const fs::directory_entry &entry : fs::directory_iterator(place, error))
    if (entry.path().extension() == ".yaml")
      files.push_back(entry.path());
  if (error)
    throw InputError("the folder '" + place.string() + "' cannot be read: " +
                     error.message() + "; install Cimulator again");
  std::sort(files.begin(), files.end());
  return files;
}

std::string cim::findPreset(const PresetFolder &folder,
                            const std::string &name) {
  if (name.ends_with(".yaml") || name.find('/') != std::string::npos)
    return name;
  std::vector<std::string> names;
  for (const std::string &file : presetFiles(folder)) {
    names.push_back(fs::path(file).stem());
    if (names.back() == name)
      return file;
  }
  const auto near = nearNames(name, names);
  throw GrammarError(
      "there is no " + folder.subject + " " + grammar::quote(name) +
      (near.empty()
           ? "; '" + folder.listing + "' lists them, or name a YAML file"
           : "; did you mean '" + near[0] + "'?"));
}
