//===- DocumentsFuzz.cpp - What other programs of cim wrote ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/mapping/Manifest.h"
#include "runtime/tensor/TensorFile.h"
#include "runtime/training/RetrainingCheckpoint.h"
#include "tests/fuzz/Scratch.h"
#include "tools/cim/TunedKernels.h"

#include <algorithm>
#include <cstdlib>

using namespace cim;

/// The progress in the checkpoint of a retraining, a manifest in both formats,
/// measured times of kernels.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string_view bytes = fuzz::text(data, size);
  const std::filesystem::path &folder = fuzz::Scratch::folder();
  fuzz::refuses([&] {
    RetrainingOptions options;
    const std::string file = (folder / "checkpoint.safetensors").string();
    options.trials = options.rewrites = 2;
    std::shared_ptr<std::byte[]> progress(new std::byte[size]);
    std::copy_n(data, size, reinterpret_cast<uint8_t *>(progress.get()));
    TensorMap tensors;
    tensors["training"] = {
        plan::U8, {int64_t(size)}, {progress, progress.get()}};
    writeSafetensors(file, tensors);
    const Checkpoint kept = readCheckpoint(file, "this");
    options.kept = &kept;
    Retraining result;
    UnfinishedChip unfinished;
    restoreRetraining(options, result, unfinished);
  });
  fuzz::refuses([&] { readManifest(fuzz::Scratch::file("map.json", bytes)); });
  fuzz::refuses([&] { readManifest(fuzz::Scratch::file("map.pb", bytes)); });
  static const std::string tuned = [&] {
    ::setenv("XDG_CACHE_HOME", folder.c_str(), 1);
    return std::filesystem::relative(TunedKernels::path(), folder).string();
  }();
  fuzz::Scratch::file(tuned, bytes);
  return fuzz::refuses([&] { TunedKernels::load(); });
}
