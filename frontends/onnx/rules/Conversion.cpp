//===- Conversion.cpp - From one element type to another ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Numbers of narrow types are held in wider ones; what becomes narrow is
// rounded by operations of those.
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Expressions.h"
#include "frontends/onnx/NarrowType.h"
#include "frontends/onnx/Operators.h"
#include "frontends/onnx/Quotation.h"
#include "frontends/onnx/onnx.pb.h"

#include <cmath>

using namespace cim;
using namespace cim::importer;
using mlir::Value;

/// The lowest bits of \p x, as C++ converts integers.
static Value lowestBits(Node &node, Value x, const NarrowType &type) {
  Term code{node, node.cast(x, node.builder().getI8Type())};
  const double mask = (1 << type.bits) - 1, lowest = type.lowest();
  code = (code - lowest).apply("and", mask) + lowest;
  return node.cast(code.value,
                   toMlir(node.builder().getContext(), type.holder));
}

/// \p a, a non-negative number, less what a step of the format is at it: the
/// distance of two neighbours. Numbers below the least normal one have its
/// step.
static Term stepAt(Term a, const NarrowType &type) {
  // Halving the exponents in question: each time, numbers of the upper half go
  // down to the lower one, and their steps are larger.
  int stages = 1;
  while ((1 << stages) < type.exponents())
    ++stages;
  Node &node = *a.node;
  Term step{node,
            node.splat(llvm::cast<mlir::RankedTensorType>(a.value.getType()),
                       std::ldexp(1, type.leastExponent - type.fraction))};
  for (int stage = stages; stage-- > 0;) {
    const double factor = std::ldexp(1, 1 << stage);
    Term isBelow = a.apply("less", std::ldexp(factor, type.leastExponent));
    a = choose(isBelow, a, a * (1 / factor));
    step = choose(isBelow, step, step * factor);
  }
  return step;
}

Value cim::importer::roundedTo(Node &node, Value value, const NarrowType &type,
                               bool saturate) {
  Term x{node, value};
  Term step = stepAt(x.apply("abs"), type);
  Term result = (x / step).apply("round") * step; // exact but for rounding
  if (saturate || !type.hasNan) {
    // Kernels may lose what is no number between two bounds.
    Term isNumber = x.apply("equal", x);
    result = choose(isNumber, clip(result, -type.greatest, type.greatest),
                    type.hasNan ? x : Term{node, node.scalar(0, value)});
  } else {
    Term isBeyond = result.apply("abs").apply("greater", type.greatest);
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    result = choose(isBeyond,
                    type.hasInfinity ? x * infinity
                                     : Term{node, node.scalar(nan, value)},
                    result);
  }
  return result.value;
}

/// \p x as elements of the ONNX type \p dataType.
static Value converted(Node &node, Value x, int32_t dataType, bool saturate) {
  const mlir::Type type = node.elementType(dataType);
  const std::optional<NarrowType> narrow = narrowType(dataType);
  if (!narrow)
    return node.cast(x, type);
  node.setNarrowType(dataType);
  if (narrow->isFloat())
    return roundedTo(node, node.cast(x, type), *narrow, saturate);
  return lowestBits(node, x, *narrow);
}

static Results importCast(Node &node) {
  Value x = node.operand(0);
  const bool saturate = node.flag("saturate", true);
  node.ignore({"round_mode"}); // of float8e8m0 only
  if (node.opset() >= 6)
    return {converted(node, x, node.dataType("to"), saturate)};
  std::string name = node.text("to", "");
  onnx::TensorProto::DataType to;
  if (!onnx::TensorProto::DataType_Parse(name, &to))
    to = onnx::TensorProto::UNDEFINED;
  if (!elementTypeOf(to))
    node.fail("converts to " + typeName(to) + ", which is not supported");
  return {converted(node, x, to, saturate)};
}

static Results importCastLike(Node &node) {
  const bool saturate = node.flag("saturate", true);
  node.ignore({"round_mode"});
  Value x = node.operand(0), like = node.operand(1);
  if (int32_t narrow = node.narrowType(1))
    return {converted(node, x, narrow, saturate)};
  return {node.cast(x, elementTypeOf(like))};
}

llvm::ArrayRef<Operator> cim::importer::conversionOperators() {
  static const Operator operators[] = {
      {"Cast", importCast},
      {"CastLike", importCastLike},
  };
  return operators;
}
