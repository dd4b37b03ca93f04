//===- TemporaryFolder.cpp - What nobody keeps ----------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/TemporaryFolder.h"

#include "runtime/tensor/Errors.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace cim;
namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  std::string name = (parent / "cim-XXXXXX").string();
  if (error || !::mkdtemp(name.data()))
    throw InputError("cannot write temporary files into '" + parent.string() +
                     "': " + (error ? error.message() : std::strerror(errno)) +
                     "; set TMPDIR to a writable folder");
  folder = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}
