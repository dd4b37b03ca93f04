//===- Quantization.cpp - Numbers as integers, and back -------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// y = saturate(round(x / scale) + zero point) and x = (y − zero point) · scale,
// written out. Layers of integers compute with whole numbers in f32, which is
// exact up to 2^24; so their constant weights can stand on crossbars.
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Expressions.h"
#include "frontends/onnx/NarrowType.h"
#include "frontends/onnx/Operators.h"
#include "frontends/onnx/Quotation.h"
#include "frontends/onnx/onnx.pb.h"

using namespace cim;
using namespace cim::importer;
using mlir::Value;

static Term asFloat(Node &node, Value x) {
  return {node, node.cast(x, node.builder().getF32Type())};
}

/// A scale or zero point where it meets x: one number, one for each element of
/// dimension \p axis, or one for each block of `block_size` of them.
static Value aligned(Node &node, Value parameter, Value x, int64_t axis) {
  llvm::ArrayRef<int64_t> shape = shapeOf(parameter), target = shapeOf(x);
  if (product(shape) == 1)
    return node.reshape(parameter, {});
  if (shape.size() == 1)
    return along(node, parameter, node.axis(axis, target.size()),
                 target.size());
  axis = node.axis(axis, target.size());
  int64_t block = node.integer("block_size", 0);
  if (shape.size() != target.size() || block < 1 || block > target[axis])
    node.fail("has scales or zero points of shape " + listed(shape) +
              " in blocks of " + llvm::Twine(block) + " for " + listed(target));
  Value repeated = repeat(node, parameter, axis, block);
  return shapeOf(repeated)[axis] == target[axis]
             ? repeated // the last block may be smaller
             : slice(node, repeated, axis, 0, target[axis]);
}

namespace {

/// What codes are: their type in the IR and, of a narrow one, its limits.
struct CodeType {
  mlir::Type type;
  std::optional<NarrowType> narrow;

  CodeType(Node &node, int32_t dataType)
      : type(node.elementType(dataType)), narrow(narrowType(dataType)) {}
  /// That of the zero point that is operand \p index.
  CodeType(Node &node, size_t index, Value zeroPoint)
      : type(elementTypeOf(zeroPoint)),
        narrow(narrowType(node.narrowType(index))) {}
};

} // namespace

/// round(x / scale) + zero point in \p to, which has at most 16 bits; for
/// floating-point types the nearest of its numbers, with a zero point of 0.
static Value quantized(Node &node, Term x, Term scale, Value zeroPoint,
                       const CodeType &to, bool saturate = true) {
  if (to.narrow && to.narrow->isFloat())
    return roundedTo(node, (x / scale).value, *to.narrow, saturate);
  unsigned width = to.type.getIntOrFloatBitWidth();
  if (!llvm::isa<mlir::IntegerType>(to.type) || width > 16)
    node.fail("quantizes to a type that is not an integer of at most 16 bits");
  const double count = double(1 << width);
  double lowest = to.type.isUnsignedInteger() ? 0 : -count / 2;
  double highest = lowest + count - 1;
  if (to.narrow) {
    lowest = to.narrow->lowest();
    highest = to.narrow->highest();
  }
  Term code = (x / scale).apply("round");
  if (zeroPoint)
    code = code + asFloat(node, zeroPoint);
  return node.cast(clip(code, lowest, highest).value, to.type);
}

static Term dequantized(Node &node, Value x, Term scale, Value zeroPoint) {
  Term code = asFloat(node, x);
  return (zeroPoint ? code - asFloat(node, zeroPoint) : code) * scale;
}

static Results importQuantizeLinear(Node &node) {
  Value x = node.operand(0), zeroPoint = node.operandOrNull(2);
  const bool saturate = node.flag("saturate", true);
  node.ignore({"precision"}); // always f32
  int64_t axis = node.integer("axis", 1);
  int32_t narrow = node.narrowType(2);
  CodeType type{node, onnx::TensorProto::UINT8};
  if (zeroPoint) {
    type = {node, 2, zeroPoint};
  } else if (node.integer("output_dtype", 0) != 0) {
    const int32_t named = node.dataType("output_dtype");
    type = {node, named};
    narrow = type.narrow ? named : 0;
  }
  if (narrow != 0)
    node.setNarrowType(narrow);
  node.ignore({"output_dtype", "block_size"});
  Term scale = asFloat(node, aligned(node, node.operand(1), x, axis));
  if (zeroPoint)
    zeroPoint = aligned(node, zeroPoint, x, axis);
  return {quantized(node, asFloat(node, x), scale, zeroPoint, type, saturate)};
}

static Results importDequantizeLinear(Node &node) {
  Value x = node.operand(0), zeroPoint = node.operandOrNull(2);
  if (node.integer("output_dtype", 0) != 0) {
    const int32_t type = node.dataType("output_dtype");
    if (!node.elementType(type).isF32() || narrowType(type))
      node.fail("dequantizes to " + typeName(type) +
                ", which is not supported");
  }
  node.ignore({"block_size"});
  int64_t axis = node.integer("axis", 1);
  Term scale = asFloat(node, aligned(node, node.operand(1), x, axis));
  if (zeroPoint)
    zeroPoint = aligned(node, zeroPoint, x, axis);
  return {node.named(dequantized(node, x, scale, zeroPoint).value, 0)};
}

/// Scale and zero point from the range of x, which is made to include zero.
static Results importDynamicQuantizeLinear(Node &node) {
  Term x{node, node.operand(0)};
  Integers all = axesFrom(0, shapeOf(x.value).size());
  Term lowest{node, reduce(node, "min", x.value, all, false)};
  Term highest{node, reduce(node, "max", x.value, all, false)};
  lowest = lowest.apply("min", 0.);
  highest = highest.apply("max", 0.);
  Term scale = (highest - lowest) / 255.;
  const CodeType type{node, onnx::TensorProto::UINT8};
  Term zero = clip((lowest / scale).apply("neg"), 0, 255).apply("round");
  Value zeroPoint = node.cast(zero.value, type.type);
  return {quantized(node, x, scale, zeroPoint, type), scale.value, zeroPoint};
}

//===----------------------------------------------------------------------===//
// Layers of integers
//===----------------------------------------------------------------------===//

/// Codes less their zero point. \p axis: where a list of those belongs.
static Value centred(Node &node, Value codes, Value zeroPoint, int64_t axis) {
  Term code = asFloat(node, codes);
  if (!zeroPoint)
    return code.value;
  int64_t rank = shapeOf(codes).size();
  if (shapeOf(zeroPoint).size() == 1)
    zeroPoint = product(shapeOf(zeroPoint)) == 1
                    ? node.reshape(zeroPoint, {})
                    : along(node, zeroPoint, axis, rank);
  return (code - asFloat(node, zeroPoint)).value;
}

static Results importConvInteger(Node &node) {
  Value x = centred(node, node.operand(0), node.operandOrNull(2), 1);
  Value weights =
      node.named(centred(node, node.operand(1), node.operandOrNull(3), 0), 1);
  return {node.cast(convolution(node, x, weights, {}),
                    node.builder().getI32Type())};
}

/// Rows of a and columns of b have zero points of their own.
static Value productOfCodes(Node &node, Value a, Value zeroA, Value b,
                            Value zeroB, size_t operandB) {
  int64_t rankA = shapeOf(a).size(), rankB = shapeOf(b).size();
  a = centred(node, a, zeroA, std::max<int64_t>(rankA - 2, 0));
  b = node.named(centred(node, b, zeroB, rankB - 1), operandB);
  return node.create("matmul", {a, b});
}

static Results importMatMulInteger(Node &node) {
  Value result = productOfCodes(node, node.operand(0), node.operandOrNull(2),
                                node.operand(1), node.operandOrNull(3), 1);
  return {node.cast(result, node.builder().getI32Type())};
}

/// The factor that turns codes' products into the result's codes.
static Term rescaled(Node &node, Value product, Value scaleA, Value scaleB) {
  return asFloat(node, product) *
         (asFloat(node, scaleA) * asFloat(node, scaleB));
}

static Results importQLinearConv(Node &node) {
  Value x = centred(node, node.operand(0), node.operand(2), 1);
  Value weights =
      node.named(centred(node, node.operand(3), node.operand(5), 0), 3);
  Value bias = node.operandOrNull(8);
  if (bias)
    bias = asFloat(node, bias).value;
  Value sums = convolution(node, x, weights, bias);
  // Scales of the weights belong to output channels.
  Value scale = node.operand(4);
  if (product(shapeOf(scale)) > 1)
    scale = along(node, scale, 1, shapeOf(sums).size());
  Term result =
      rescaled(node, sums, node.reshape(node.operand(1), {}),
               product(shapeOf(scale)) == 1 ? node.reshape(scale, {}) : scale);
  Value zeroPoint = node.operand(7);
  return {quantized(node, result,
                    asFloat(node, node.reshape(node.operand(6), {})),
                    node.reshape(zeroPoint, {}), CodeType(node, 7, zeroPoint))};
}

static Results importQLinearMatMul(Node &node) {
  Value product = productOfCodes(node, node.operand(0), node.operand(2),
                                 node.operand(3), node.operand(5), 3);
  int64_t rank = shapeOf(product).size();
  auto scale = [&](size_t operand, int64_t axis) {
    Value value = node.operand(operand);
    if (shapeOf(value).size() != 1)
      return value;
    return importer::product(shapeOf(value)) == 1
               ? node.reshape(value, {})
               : along(node, value, axis, rank);
  };
  Term result =
      rescaled(node, product, scale(1, std::max<int64_t>(rank - 2, 0)),
               scale(4, rank - 1));
  Value zeroPoint = node.operand(7);
  return {quantized(node, result, asFloat(node, node.operand(6)), zeroPoint,
                    CodeType(node, 7, zeroPoint))};
}

llvm::ArrayRef<Operator> cim::importer::quantizationOperators() {
  static const Operator operators[] = {
      {"QuantizeLinear", importQuantizeLinear},
      {"DequantizeLinear", importDequantizeLinear},
      {"DynamicQuantizeLinear", importDynamicQuantizeLinear, 3},
      {"ConvInteger", importConvInteger},
      {"MatMulInteger", importMatMulInteger},
      {"QLinearConv", importQLinearConv},
      {"QLinearMatMul", importQLinearMatMul},
  };
  return operators;
}
