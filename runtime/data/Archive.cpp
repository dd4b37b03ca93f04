//===- Archive.cpp - Archives, unpacked once -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/data/Archive.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"

#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <ostream>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace cim;
namespace fs = std::filesystem;

namespace {

std::string cacheKey(const std::string &path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0)
    throw InputError("cannot read '" + path + "': " + std::strerror(errno));
  Sha256 hash;
  hash.update(fs::canonical(path).string() + '\n' +
              std::to_string(status.st_size) + '\n' +
              std::to_string(status.st_mtim.tv_sec) + '.' +
              std::to_string(status.st_mtim.tv_nsec));
  return hash.finish().substr(0, 24);
}

/// A folder that is removed with everything in it, unless it was renamed.
struct TemporaryFolder {
  fs::path path;
  explicit TemporaryFolder(const fs::path &target) {
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    std::string name = target.string() + ".XXXXXX";
    if (error || !::mkdtemp(name.data()))
      throw InputError(
          "cannot write into the cache '" + target.parent_path().string() +
          "': " + (error ? error.message() : std::strerror(errno)) +
          "; set XDG_CACHE_HOME to a writable folder");
    path = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path.empty())
      fs::remove_all(path, ignored);
  }
};

struct Reader {
  archive *handle = ::archive_read_new();
  ~Reader() { ::archive_read_free(handle); }
};

void unpack(const ArchiveRequest &request, const fs::path &folder) {
  Reader reader;
  archive *handle = reader.handle;
  auto check = [&](int code) {
    // Warnings are about names and times, which are not used.
    if (code == ARCHIVE_FATAL || code == ARCHIVE_FAILED ||
        code == ARCHIVE_RETRY) {
      const char *what = ::archive_error_string(handle);
      throw InputError("'" + request.path + "' is not a usable archive: " +
                       (what ? what : "it is damaged") +
                       "; download it again, or name the unpacked folder");
    }
    return code;
  };
  ::archive_read_support_filter_all(handle);
  ::archive_read_support_format_tar(handle);
  check(::archive_read_open_filename(handle, request.path.c_str(), 1 << 18));

  const double total = std::max<double>(1, fs::file_size(request.path));
  std::vector<char> buffer(1 << 18);
  archive_entry *entry = nullptr;
  while (check(::archive_read_next_header(handle, &entry)) != ARCHIVE_EOF) {
    const char *pathname = ::archive_entry_pathname(entry);
    const std::string name =
        pathname ? fs::path(pathname).filename().string() : "";
    if (::archive_entry_filetype(entry) != AE_IFREG || !request.wanted(name))
      continue;
    writeWhole(folder / name, [&](std::ostream &out) {
      uint64_t size = 0;
      for (la_ssize_t got; (got = ::archive_read_data(handle, buffer.data(),
                                                      buffer.size())) != 0;) {
        check(got < 0 ? static_cast<int>(got) : ARCHIVE_OK);
        size += got;
        if (size > request.largestMember)
          throw InputError("'" + request.path + "': its member '" + name +
                           "' is larger than any data of this kind; name the "
                           "right archive");
        out.write(buffer.data(), got);
        if (request.progress)
          request.progress(::archive_filter_bytes(handle, -1) / total);
      }
    });
  }
}

} // namespace

std::string cim::unpackCached(const ArchiveRequest &request) {
  const fs::path target = cacheFolder() / cacheKey(request.path);
  std::error_code ignored;
  if (fs::is_directory(target, ignored))
    return target;

  TemporaryFolder temporary(target);
  unpack(request, temporary.path);
  std::error_code error;
  fs::rename(temporary.path, target, error);
  if (!error)
    temporary.path.clear();
  else if (!fs::is_directory(target, ignored)) // nor has another process won
    throw InputError("cannot write into the cache '" +
                     target.parent_path().string() + "': " + error.message() +
                     "; set XDG_CACHE_HOME to a writable folder");
  return target;
}
