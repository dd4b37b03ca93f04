//===- Counts.h - What converters clipped -----------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_CONVERTERS_COUNTS_H
#define CIM_RUNTIME_CONVERTERS_COUNTS_H

#include <cstdint>

namespace cim {

/// What the converters of one layer did.
struct ConverterCounts {
  int64_t inputs = 0; ///< numbers that came to a DAC
  int64_t clippedInputs = 0;
  int64_t sums = 0; ///< conversions of an ADC
  int64_t clippedSums = 0;

  ConverterCounts &operator+=(const ConverterCounts &other) {
    inputs += other.inputs;
    clippedInputs += other.clippedInputs;
    sums += other.sums;
    clippedSums += other.clippedSums;
    return *this;
  }
};

} // namespace cim

#endif // CIM_RUNTIME_CONVERTERS_COUNTS_H
