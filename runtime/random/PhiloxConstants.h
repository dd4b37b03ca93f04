//===- PhiloxConstants.h - The constants of Philox4x32-10 -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_RANDOM_PHILOXCONSTANTS_H
#define CIM_RUNTIME_RANDOM_PHILOXCONSTANTS_H

#include <cstdint>

namespace cim::random {

/// The constants of Philox4x32-10, from J. Salmon, M. Moraes, R. Dror, D. Shaw:
/// Parallel random numbers: as easy as 1, 2, 3. SC 2011,
/// doi 10.1145/2063384.2063405.
struct PhiloxConstants {
  static constexpr uint32_t multiplier0 = 0xD2511F53;
  static constexpr uint32_t multiplier1 = 0xCD9E8D57;
  static constexpr uint32_t keyStep0 = 0x9E3779B9;
  static constexpr uint32_t keyStep1 = 0xBB67AE85;
  static constexpr int rounds = 10;
};

} // namespace cim::random

#endif // CIM_RUNTIME_RANDOM_PHILOXCONSTANTS_H
