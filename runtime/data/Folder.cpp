//===- Folder.cpp - A folder of pictures, one subfolder per class -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/data/DataSet.h"
#include "runtime/data/ImageFile.h"
#include "runtime/tensor/Errors.h"
#include "runtime/threads/Workers.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <new>

using namespace cim;
namespace fs = std::filesystem;

namespace {

/// The subfolders or else the files of \p folder, sorted by the bytes of their
/// names; hidden ones are left out.
std::vector<fs::path> sortedEntries(const fs::path &folder, bool folders) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code ignored;
    const bool isFolder = at->is_directory(ignored);
    if (at->path().filename().string().front() != '.' && isFolder == folders)
      entries.push_back(at->path());
  }
  if (error)
    throw InputError("cannot read '" + folder.string() +
                     "': " + error.message());
  std::sort(entries.begin(), entries.end(),
            [](const fs::path &a, const fs::path &b) {
              return a.filename().native() < b.filename().native();
            });
  return entries;
}

/// PATH/test or PATH/train where there are such folders, else PATH itself.
fs::path splitFolder(const DataSpec &spec) {
  std::error_code ignored;
  if (!fs::is_directory(spec.path, ignored))
    throw InputError("cannot read '" + spec.path +
                     "': there is no such folder; name one with a subfolder of "
                     "PNG or JPEG images per class");
  if (hasSplits(spec))
    return fs::path(spec.path) /
           (spec.split == Split::train ? "train" : "test");
  if (spec.split == Split::train)
    throw InputError("'" + spec.path +
                     "' has no splits, that is, no subfolders 'train' and "
                     "'test'; make them, or leave out :train");
  return spec.path;
}

} // namespace

LabelledImages cim::openFolder(const DataSpec &spec,
                               const DataOptions &options) {
  const fs::path folder = splitFolder(spec);
  LabelledImages result;
  std::vector<fs::path> files;
  const size_t limit = options.limit > 0 ? options.limit : SIZE_MAX;
  for (const fs::path &subfolder : sortedEntries(folder, true)) {
    for (const fs::path &file : sortedEntries(subfolder, false)) {
      if (files.size() == limit)
        break;
      files.push_back(file);
      result.labels.push_back(result.classNames.size());
    }
    result.classNames.push_back(subfolder.filename());
  }
  result.classes = result.classNames.size();
  result.labelFile = folder;
  if (files.empty())
    throw InputError("'" + folder.string() +
                     "' holds no images; it needs a subfolder of PNG or JPEG "
                     "images per class");

  // The network says what it wants; without one, the first image does.
  const std::vector<int64_t> &input = options.inputShape;
  const int64_t channels = input.size() == 3 && input[0] == 1 ? 1 : 3;
  DecodedImage first =
      decodeImageFile(files[0], channels, input.size() == 3 ? input[1] : 0,
                      input.size() == 3 ? input[2] : 0);
  result.shape = {channels, first.height, first.width};
  const size_t bytes = first.planes.size();
  // Not initialized, so that memory is only taken as images are decoded.
  if (bytes > PTRDIFF_MAX / files.size())
    throw std::bad_alloc();
  auto pixels = std::make_shared_for_overwrite<uint8_t[]>(bytes * files.size());

  Workers workers(options.threads);
  std::atomic<size_t> next = 0;
  std::atomic<bool> stop = false;
  workers.run([&](unsigned worker) {
    try {
      for (size_t i; !stop && (i = next++) < files.size();) {
        DecodedImage image = i == 0
                                 ? first
                                 : decodeImageFile(files[i], channels,
                                                   first.height, first.width);
        std::copy(image.planes.begin(), image.planes.end(),
                  pixels.get() + i * bytes);
        if (worker == 0 && options.progress)
          options.progress("decoding", double(i + 1) / files.size());
      }
    } catch (...) {
      stop = true;
      throw;
    }
  });

  for (size_t i = 0; i < files.size(); ++i)
    result.images.push_back(
        reinterpret_cast<const std::byte *>(pixels.get() + i * bytes));
  result.owners.push_back(pixels);
  return result;
}
