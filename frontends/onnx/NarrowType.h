//===- NarrowType.h - Element types of at most 8 bits -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Integers of 2 and 4 bits and floating-point numbers of 4 and 8, in which
// weights are stored. Networks are not computed in them: here such a number
// stands in the next element type that holds them all, and what becomes one is
// rounded by operations.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_FRONTENDS_ONNX_NARROWTYPE_H
#define CIM_FRONTENDS_ONNX_NARROWTYPE_H

#include "runtime/tensor/Tensor.h"

#include <cstdint>
#include <optional>

namespace cim::importer {

struct NarrowType {
  int bits; ///< of a stored element; the first of a byte has its lowest bits
  ElementType holder; ///< I8, U8 or F32

  // Of floating-point types (https://onnx.ai/onnx/technical/float8.html and
  // float4.html; Micikevicius et al., FP8 Formats for Deep Learning, 2022;
  // Noune et al., 8-bit Numerical Formats for Deep Neural Networks, 2022; OCP
  // Microscaling Formats, 2023):
  int fraction = 0;      ///< bits of the significand behind its point
  int leastExponent = 0; ///< of a normal number
  double greatest = 0;
  bool hasInfinity = false;
  bool hasNan = true;
  bool hasNegativeZero = true; ///< where it hasn't, those bits are the only NaN

  bool isFloat() const { return holder == plan::F32; }
  /// How many exponents normal numbers have.
  int exponents() const { return (1 << (bits - 1 - fraction)) - 1; }
  /// The range of an integer type.
  int lowest() const { return holder == plan::I8 ? -(1 << (bits - 1)) : 0; }
  int highest() const { return lowest() + (1 << bits) - 1; }
  /// Bytes that \p count elements are stored in.
  size_t bytes(size_t count) const { return (count * bits + 7) / 8; }
  /// The number that is stored as \p code, of which the lowest bits count.
  double decoded(uint8_t code) const;
};

/// Nothing for other types than these (TensorProto::DataType), and for
/// float8e8m0, which has neither a sign nor a zero.
std::optional<NarrowType> narrowType(int32_t dataType);

} // namespace cim::importer

#endif // CIM_FRONTENDS_ONNX_NARROWTYPE_H
