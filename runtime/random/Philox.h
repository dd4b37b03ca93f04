//===- Philox.h - A counter-based random number generator -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_RANDOM_PHILOX_H
#define CIM_RUNTIME_RANDOM_PHILOX_H

#include "runtime/random/PhiloxConstants.h"

#include <array>
#include <cstdint>

namespace cim::random {

/// The block of four words that \p counter has under \p key: without state, so
/// that any word of any stream costs the same. This is the definition;
/// DrawKernels.h computes many blocks at once.
constexpr std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter,
                                             std::array<uint32_t, 2> key) {
  using Constants = PhiloxConstants;
  for (int round = 0; round < Constants::rounds; ++round) {
    uint64_t product0 = uint64_t(Constants::multiplier0) * counter[0];
    uint64_t product1 = uint64_t(Constants::multiplier1) * counter[2];
    counter = {
        uint32_t(product1 >> 32) ^ counter[1] ^ key[0], uint32_t(product1),
        uint32_t(product0 >> 32) ^ counter[3] ^ key[1], uint32_t(product0)};
    key[0] += Constants::keyStep0;
    key[1] += Constants::keyStep1;
  }
  return counter;
}

} // namespace cim::random

#endif // CIM_RUNTIME_RANDOM_PHILOX_H
