//===- Reduction.cpp - Reduction of dimensions ---------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Operators.h"

#include <numeric>

using namespace cim::importer;
using mlir::Value;

namespace {

/// The axes of a reduction, ascending, and what becomes of them.
struct Reduction {
  Node &node;
  Integers axes;
  bool keepDimensions;

  Value operator()(llvm::StringRef kind, Value x, bool keep) const {
    return node.create("reduce", x,
                       {node.attribute("kind", kind),
                        node.attribute("axes", axes),
                        node.attribute("keep_dimensions", keep)});
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
  if ((!axes || axes->empty()) && !emptyMeansNone) {
    axes.emplace(rank);
    std::iota(axes->begin(), axes->end(), 0);
  }
  return {node, node.sortedAxes(axes.value_or(Integers()), rank), keep};
}

} // namespace

/// ReduceMean, ReduceMax, ...: nn.reduce of that kind.
static Results importPlain(Node &node) {
  bool isSum = node.operatorType() == "ReduceSum";
  Reduction reduce = readReduction(node, isSum ? 13 : 18);
  std::string kind = node.operatorType().drop_front(6).lower();
  return {reduce(kind, node.operand(0))};
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

static Results importL2(Node &node) {
  return {node.create("sqrt", importSumSquare(node).front())};
}

static Results importLogSum(Node &node) {
  Reduction reduce = readReduction(node, 18);
  return {node.create("log", reduce("sum", node.operand(0)))};
}

/// ln Σ e^x = m + ln Σ e^(x − m) with m the maximum, so that nothing overflows.
static Results importLogSumExp(Node &node) {
  Reduction reduce = readReduction(node, 18);
  Value x = node.operand(0);
  Value centred = node.create("sub", {x, reduce("max", x, true)});
  Value sum = reduce("sum", node.create("exp", centred));
  return {node.create("add", {reduce("max", x), node.create("log", sum)})};
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
