//===- Reduction.cpp - Reduction of dimensions ---------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Expressions.h"
#include "frontends/onnx/Operators.h"

using namespace cim::importer;
using mlir::Value;

/// The least or the most that \p type can hold.
static mlir::TypedAttr extremeOf(mlir::Type type, bool highest) {
  if (llvm::isa<mlir::FloatType>(type))
    return mlir::FloatAttr::get(type, highest ? infinity : -infinity);
  unsigned width = type.getIntOrFloatBitWidth();
  bool isSigned = !type.isUnsignedInteger() && width > 1;
  return mlir::IntegerAttr::get(
      type, isSigned ? (highest ? llvm::APInt::getSignedMaxValue(width)
                                : llvm::APInt::getSignedMinValue(width))
                     : (highest ? llvm::APInt::getMaxValue(width)
                                : llvm::APInt::getMinValue(width)));
}

namespace {

/// The axes of a reduction, ascending, and what becomes of them.
struct Reduction {
  Node &node;
  Integers axes;
  bool keepDimensions;

  /// The largest or smallest number of no elements is the least or the most
  /// that the type has.
  Value operator()(llvm::StringRef kind, Value x, bool keep) const {
    bool isEmpty =
        llvm::any_of(axes, [&](int64_t axis) { return shapeOf(x)[axis] == 0; });
    if (isEmpty && (kind == "max" || kind == "min"))
      return node.splat(llvm::cast<mlir::RankedTensorType>(
                            reduce(node, "sum", x, axes, keep).getType()),
                        extremeOf(elementTypeOf(x), /*highest=*/kind == "min"));
    return reduce(node, kind, x, axes, keep);
  }
  Value operator()(llvm::StringRef kind, Value x) const {
    return (*this)(kind, x, keepDimensions);
  }
};

/// \p operandSince: the opset in which the axes became an operand.
Reduction readReduction(Node &node, int64_t operandSince) {
  int64_t rank = shapeOf(node.operand(0)).size();
  std::optional<Integers> axes;
  if (node.opset() < operandSince)
    axes = node.integers("axes");
  else if (node.hasOperand(1))
    axes = node.constantIntegers(1, "the axes");
  bool keep = node.flag("keepdims", true);
  bool emptyMeansNone = node.flag("noop_with_empty_axes", false);
  if ((!axes || axes->empty()) && !emptyMeansNone)
    axes = axesFrom(0, rank);
  return {node, node.sortedAxes(axes.value_or(Integers()), rank), keep};
}

} // namespace

/// ReduceMean, ReduceMax, ...: nn.reduce of that kind.
static Results importPlain(Node &node) {
  bool isSum = node.operatorType() == "ReduceSum";
  Reduction reduce = readReduction(node, isSum ? 13 : 18);
  std::string kind = node.operatorType().drop_front(6).lower();
  Value x = node.operand(0);
  if (!elementTypeOf(x).isInteger(1))
    return {reduce(kind, x)};
  // False is less than true; an empty reduction is a boolean's, too.
  mlir::Type boolean = elementTypeOf(x);
  Value number = reduce(kind, node.cast(x, node.builder().getI8Type()));
  Value zero = node.scalar(0, number);
  return {node.cast(node.create("greater", {number, zero}), boolean)};
}

static Results importL1(Node &node) {
  Reduction reduce = readReduction(node, 18);
  return {reduce("sum", node.create("abs", node.operand(0)))};
}

static Results importSumSquare(Node &node) {
  Reduction reduce = readReduction(node, 18);
  Value x = node.operand(0);
  return {reduce("sum", node.create("mul", {x, x}))};
}

/// \p function of \p x, computed in floating point where x are integers.
template <typename Function>
static Results inFloatingPoint(Node &node, Value x, Function function) {
  mlir::Type type = elementTypeOf(x);
  Value number = isFloat(x) ? x : node.cast(x, node.builder().getF64Type());
  return {node.cast(function(number), type)};
}

static Results importL2(Node &node) {
  return inFloatingPoint(
      node, importSumSquare(node).front(),
      [&](Value square) { return node.create("sqrt", square); });
}

static Results importLogSum(Node &node) {
  Reduction reduce = readReduction(node, 18);
  return inFloatingPoint(node, node.operand(0), [&](Value x) {
    return node.create("log", reduce("sum", x));
  });
}

/// ln Σ e^x = m + ln Σ e^(x − m) with m the maximum, so that nothing overflows.
static Results importLogSumExp(Node &node) {
  Reduction reduce = readReduction(node, 18);
  return inFloatingPoint(node, node.operand(0), [&](Value x) {
    Value centred = node.create("sub", {x, reduce("max", x, true)});
    Value sum = reduce("sum", node.create("exp", centred));
    return node.create("add", {reduce("max", x), node.create("log", sum)});
  });
}

llvm::ArrayRef<Operator> cim::importer::reductionOperators() {
  static const Operator operators[] = {
      {"ReduceMax", importPlain},
      {"ReduceMean", importPlain},
      {"ReduceMin", importPlain},
      {"ReduceProd", importPlain},
      {"ReduceSum", importPlain},
      {"ReduceL1", importL1},
      {"ReduceL2", importL2},
      {"ReduceLogSum", importLogSum},
      {"ReduceLogSumExp", importLogSumExp},
      {"ReduceSumSquare", importSumSquare},
  };
  return operators;
}
