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

/// What writing took.
struct WriteCounts {
  uint64_t cells = 0;
  uint64_t pulses = 0; ///< one per cell, or more when cells are verified
  uint64_t failed = 0; ///< cells that the last pulse left out of tolerance

  WriteCounts &operator+=(const WriteCounts &more) {
    cells += more.cells;
    pulses += more.pulses;
    failed += more.failed;
    return *this;
  }
};

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_CHIP_H
