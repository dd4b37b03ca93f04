//===- DataTest.h - What the tests of data sets share -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_DATA_DATATEST_H
#define CIM_TESTS_RUNTIME_DATA_DATATEST_H

#include "runtime/data/DataSet.h"
#include "runtime/tensor/Errors.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <unistd.h>

namespace cim {

/// A folder of its own for every test, with the cache inside it.
class DataTest : public testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::path(testing::TempDir()) /
             ("data-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    ::setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string path(const std::string &name) { return folder / name; }
  void write(const std::string &name, const std::string &bytes) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }

  static DataSet open(const std::string &spec, DataOptions options = {}) {
    return DataSet::open(parseDataSpec(spec), options);
  }
  /// The message with which opening fails; empty when it does not.
  static std::string failure(const std::string &spec,
                             DataOptions options = {}) {
    try {
      open(spec, options);
    } catch (const InputError &error) {
      EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("\n")));
      return error.what();
    }
    return "";
  }

  std::filesystem::path folder;
};

} // namespace cim

#endif // CIM_TESTS_RUNTIME_DATA_DATATEST_H
