//===- VerifyConverters.cpp - What converters may be ----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/VerifyConverters.h"

#include "dialects/cim/grammar/Ranges.h"
#include "runtime/mapping/Tiles.h"
#include "runtime/tensor/Errors.h"

#include <cmath>
#include <string>

using namespace cim;

static void require(bool condition, const std::string &what) {
  if (!condition)
    throw InputError(what);
}

static void checkCurve(const plan::Dac &dac) {
  const int points = dac.curve_input_size();
  require(points == dac.curve_current_size() && points != 1,
          "has a curve that is no list of points");
  if (points == 0)
    return;
  require(!dac.serial(), "has a curve, which serial inputs never see");
  bool hasOrigin = false;
  for (int i = 0; i < points; ++i) {
    require(std::isfinite(dac.curve_input(i)) &&
                (i == 0 || dac.curve_input(i - 1) < dac.curve_input(i)),
            "has a curve whose inputs do not ascend");
    require(std::abs(dac.curve_current(i)) <= largestSingle,
            "has a curve of a current beyond 1e30");
    hasOrigin |= dac.curve_input(i) == 0 && dac.curve_current(i) == 0;
  }
  require(hasOrigin && dac.curve_input(points - 1) == 1 &&
              (dac.curve_input(0) == 0 || dac.curve_input(0) == -1),
          "has a curve that does not reach from 0 or -1 to 1 through 0");
}

template <typename Converter>
static void checkMismatch(const std::string &what, const Converter &converter) {
  for (double width : {converter.gain_mismatch(), converter.offset_mismatch(),
                       converter.nonlinearity_mismatch()})
    require(0 <= width && width <= 65536,
            "has " + what + " of a mismatch that is not from 0 to 65536");
}

static void checkDac(const plan::Dac &dac) {
  require(1 <= dac.bits() && dac.bits() <= 16, "has DACs of " +
                                                   std::to_string(dac.bits()) +
                                                   " bits; expected 1 to 16");
  require(dac.bits() > 1 || !dac.is_signed(),
          "has DACs of one bit, which has no place for the sign of its inputs");
  require(!dac.has_range() || isRange(dac.range()),
          "has DACs of a range that is not from 1e-30 to 1e30");
  checkCurve(dac);
  checkMismatch("DACs", dac);
  const bool hasSteps =
      dac.offset_mismatch() > 0 || dac.nonlinearity_mismatch() > 0;
  require(!dac.serial() || !hasSteps,
          "has DACs of a mismatch in steps, but serial inputs of two levels");
  require(dac.curve_input_size() == 0 || !(hasSteps || dac.gain_mismatch() > 0),
          "has DACs of a mismatch and a curve");
}

static void checkAdc(const plan::Adc &adc, const plan::Layer &layer) {
  require(2 <= adc.bits() && adc.bits() <= 16, "has ADCs of " +
                                                   std::to_string(adc.bits()) +
                                                   " bits; expected 2 to 16");
  require(plan::Adc::Range_IsValid(adc.range()),
          "has ADCs of an unknown kind of range");
  require(adc.range() != plan::Adc::PERCENTILE ||
              (0 < adc.value() && adc.value() <= 100),
          "has ADCs of a percentile outside of 0 to 100");
  require(adc.range() != plan::Adc::FRACTION ||
              (0 < adc.value() && adc.value() <= 1),
          "has ADCs of a fraction outside of 0 to 1");
  for (double limit : adc.limits())
    require(isRange(limit),
            "has ADCs of limits that are not from 1e-30 to 1e30");
  uint64_t expected = slicesOf(layer);
  if (adc.per_tile()) {
    const TileCounts tiles = countTiles(layer);
    expected *= uint64_t(tiles.rowTiles) * tiles.columnTiles;
  }
  require(adc.limits_size() == 0 || uint64_t(adc.limits_size()) == expected,
          "has " + std::to_string(adc.limits_size()) +
              " limits of its ADCs; expected " + std::to_string(expected));
  require(adc.range() != plan::Adc::LIMITS || adc.limits_size() > 0,
          "has ADCs that lack their limits");
  checkMismatch("ADCs", adc);
}

void cim::verifyConverters(const plan::Layer &layer) {
  require(layer.has_crossbar() ||
              !(layer.has_dac() || layer.has_adc() || layer.has_read_noise()),
          "has converters, but no crossbar");
  if (layer.has_dac())
    checkDac(layer.dac());
  if (layer.has_adc())
    checkAdc(layer.adc(), layer);
  require(!layer.compensates_drift() || layer.has_device(),
          "has its drift compensated, but no device");
  if (layer.has_read_noise())
    require(0 <= layer.read_noise().width() &&
                layer.read_noise().width() <= 1e6,
            "has read noise that is not from 0 to 1e6 uS");
}
