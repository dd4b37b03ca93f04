//===- Mnist.cpp - MNIST and whatever else comes in its idx files -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// http://yann.lecun.com/exdb/mnist: a big-endian magic number (0, 0, 8 for
// unsigned bytes, number of dimensions), the dimensions, the bytes.
//
//===----------------------------------------------------------------------===//
#include "runtime/data/DataSet.h"
#include "runtime/tensor/Errors.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <zlib.h>

using namespace cim;

namespace {

/// A file, unpacked while it is read if it is gzip.
class MaybeCompressedFile {
public:
  explicit MaybeCompressedFile(const std::string &path)
      : path(path), file(::gzopen(path.c_str(), "rb")) {
    if (!file)
      throw InputError("cannot read '" + path + "': " + std::strerror(errno));
    ::gzbuffer(file, 1 << 17);
  }
  ~MaybeCompressedFile() { ::gzclose(file); }
  MaybeCompressedFile(const MaybeCompressedFile &) = delete;
  MaybeCompressedFile &operator=(const MaybeCompressedFile &) = delete;

  /// Reads exactly \p size bytes.
  void read(uint8_t *bytes, unsigned size) {
    const int got = ::gzread(file, bytes, size);
    if (got < 0) {
      int code = 0;
      const char *what = ::gzerror(file, &code);
      fail(code == Z_ERRNO ? std::strerror(errno) : what);
    }
    if (static_cast<unsigned>(got) < size)
      fail("the file ends too early");
  }

  /// Reads on to the end, where gzip's checksum is compared.
  void expectEnd() {
    uint8_t more;
    const int got = ::gzread(file, &more, 1);
    int code = Z_OK;
    const char *what = ::gzerror(file, &code);
    if (got > 0)
      fail("it is longer than its header says");
    if (got < 0 || code == Z_BUF_ERROR)
      fail(code == Z_ERRNO ? std::strerror(errno) : what);
  }

  uint32_t readBigEndian() {
    uint8_t bytes[4];
    read(bytes, 4);
    return uint32_t(bytes[0]) << 24 | uint32_t(bytes[1]) << 16 |
           uint32_t(bytes[2]) << 8 | bytes[3];
  }

  [[noreturn]] void fail(const std::string &what) {
    throw InputError("'" + path + "' is not a usable idx file: " + what +
                     "; download it again");
  }

private:
  std::string path;
  gzFile file;
};

std::string findFile(const std::string &folder, const std::string &stem) {
  for (const char *suffix : {"-ubyte", "-ubyte.gz"}) {
    std::string path = folder + "/" + stem + suffix;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored))
      return path;
  }
  std::error_code ignored;
  throw InputError(
      std::filesystem::is_directory(folder, ignored)
          ? "'" + folder + "' holds neither '" + stem + "-ubyte' nor '" + stem +
                "-ubyte.gz'; name the folder with MNIST's four files"
          : "cannot read '" + folder +
                "': there is no such folder; name the one with MNIST's four "
                "files");
}

/// Memory grows with the bytes that are really there, never with what a header
/// claims.
constexpr size_t chunk = 1 << 20;

std::shared_ptr<std::vector<uint8_t>> readBytes(MaybeCompressedFile &file,
                                                size_t size) {
  auto bytes = std::make_shared<std::vector<uint8_t>>();
  while (bytes->size() < size) {
    const size_t begin = bytes->size();
    bytes->resize(std::min(size, begin + chunk));
    file.read(bytes->data() + begin, bytes->size() - begin);
  }
  return bytes;
}

} // namespace

LabelledImages cim::openMnist(const DataSpec &spec,
                              const DataOptions &options) {
  const std::string prefix = spec.split == Split::train ? "train" : "t10k";
  const std::string imageFile = findFile(spec.path, prefix + "-images-idx3");
  const std::string labelFile = findFile(spec.path, prefix + "-labels-idx1");

  MaybeCompressedFile images(imageFile);
  if (images.readBigEndian() != 0x00000803)
    images.fail("its magic number is not that of images");
  const uint32_t count = images.readBigEndian();
  const uint32_t height = images.readBigEndian();
  const uint32_t width = images.readBigEndian();
  if (height == 0 || width == 0 || height > 4096 || width > 4096)
    images.fail("it claims images of " + std::to_string(height) + "×" +
                std::to_string(width) + " pixels");

  MaybeCompressedFile labels(labelFile);
  if (labels.readBigEndian() != 0x00000801)
    labels.fail("its magic number is not that of labels");
  const uint32_t labelCount = labels.readBigEndian();
  if (labelCount != count)
    throw InputError("'" + labelFile + "' holds " + std::to_string(labelCount) +
                     " labels but '" + imageFile + "' " +
                     std::to_string(count) +
                     " images; use two files of the same data");

  const size_t used =
      options.limit > 0 ? std::min<size_t>(options.limit, count) : count;
  const size_t pixels = size_t(height) * width;
  auto pixelBytes = readBytes(images, used * pixels);
  auto labelBytes = readBytes(labels, used);
  if (used == count) {
    images.expectEnd();
    labels.expectEnd();
  }

  LabelledImages result;
  result.shape = {1, height, width};
  result.labelFile = labelFile;
  for (size_t i = 0; i < used; ++i) {
    result.images.push_back(
        reinterpret_cast<const std::byte *>(pixelBytes->data() + i * pixels));
    result.labels.push_back((*labelBytes)[i]);
  }
  result.owners.push_back(pixelBytes);
  return result;
}
