//===- ReadNoise.h - Noise of every read ------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_CONVERTERS_READNOISE_H
#define CIM_RUNTIME_CONVERTERS_READNOISE_H

#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"

#include <cstdint>
#include <span>

namespace cim {

/// One step's reads of a layer on one chip: independent standard normal
/// numbers, one for every result that leaves an array. Cells whose noise is
/// normal and independent need no more, whatever their number.
struct ReadNoise {
  Chip chip;
  uint32_t layer = 0;
  /// Results of one row of the result's dimension 0; a matrix is one row.
  uint64_t results = 0;
  /// How many rows are one image's, or, of a matrix and where images do not
  /// share the rows, one call's; and how many images these stand for.
  uint64_t rows = 1, images = 1;
  /// The first of the step's numbers for an image: steps that use the same
  /// layer read it one after the other.
  uint64_t first = 0;

  /// Draws for results [begin, begin + draws.size()) of row \p row, counted
  /// from image \p firstImage on, as they leave array \p array (any numbering
  /// of row tile, slice and application of the input, the same for all calls).
  /// A result's place is that of its pixel times the number of channels plus
  /// its channel.
  void draw(uint64_t firstImage, uint64_t row, uint32_t array, uint64_t begin,
            std::span<float> draws) const;
};

/// The reads of \p step, whose layer has a crossbar and whose converters have
/// ranges. Throws InputError, naming the layer, for more reads of an image than
/// random numbers tell apart.
ReadNoise readNoiseOf(const plan::Plan &plan, const plan::Step &step);

} // namespace cim

#endif // CIM_RUNTIME_CONVERTERS_READNOISE_H
