//===- Scratch.h - Files of arbitrary bytes ---------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What fuzz targets share. A target is libFuzzer's LLVMFuzzerTestOneInput; it
// gives its bytes to a reader, which may refuse them, but not crash, hang or
// leak. Readers read files, so the bytes are written to one, in memory.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_FUZZ_SCRATCH_H
#define CIM_TESTS_FUZZ_SCRATCH_H

#include "dialects/cim/grammar/ErrorOptions.h"
#include "runtime/tensor/Errors.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace cim::fuzz {

/// A folder of this process, removed at its end.
class Scratch {
public:
  /// Writes a file into it and returns its path.
  static std::string file(const std::string &name, std::string_view bytes) {
    static Scratch scratch;
    const std::filesystem::path path = scratch.folder / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }

private:
  Scratch() {
    const std::filesystem::path memory = "/dev/shm";
    folder = (std::filesystem::is_directory(memory)
                  ? memory
                  : std::filesystem::temp_directory_path()) /
             ("cim-fuzz-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  std::filesystem::path folder;
};

inline std::string_view text(const uint8_t *data, size_t size) {
  return {reinterpret_cast<const char *>(data), size};
}

/// Runs \p read, which may throw what users see as an error.
template <typename Read> int refuses(Read read) {
  try {
    read();
  } catch (const InputError &) {
  } catch (const UsageError &) {
  } catch (const GrammarError &) {
  }
  return 0;
}

} // namespace cim::fuzz

#endif // CIM_TESTS_FUZZ_SCRATCH_H
