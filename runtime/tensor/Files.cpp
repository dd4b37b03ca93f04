//===- Files.cpp - Whole files and their hashes -----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/tensor/Files.h"
#include "runtime/tensor/Errors.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <ostream>
#include <streambuf>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <openssl/evp.h>

using namespace cim;

namespace {

/// A stream buffer over a file descriptor that remembers why writing failed,
/// which std::ofstream does not tell.
class DescriptorBuffer : public std::streambuf {
public:
  explicit DescriptorBuffer(int descriptor)
      : descriptor(descriptor), buffer(1 << 16) {
    setp(buffer.data(), buffer.data() + buffer.size());
  }
  int error = 0;

protected:
  int_type overflow(int_type character) override {
    if (sync() != 0)
      return traits_type::eof();
    if (character != traits_type::eof())
      sputc(traits_type::to_char_type(character));
    return traits_type::not_eof(character);
  }
  int sync() override {
    bool written = writeAll(pbase(), pptr() - pbase());
    setp(buffer.data(), buffer.data() + buffer.size());
    return written ? 0 : -1;
  }
  std::streamsize xsputn(const char *text, std::streamsize count) override {
    if (count < static_cast<std::streamsize>(buffer.size()))
      return std::streambuf::xsputn(text, count);
    // Large arrays go straight to the file.
    return sync() == 0 && writeAll(text, count) ? count : 0;
  }

private:
  bool writeAll(const char *text, size_t count) {
    while (count > 0) {
      ssize_t written = ::write(descriptor, text, count);
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0) {
        error = errno;
        return false;
      }
      text += written;
      count -= written;
    }
    return true;
  }

  int descriptor;
  std::vector<char> buffer;
};

/// The temporary file of one writeWhole: closed and, unless renamed, removed.
struct TemporaryFile {
  std::string path;
  int descriptor = -1;
  ~TemporaryFile() {
    if (descriptor >= 0)
      ::close(descriptor);
    if (!path.empty())
      ::unlink(path.c_str());
  }
};

[[noreturn]] void cannotWrite(const std::string &path, int error) {
  throw InputError("cannot write '" + path + "': " + std::strerror(error) +
                   (error == ENOSPC
                        ? "; free some space or choose another folder"
                        : "; choose a folder that exists and is writable"));
}

} // namespace

void cim::writeWhole(const std::string &path,
                     const std::function<void(std::ostream &)> &write) {
  struct stat status;
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    if (S_ISDIR(status.st_mode))
      cannotWrite(path, EISDIR);
    // A pipe or a device cannot be renamed over; it is simply written to.
    TemporaryFile device;
    device.descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (device.descriptor < 0)
      cannotWrite(path, errno);
    DescriptorBuffer buffer(device.descriptor);
    std::ostream stream(&buffer);
    write(stream);
    if (!stream.flush())
      cannotWrite(path, buffer.error);
    return;
  }

  TemporaryFile temporary;
  std::string name = path + ".XXXXXX";
  temporary.descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (temporary.descriptor < 0)
    cannotWrite(path, errno);
  temporary.path = name;
  DescriptorBuffer buffer(temporary.descriptor);
  std::ostream stream(&buffer);
  write(stream);
  if (!stream.flush())
    cannotWrite(path, buffer.error ? buffer.error : EIO);
  // mkostemp's files are private; an ordinary output follows the umask.
  mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(temporary.descriptor, 0666 & ~mask) != 0 ||
      ::fsync(temporary.descriptor) != 0 ||
      ::rename(temporary.path.c_str(), path.c_str()) != 0)
    cannotWrite(path, errno);
  temporary.path.clear();
}

MappedFile cim::mapFile(const std::string &path) {
  auto fail = [&](int error) {
    throw InputError("cannot read '" + path + "': " + std::strerror(error));
  };
  TemporaryFile file; // never named, so only closed
  // O_NONBLOCK: opening a pipe without a writer must not hang.
  file.descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file.descriptor < 0)
    fail(errno);
  struct stat status;
  if (::fstat(file.descriptor, &status) != 0)
    fail(errno);
  if (S_ISDIR(status.st_mode))
    fail(EISDIR);
  if (!S_ISREG(status.st_mode))
    throw InputError("cannot read '" + path + "': not a regular file");
  size_t size = status.st_size;
  if (size == 0)
    return {std::shared_ptr<const std::byte>(), 0};
  void *address =
      ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor, 0);
  if (address == MAP_FAILED)
    fail(errno);
  return {std::shared_ptr<const std::byte>(
              static_cast<const std::byte *>(address),
              [size](const std::byte *bytes) {
                ::munmap(const_cast<std::byte *>(bytes), size);
              }),
          size};
}

std::shared_ptr<const std::byte> cim::alignedBytes(const MappedFile &file,
                                                   size_t offset, size_t size,
                                                   size_t alignment) {
  if (offset % alignment == 0)
    return {file.data, file.data.get() + offset};
  std::shared_ptr<std::byte[]> copy(new std::byte[size]);
  std::memcpy(copy.get(), file.data.get() + offset, size);
  return {copy, copy.get()};
}

Sha256::Sha256() : context(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex(static_cast<EVP_MD_CTX *>(context), EVP_sha256(), nullptr);
}

Sha256::~Sha256() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX *>(context)); }

void Sha256::update(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(static_cast<EVP_MD_CTX *>(context), bytes.data(),
                   bytes.size());
}

void Sha256::update(std::string_view text) {
  update(std::as_bytes(std::span(text)));
}

std::string Sha256::finish() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_DigestFinal_ex(static_cast<EVP_MD_CTX *>(context), digest, &length);
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4];
    text += "0123456789abcdef"[digest[i] & 15];
  }
  return text;
}

std::filesystem::path cim::cacheFolder() {
  const char *xdg = std::getenv("XDG_CACHE_HOME");
  if (xdg && *xdg == '/') // the standard says to ignore relative paths
    return std::filesystem::path(xdg) / "cimulator";
  const char *home = std::getenv("HOME");
  if (home && *home == '/')
    return std::filesystem::path(home) / ".cache" / "cimulator";
  throw InputError("there is no folder for caches; set XDG_CACHE_HOME to one");
}

std::string cim::sha256OfFile(const std::string &path) {
  MappedFile file = mapFile(path);
  Sha256 hash;
  constexpr size_t piece = 1 << 20; // a multiple of every page size
  for (size_t offset = 0; offset < file.size; offset += piece) {
    size_t size = std::min(piece, file.size - offset);
    const std::byte *bytes = file.data.get() + offset;
    hash.update({bytes, size});
    // Only the hash is wanted: the file must not stay in this process's memory.
    ::madvise(const_cast<std::byte *>(bytes), size, MADV_DONTNEED);
  }
  return hash.finish();
}
