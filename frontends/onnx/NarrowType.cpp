//===- NarrowType.cpp - Element types of at most 8 bits -------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/NarrowType.h"

#include <cmath>
#include <limits>

using namespace cim;
using namespace cim::importer;

std::optional<NarrowType> importer::narrowType(int32_t dataType) {
  // Numbers of releases after Debian's onnx.proto.
  switch (dataType) {
  case 17: // float8e4m3fn
    return NarrowType{.bits = 8,
                      .holder = plan::F32,
                      .fraction = 3,
                      .leastExponent = -6,
                      .greatest = 448};
  case 18: // float8e4m3fnuz
    return NarrowType{.bits = 8,
                      .holder = plan::F32,
                      .fraction = 3,
                      .leastExponent = -7,
                      .greatest = 240,
                      .hasNegativeZero = false};
  case 19: // float8e5m2
    return NarrowType{.bits = 8,
                      .holder = plan::F32,
                      .fraction = 2,
                      .leastExponent = -14,
                      .greatest = 57344,
                      .hasInfinity = true};
  case 20: // float8e5m2fnuz
    return NarrowType{.bits = 8,
                      .holder = plan::F32,
                      .fraction = 2,
                      .leastExponent = -15,
                      .greatest = 57344,
                      .hasNegativeZero = false};
  case 21: // uint4
    return NarrowType{.bits = 4, .holder = plan::U8};
  case 22: // int4
    return NarrowType{.bits = 4, .holder = plan::I8};
  case 23: // float4e2m1
    return NarrowType{.bits = 4,
                      .holder = plan::F32,
                      .fraction = 1,
                      .leastExponent = 0,
                      .greatest = 6,
                      .hasNan = false};
  case 25: // uint2
    return NarrowType{.bits = 2, .holder = plan::U8};
  case 26: // int2
    return NarrowType{.bits = 2, .holder = plan::I8};
  default:
    return std::nullopt;
  }
}

double NarrowType::decoded(uint8_t code) const {
  code &= (1 << bits) - 1;
  const bool sign = code >> (bits - 1);
  if (!isFloat())
    return holder == plan::I8 && sign ? int(code) - (1 << bits) : code;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const int magnitude = code & ((1 << (bits - 1)) - 1);
  if (sign && magnitude == 0 && !hasNegativeZero)
    return nan;
  const int exponent = magnitude >> fraction;
  const int significand = magnitude & ((1 << fraction) - 1);
  double number = exponent == 0
                      ? std::ldexp(significand, leastExponent - fraction)
                      : std::ldexp(significand + (1 << fraction),
                                   exponent - 1 + leastExponent - fraction);
  if (number > greatest)
    number = hasInfinity && significand == 0
                 ? std::numeric_limits<double>::infinity()
                 : nan;
  return sign ? -number : number;
}
