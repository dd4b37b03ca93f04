//===- NpyData.h - Images and labels of a test ------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_RUNTIME_DATA_NPYDATA_H
#define CIM_TESTS_RUNTIME_DATA_NPYDATA_H

#include "runtime/data/DataSet.h"
#include "runtime/tensor/TensorFile.h"
#include "tests/TemporaryFolder.h"

#include <algorithm>
#include <span>

namespace cim::test {

/// A data set of \p images, from .npy files in \p folder.
inline DataSet npyData(const TemporaryFolder &folder, const Tensor &images,
                       const std::vector<uint8_t> &labels) {
  std::shared_ptr<std::byte[]> bytes(new std::byte[labels.size()]);
  std::ranges::copy(std::as_bytes(std::span(labels)), bytes.get());
  const std::string x = folder.path("x.npy"), y = folder.path("y.npy");
  writeNpy(x, images);
  writeNpy(y, {plan::U8, {int64_t(labels.size())}, {bytes, bytes.get()}});
  return DataSet::open(parseDataSpec("npy:" + x + "," + y), {});
}

} // namespace cim::test

#endif // CIM_TESTS_RUNTIME_DATA_NPYDATA_H
