//===- CheckpointFlags.cpp - Long work that goes on later -----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/CheckpointFlags.h"

#include "runtime/tensor/Errors.h"
#include "tools/cim/Flags.h"

#include <CLI/CLI.hpp>
#include <filesystem>

using namespace cim;
namespace fs = std::filesystem;

void CheckpointFlags::addTo(CLI::App &app, const char *group,
                            const char *help) {
  app.add_option("--checkpoint", file, help)->type_name("FILE")->group(group);
  app.add_flag("--resume", resume,
               "Go on from the checkpoint, to the same bits")
      ->group(group);
}

void CheckpointFlags::check(const std::string &output) {
  if (file.empty() && !output.empty()) {
    // A picture's is not that of the network of the same name.
    fs::path name = output;
    if (name.extension() == ".onnx")
      name.replace_extension();
    file = name.string() + ".checkpoint.safetensors";
  }
  if (file.empty()) {
    if (resume)
      throw UsageError("--resume goes on from a checkpoint; name it with "
                       "--checkpoint FILE");
    return;
  }
  if (fs::path(file).extension() != ".safetensors")
    throw UsageError("--checkpoint '" + file + "': name a .safetensors file");
  checkWritable("--checkpoint", file);
  std::error_code ignored; // checkWritable() has said what it is
  if (resume && !fs::exists(file, ignored))
    throw InputError("--resume: there is no checkpoint '" + file +
                     "'; leave --resume out to begin anew");
}

std::optional<Checkpoint>
CheckpointFlags::read(const std::string &identity) const {
  if (!resume)
    return std::nullopt;
  return readCheckpoint(file, identity);
}

void CheckpointFlags::remove() const {
  std::error_code ignored;
  fs::remove(file, ignored);
}
