//===- Files.h - Whole files and their hashes -------------------------*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TENSOR_FILES_H
#define CIM_RUNTIME_TENSOR_FILES_H

#include <cstddef>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cim {

/// Writes a file whole or not at all: \p write fills a temporary file beside
/// \p path, which is flushed and renamed when all of it is there, and removed
/// otherwise. Throws InputError (unwritable folder, full disk, ...).
void writeWhole(const std::string &path,
                const std::function<void(std::ostream &)> &write);

/// A read-only mapping of a whole file, unmapped with the last copy of the
/// pointer. Throws InputError when there is no such regular file.
struct MappedFile {
  std::shared_ptr<const std::byte> data;
  size_t size = 0;
  std::string_view text() const {
    return {reinterpret_cast<const char *>(data.get()), size};
  }
};
MappedFile mapFile(const std::string &path);

/// Bytes [offset, offset + size) of \p file: a view of the mapping, or a copy
/// where the file does not keep them aligned to \p alignment.
std::shared_ptr<const std::byte> alignedBytes(const MappedFile &file,
                                              size_t offset, size_t size,
                                              size_t alignment);

/// SHA-256 in lower-case hexadecimal, fed piece by piece.
class Sha256 {
public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256 &) = delete;
  Sha256 &operator=(const Sha256 &) = delete;
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  std::string finish();

private:
  void *context;
};

/// The user's folder for what can be made again: $XDG_CACHE_HOME/cimulator,
/// else
/// ~/.cache/cimulator; it may not exist yet. Throws InputError without either.
std::filesystem::path cacheFolder();

std::string sha256OfFile(const std::string &path);

} // namespace cim

#endif // CIM_RUNTIME_TENSOR_FILES_H
