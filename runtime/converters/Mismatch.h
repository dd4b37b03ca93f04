//===- Mismatch.h - How converters differ -----------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_CONVERTERS_MISMATCH_H
#define CIM_RUNTIME_CONVERTERS_MISMATCH_H

#include "runtime/programming/Chip.h"
#include "runtime/random/Distributions.h"

#include <span>

namespace cim {

/// Whether the converters of a chip differ, \p Converter a plan's Dac or Adc.
template <typename Converter> bool hasMismatch(const Converter &converter) {
  return converter.gain_mismatch() > 0 || converter.offset_mismatch() > 0 ||
         converter.nonlinearity_mismatch() > 0;
}

/// bend * (v - v^3), v the share of the last code, deviates by 1 at most.
constexpr double bendOfOneCode = 2.5980762113533160; // 3√3/2

/// Draws one number for each of the converters of \p layer and \p slice on
/// \p chip, times \p width; 0 without a width.
inline void drawMismatch(const Chip &chip, uint32_t layer,
                         random::Source source, uint32_t slice, double width,
                         std::span<float> draws) {
  if (width > 0)
    random::Distribution::normal().draw({{.seed = chip.seed,
                                          .trial = chip.trial,
                                          .layer = layer,
                                          .source = source,
                                          .slice = slice}},
                                        0, draws);
  for (float &number : draws)
    number = width > 0 ? float(width) * number : 0;
}

} // namespace cim

#endif // CIM_RUNTIME_CONVERTERS_MISMATCH_H
