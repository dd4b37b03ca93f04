//===- Cifar10.cpp - CIFAR-10, binary version -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// https://www.cs.toronto.edu/~kriz/cifar.html: records of one label byte and
// 3×32×32 pixels, planes R, G, B; 10,000 records in each of five training files
// and one of tests.
//
//===----------------------------------------------------------------------===//
#include "runtime/data/Archive.h"
#include "runtime/data/DataSet.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"

#include <filesystem>

using namespace cim;
namespace fs = std::filesystem;

namespace {

constexpr size_t pixels = 3 * 32 * 32;
constexpr size_t record = 1 + pixels;

std::vector<std::string> fileNames(Split split) {
  if (split == Split::test)
    return {"test_batch.bin"};
  std::vector<std::string> names;
  for (int i = 1; i <= 5; ++i)
    names.push_back("data_batch_" + std::to_string(i) + ".bin");
  return names;
}

bool isBatch(const std::string &name) {
  for (Split split : {Split::test, Split::train})
    for (const std::string &batch : fileNames(split))
      if (name == batch)
        return true;
  return false;
}

/// The folder with the batches: the one that was named, the one inside it that
/// the archive makes, or the archive's in the cache.
fs::path batchFolder(const DataSpec &spec, const DataOptions &options) {
  std::error_code ignored;
  if (fs::is_regular_file(spec.path, ignored)) {
    ArchiveRequest request{spec.path, isBatch, 10'000 * record, nullptr};
    if (options.progress)
      request.progress = [&](double fraction) {
        options.progress("unpacking", fraction);
      };
    return unpackCached(request);
  }
  if (!fs::is_directory(spec.path, ignored))
    throw InputError("cannot read '" + spec.path +
                     "': there is no such file or folder; name CIFAR-10's "
                     "binary version, as an archive or unpacked");
  const fs::path inside = fs::path(spec.path) / "cifar-10-batches-bin";
  return fs::is_directory(inside, ignored) ? inside : fs::path(spec.path);
}

} // namespace

LabelledImages cim::openCifar10(const DataSpec &spec,
                                const DataOptions &options) {
  const fs::path folder = batchFolder(spec, options);
  LabelledImages result;
  result.shape = {3, 32, 32};
  result.classes = 10;
  result.classNames = {"airplane", "automobile", "bird",  "cat",  "deer",
                       "dog",      "frog",       "horse", "ship", "truck"};
  const size_t limit = options.limit > 0 ? options.limit : SIZE_MAX;
  for (const std::string &name : fileNames(spec.split)) {
    const std::string path = folder / name;
    std::error_code ignored;
    if (!fs::exists(path, ignored))
      throw InputError("'" + spec.path + "' lacks '" + name +
                       "'; name CIFAR-10's binary version (not the one for "
                       "Python or Matlab)");
    MappedFile file = mapFile(path);
    if (file.size == 0 || file.size % record != 0)
      throw InputError("'" + path + "' is not a usable CIFAR-10 file: its " +
                       std::to_string(file.size) +
                       " bytes are no whole number of 3073-byte records; "
                       "unpack the archive again");
    for (size_t at = 0; at < file.size && result.images.size() < limit;
         at += record) {
      const std::byte *bytes = file.data.get() + at;
      const int64_t label = std::to_integer<int64_t>(*bytes);
      if (label >= result.classes)
        throw InputError("'" + path +
                         "' is not a usable CIFAR-10 file: the "
                         "label of record " +
                         std::to_string(at / record) + " is " +
                         std::to_string(label) +
                         ", beyond the 10 classes; unpack the archive again");
      result.labels.push_back(label);
      result.images.push_back(bytes + 1);
    }
    result.labelFile = path;
    result.owners.push_back(file.data);
    if (result.images.size() == limit)
      break;
  }
  return result;
}
