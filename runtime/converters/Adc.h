//===- Adc.h - What ADCs make of partial sums -------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_CONVERTERS_ADC_H
#define CIM_RUNTIME_CONVERTERS_ADC_H

#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"

#include <cstdint>
#include <vector>

namespace cim {

/// One analogue-to-digital converter. With u = code wanted / last code:
/// code = rint(sum * perSum + offset + bend * (u - u^3)), clipped, halves to
/// even.
struct AdcColumn {
  double perSum = 0; ///< codes per unit of partial sum, with the gain's error
  double offset = 0; ///< codes
  double bend = 0;   ///< codes; 2.6 (3√3/2) times the largest deviation
  double step = 0;   ///< result per code

  double convert(double sum, double lastCode) const;
  bool clips(double sum, double lastCode) const;

private:
  double wanted(double sum, double lastCode) const;
};

/// All converters of one layer: one for every output channel, row tile and
/// slice. docs/converters.md.
class AdcBank {
public:
  /// \p layer has a crossbar, and an ADC with limits.
  explicit AdcBank(const plan::Layer &layer);

  /// Draws how the converters of \p chip differ; without it they are all as
  /// they should be.
  void draw(const Chip &chip);

  double lastCode() const { return last; }
  bool isBent() const { return layer.adc().nonlinearity_mismatch() > 0; }
  /// Whether chips differ.
  bool isRandom() const;
  const AdcColumn &column(uint32_t slice, uint32_t rowTile,
                          uint32_t channel) const {
    return columns[(size_t(slice) * rowTiles + rowTile) * channels + channel];
  }

private:
  plan::Layer layer;
  uint32_t slices, rowTiles, channels;
  double last;
  std::vector<AdcColumn> columns; ///< channel fastest
};

/// Where among its limits a layer has that of a converter. \p layer has a
/// crossbar and an ADC.
uint32_t limitOf(const plan::Layer &layer, uint32_t slice, uint32_t rowTile,
                 uint32_t channel);
/// How many limits it has.
uint32_t limitCount(const plan::Layer &layer);

} // namespace cim

#endif // CIM_RUNTIME_CONVERTERS_ADC_H
