//===- ReadNoise.h - Noise of every read ------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_CONVERTERS_READNOISE_H
#define CIM_RUNTIME_CONVERTERS_READNOISE_H

#include "runtime/programming/Chip.h"

#include <cstdint>
#include <span>

namespace cim {

/// The reads of one layer on one chip: independent standard normal numbers, one
/// for every result that leaves an array. Cells whose noise is normal and
/// independent need no more, whatever their number.
struct ReadNoise {
  Chip chip;
  uint32_t layer = 0;
  /// Results of the layer for one image, and arrays that compute each.
  uint64_t results = 0;

  /// Draws for results [begin, begin + draws.size()) of \p image as they leave
  /// array \p array (any numbering of row tile, slice and application of the
  /// input, the same for all calls). A result's place is that of its pixel
  /// times the number of channels plus its channel.
  void draw(uint64_t image, uint32_t array, uint64_t begin,
            std::span<float> draws) const;
};

} // namespace cim

#endif // CIM_RUNTIME_CONVERTERS_READNOISE_H
