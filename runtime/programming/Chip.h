//===- Chip.h - The coordinates of one chip's errors ------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PROGRAMMING_CHIP_H
#define CIM_RUNTIME_PROGRAMMING_CHIP_H

#include <cstdint>

namespace cim {

/// One chip: the coordinates of all its write errors.
struct Chip {
  uint64_t seed = 0;
  uint64_t trial = 0;
  uint32_t epoch = 0; ///< of every layer
};

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_CHIP_H
