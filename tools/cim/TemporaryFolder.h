//===- TemporaryFolder.h - What nobody keeps --------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_TEMPORARYFOLDER_H
#define CIM_TOOLS_CIM_TEMPORARYFOLDER_H

#include <filesystem>

namespace cim {

/// A folder of one's own, under a name that nobody can foresee, among the
/// system's temporary files; removed with this object, and everything in it.
class TemporaryFolder {
public:
  /// Throws InputError when it cannot be made.
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;

  const std::filesystem::path &path() const { return folder; }

private:
  std::filesystem::path folder;
};

} // namespace cim

#endif // CIM_TOOLS_CIM_TEMPORARYFOLDER_H
