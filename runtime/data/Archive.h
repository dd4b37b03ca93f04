//===- Archive.h - Archives, unpacked once -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_DATA_ARCHIVE_H
#define CIM_RUNTIME_DATA_ARCHIVE_H

#include <cstdint>
#include <functional>
#include <string>

namespace cim {

struct ArchiveRequest {
  /// .tar, plain or compressed in any way that libarchive knows.
  std::string path;
  /// Which members to unpack, by file name (folders inside the archive are
  /// left out, so that no member can name a place outside the cache).
  std::function<bool(const std::string &name)> wanted;
  /// A larger member makes the archive unusable.
  uint64_t largestMember = 0;
  /// Told the fraction of the archive that is unpacked (0 to 1); may throw.
  std::function<void(double fraction)> progress;
};

/// The folder with the unpacked members, in the user's cache
/// ($XDG_CACHE_HOME/cimulator, or ~/.cache/cimulator), keyed by the archive's
/// absolute path, size and modification time. Unpacks into a temporary folder,
/// renamed when complete, unless that was done before. Throws InputError.
std::string unpackCached(const ArchiveRequest &request);

} // namespace cim

#endif // CIM_RUNTIME_DATA_ARCHIVE_H
