//===- Scratch.h - Files of arbitrary bytes ---------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What fuzz targets share. A target is libFuzzer's LLVMFuzzerTestOneInput; it
// gives its bytes to readers, which may refuse them, but not crash, hang or
// leak. Readers read files, so the bytes are written to one, in memory. What a
// reader never takes tests little but its first lines, so Replay.cpp wants
// every one to take something.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_FUZZ_SCRATCH_H
#define CIM_TESTS_FUZZ_SCRATCH_H

#include "dialects/cim/grammar/ErrorOptions.h"
#include "runtime/tensor/Errors.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <source_location>
#include <string>
#include <string_view>
#include <unistd.h>

namespace cim::fuzz {

/// A folder of this process, removed at its end.
class Scratch {
public:
  static const std::filesystem::path &folder() {
    static Scratch scratch;
    return scratch.path;
  }
  /// Writes a file into it and returns its path.
  static std::string file(const std::string &name, std::string_view bytes) {
    const std::filesystem::path path = folder() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }

private:
  Scratch() {
    const std::filesystem::path memory = "/dev/shm";
    path = (std::filesystem::is_directory(memory)
                ? memory
                : std::filesystem::temp_directory_path()) /
           ("cim-fuzz-" + std::to_string(getpid()));
    std::filesystem::create_directories(path);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

inline std::string_view text(const uint8_t *data, size_t size) {
  return {reinterpret_cast<const char *>(data), size};
}

/// How many inputs each reader took, by its line in the target.
inline std::map<unsigned, int> taken;

/// Runs \p read, which may throw what users see as an error.
template <typename Read>
int refuses(Read read,
            std::source_location where = std::source_location::current()) {
  int &count = taken[where.line()];
  try {
    read();
    ++count;
  } catch (const InputError &) {
  } catch (const UsageError &) {
  } catch (const GrammarError &) {
  }
  return 0;
}

} // namespace cim::fuzz

#endif // CIM_TESTS_FUZZ_SCRATCH_H
