//===- DataFuzz.cpp - Images and labels that are none ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/data/DataSet.h"
#include "runtime/data/ImageFile.h"
#include "runtime/tensor/TensorFile.h"
#include "tests/fuzz/Scratch.h"

using namespace cim;

/// The first byte says what the others are: an .npy file of images or labels,
/// an idx file, a batch of CIFAR-10, a picture.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  const std::string_view bytes = fuzz::text(data + 1, size - 1);
  static const std::string labels = [] {
    const std::string path = fuzz::Scratch::file("npy/y.npy", "");
    std::shared_ptr<std::byte[]> zero(new std::byte[1]());
    writeNpy(path, {plan::U8, {1}, {zero, zero.get()}});
    return path;
  }();
  auto open = [](const std::string &spec) {
    DataSet::open(parseDataSpec(spec), {.limit = 4, .threads = 1});
  };
  return fuzz::refuses([&] {
    switch (data[0] % 5) {
    case 0:
      open("npy:" + fuzz::Scratch::file("npy/x.npy", bytes) + "," + labels);
      break;
    case 1:
      fuzz::Scratch::file("mnist/t10k-labels-idx1-ubyte", bytes);
      open("mnist:" +
           std::filesystem::path(
               fuzz::Scratch::file("mnist/t10k-images-idx3-ubyte", bytes))
               .parent_path()
               .string());
      break;
    case 2:
      open("cifar10:" + std::filesystem::path(
                            fuzz::Scratch::file("cifar/test_batch.bin", bytes))
                            .parent_path()
                            .string());
      break;
    case 3:
      decodeImageFile(fuzz::Scratch::file("picture.png", bytes), 3, {}, {});
      break;
    default:
      decodeImageFile(fuzz::Scratch::file("picture.jpg", bytes), 3, {}, {});
    }
  });
}
