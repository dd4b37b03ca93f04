//===- LinearAlgebra.cpp - Products of matrices --------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Operators.h"

using namespace cim::importer;
using mlir::Value;

static Results importGemm(Node &node) {
  llvm::SmallVector<Value, 3> operands{node.operand(0), node.operand(1)};
  if (Value c = node.operandOrNull(2))
    operands.push_back(c);
  node.ignore({"broadcast"}); // before opset 7; a missing one changes nothing
  return {
      node.create("gemm", operands,
                  {node.attribute("alpha", node.number("alpha", 1)),
                   node.attribute("beta", node.number("beta", 1)),
                   node.attribute("transpose_a", node.flag("transA", false)),
                   node.attribute("transpose_b", node.flag("transB", false))})};
}

static Results importMatMul(Node &node) {
  return {node.create("matmul", {node.operand(0), node.operand(1)})};
}

llvm::ArrayRef<Operator> cim::importer::linearAlgebraOperators() {
  static const Operator operators[] = {
      {"Gemm", importGemm},
      {"MatMul", importMatMul},
  };
  return operators;
}
