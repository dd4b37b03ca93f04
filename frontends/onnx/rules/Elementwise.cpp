//===- Elementwise.cpp - Arithmetic, comparison, logic -------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Expressions.h"
#include "frontends/onnx/Operators.h"

#include <algorithm>

using namespace cim::importer;
using mlir::Value;

/// An operator that nn has under the same name: "Relu" is nn.relu.
static Results importUnary(Node &node) {
  node.ignore({"consumed_inputs"}); // a hint on memory, in opset 1
  return {node.create(node.operatorType().lower(), node.operand(0))};
}

/// The second operand, given dimensions of 1 where opsets before 7 say with
/// `axis` which dimensions of the first one it is aligned to.
static Value alignedOperand(Node &node) {
  Value a = node.operand(0), b = node.operand(1);
  node.ignore({"consumed_inputs"});
  if (node.opset() >= 7)
    return b;
  bool broadcast = node.flag("broadcast", false);
  int64_t rankA = shapeOf(a).size(), rankB = shapeOf(b).size();
  if (!node.has("axis") || !broadcast) {
    node.ignore({"axis"});
    return b;
  }
  int64_t axis = node.integer("axis");
  if (axis < 0)
    axis += rankA;
  if (axis < 0 || axis > rankA - rankB)
    node.fail("aligns an operand of " + llvm::Twine(rankB) +
              " dimensions to axis " + llvm::Twine(axis) + " of one with " +
              llvm::Twine(rankA));
  Integers shape(shapeOf(b));
  shape.resize(rankA - axis, 1);
  return node.reshape(b, shape);
}

static Results importBinary(Node &node) {
  return {node.create(node.operatorType().lower(),
                      {node.operand(0), alignedOperand(node)})};
}

static Results importPow(Node &node) {
  Value base = node.operand(0), exponent = alignedOperand(node);
  mlir::Type result = elementTypeOf(base);
  // A root of integers is computed in floating point; the result keeps the
  // base's type.
  if (llvm::isa<mlir::FloatType>(elementTypeOf(exponent)))
    base = node.cast(base, elementTypeOf(exponent));
  exponent = node.cast(exponent, elementTypeOf(base));
  return {node.cast(node.create("pow", {base, exponent}), result)};
}

static Value exclusiveOr(Node &node, Value a, Value b) {
  Value either = node.create("or", {a, b}), both = node.create("and", {a, b});
  return node.create("and", {either, node.create("not", both)});
}

/// nn.mod has the sign of the divisor for integers and of the dividend for
/// floating-point numbers; fmod says which one is wanted.
static Results importMod(Node &node) {
  Value a = node.operand(0), b = node.operand(1);
  bool signOfDividend = node.flag("fmod", false);
  bool isFloat = llvm::isa<mlir::FloatType>(elementTypeOf(a));
  Value remainder = node.create("mod", {a, b});
  if (signOfDividend == isFloat || elementTypeOf(a).isUnsignedInteger())
    return {remainder};
  if (!isFloat) { // a − (a/b)·b, the quotient cut off
    Value quotient = node.create("div", {a, b});
    return {node.create("sub", {a, node.create("mul", {quotient, b})})};
  }
  Value zero = node.scalar(0, a);
  Value inexact = node.create("not", node.create("equal", {remainder, zero}));
  Value signsDiffer = exclusiveOr(node, node.create("less", {remainder, zero}),
                                  node.create("less", {b, zero}));
  return {
      node.create("where", {node.create("and", {inexact, signsDiffer}),
                            node.create("add", {remainder, b}), remainder})};
}

static Results importOrEqual(Node &node) {
  Value a = node.operand(0), b = node.operand(1);
  llvm::StringRef strict =
      node.operatorType() == "LessOrEqual" ? "less" : "greater";
  return {node.create(
      "or", {node.create(strict, {a, b}), node.create("equal", {a, b})})};
}

static Results importXor(Node &node) {
  return {exclusiveOr(node, node.operand(0), alignedOperand(node))};
}

/// Max, Min, Sum and Mean of any number of operands: a chain.
static Value chain(Node &node, llvm::StringRef mnemonic) {
  node.ignore({"consumed_inputs"});
  llvm::SmallVector<Value> operands = node.allOperands();
  if (operands.empty())
    node.fail("has no operands");
  Value result = operands.front();
  for (Value operand : llvm::drop_begin(operands))
    result = node.create(mnemonic, {result, operand});
  return result;
}

static Results importExtremum(Node &node) {
  return {chain(node, node.operatorType().lower())};
}

static Results importSum(Node &node) { return {chain(node, "add")}; }

static Results importMean(Node &node) {
  Value sum = chain(node, "add");
  if (node.operandCount() == 1)
    return {sum};
  return {node.create("div", {sum, node.scalar(node.operandCount(), sum)})};
}

static Results importWhere(Node &node) {
  return {node.create("where",
                      {node.operand(0), node.operand(1), node.operand(2)})};
}

static Results importSign(Node &node) {
  Value x = node.operand(0), zero = node.scalar(0, x);
  auto indicator = [&](llvm::StringRef comparison) {
    return node.cast(node.create(comparison, {x, zero}), elementTypeOf(x));
  };
  return {node.create("sub", {indicator("greater"), indicator("less")})};
}

/// BitwiseAnd is nn.and of integers.
static Results importBitwise(Node &node) {
  llvm::StringRef name = node.operatorType();
  name.consume_front("Bitwise");
  if (name == "Not")
    return {node.create("not", node.operand(0))};
  return {node.create(name.lower(), {node.operand(0), node.operand(1)})};
}

static Results importBitwiseXor(Node &node) {
  return {exclusiveOr(node, node.operand(0), node.operand(1))};
}

/// To the left, times 2^n; to the right, divided and rounded down. What is
/// shifted by more bits than it has, or by less than none, keeps its sign
/// alone.
static Results importBitShift(Node &node) {
  Term x{node, node.operand(0)}, bits{node, node.operand(1)};
  mlir::Type type = elementTypeOf(x.value);
  std::string direction = node.text("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    node.fail("expects direction LEFT or RIGHT, got '" + direction + "'");
  auto power = [&](Term exponent) {
    return Term{node, node.scalar(2, exponent.value)}.apply("pow", exponent);
  };
  if (direction == "LEFT")
    return (x * power(bits)).results();
  if (type.isUnsignedInteger())
    return (x / power(bits)).results();
  mlir::Type wide = node.builder().getI64Type();
  x.value = node.cast(x.value, wide);
  bits.value = node.cast(bits.value, wide);
  Term all{node, node.scalar(62, bits.value)};
  Term divisor =
      power(choose(bits.apply("less", 0.), all, bits.apply("min", all)));
  return {node.cast(((x - x.apply("mod", divisor)) / divisor).value, type)};
}

static Results importIsNan(Node &node) {
  Value x = node.operand(0); // the only number unequal to itself
  return {node.create("not", node.create("equal", {x, x}))};
}

static Results importIsInf(Node &node) {
  Term x{node, node.operand(0)};
  bool negative = node.flag("detect_negative", true);
  bool positive = node.flag("detect_positive", true);
  Term isPositive = x.apply("equal", infinity);
  Term isNegative = x.apply("equal", -infinity);
  if (positive && negative)
    return isPositive.apply("or", isNegative).results();
  if (positive || negative)
    return (positive ? isPositive : isNegative).results();
  return {node.splat(
      llvm::cast<mlir::RankedTensorType>(isPositive.value.getType()), 0)};
}

llvm::ArrayRef<Operator> cim::importer::elementwiseOperators() {
  static const Operator operators[] = {
      {"Abs", importUnary},
      {"Sin", importUnary},
      {"Cos", importUnary},
      {"Tan", importUnary},
      {"Asin", importUnary},
      {"Acos", importUnary},
      {"Atan", importUnary},
      {"Sinh", importUnary},
      {"Cosh", importUnary},
      {"Asinh", importUnary},
      {"Acosh", importUnary},
      {"Atanh", importUnary},
      {"Round", importUnary},
      {"Ceil", importUnary},
      {"Erf", importUnary},
      {"Exp", importUnary},
      {"Floor", importUnary},
      {"Log", importUnary},
      {"Neg", importUnary},
      {"Not", importUnary},
      {"Reciprocal", importUnary},
      {"Relu", importUnary},
      {"Sigmoid", importUnary},
      {"Sqrt", importUnary},
      {"Tanh", importUnary},
      {"Add", importBinary},
      {"And", importBinary},
      {"Div", importBinary},
      {"Equal", importBinary},
      {"Greater", importBinary},
      {"Less", importBinary},
      {"Mul", importBinary},
      {"Or", importBinary},
      {"Sub", importBinary},
      {"Pow", importPow},
      {"Mod", importMod},
      {"GreaterOrEqual", importOrEqual},
      {"LessOrEqual", importOrEqual},
      {"Xor", importXor},
      {"Max", importExtremum},
      {"Min", importExtremum},
      {"Sum", importSum},
      {"Mean", importMean},
      {"Sign", importSign},
      {"Where", importWhere},
      {"BitwiseAnd", importBitwise},
      {"BitwiseOr", importBitwise},
      {"BitwiseNot", importBitwise},
      {"BitwiseXor", importBitwiseXor},
      {"BitShift", importBitShift},
      {"IsNaN", importIsNan},
      {"IsInf", importIsInf},
  };
  return operators;
}
