//===- Bfloat16.cpp - Numbers of 16 bits with f32's range -----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Bfloat16.h"
#include "runtime/kernels/HalideView.h"

#include "cim_round_bfloat16.h"

#include <algorithm>

namespace cim::kernels {

void roundToBfloat16(float *values, size_t count) noexcept {
  constexpr size_t most = size_t(1) << 30; // Halide counts in 32 bits
  for (size_t begin = 0; begin < count; begin += most) {
    const int part = static_cast<int>(std::min(most, count - begin));
    HalideView<1> view(values + begin, {{{part, 1}}});
    cim_round_bfloat16(view, view);
  }
}

} // namespace cim::kernels
