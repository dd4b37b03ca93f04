//===- DataFuzz.cpp - Images and labels that are none ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/data/DataSet.h"
#include "runtime/data/ImageFile.h"
#include "tests/fuzz/Scratch.h"

#include <algorithm>
#include <cstdlib>

using namespace cim;

namespace {

void openData(const std::string &spec) {
  DataSet::open(parseDataSpec(spec), {.limit = 4, .threads = 1});
}

/// Writes \p bytes into two files: how many are the labels' stands first.
void writeBoth(const std::string &labels, const std::string &images,
               std::string_view bytes) {
  size_t length = 0;
  if (!bytes.empty()) {
    length = std::min<size_t>(uint8_t(bytes[0]), bytes.size() - 1);
    bytes.remove_prefix(1);
  }
  fuzz::Scratch::file(labels, bytes.substr(0, length));
  fuzz::Scratch::file(images, bytes.substr(length));
}

} // namespace

/// The first byte says what the others are: .npy or idx files of labels and
/// images, a batch of CIFAR-10, a picture, an archive of batches.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  const std::string_view bytes = fuzz::text(data + 1, size - 1);
  const std::filesystem::path &folder = fuzz::Scratch::folder();
  auto at = [&](const char *name) { return (folder / name).string(); };
  switch (data[0] % 5) {
  case 0:
    writeBoth("y.npy", "x.npy", bytes);
    return fuzz::refuses(
        [&] { openData("npy:" + at("x.npy") + "," + at("y.npy")); });
  case 1:
    writeBoth("mnist/t10k-labels-idx1-ubyte", "mnist/t10k-images-idx3-ubyte",
              bytes);
    return fuzz::refuses([&] { openData("mnist:" + at("mnist")); });
  case 2:
    fuzz::Scratch::file("cifar/test_batch.bin", bytes);
    return fuzz::refuses([&] { openData("cifar10:" + at("cifar")); });
  case 3:
    return fuzz::refuses([&] {
      decodeImageFile(fuzz::Scratch::file("picture", bytes), 3, {}, {});
    });
  default:
    // Archives are unpacked into the cache.
    ::setenv("XDG_CACHE_HOME", at("cache").c_str(), 1);
    std::filesystem::remove_all(at("cache"));
    fuzz::Scratch::file("cifar.tar", bytes);
    return fuzz::refuses([&] { openData("cifar10:" + at("cifar.tar")); });
  }
}
