//===- Loss.cpp - How far an output is from its label ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Expressions.h"
#include "frontends/onnx/Operators.h"
#include "frontends/onnx/Quotation.h"

using namespace cim::importer;
using mlir::Value;

/// −weight[label] · logarithm[label] of each place, then their sum or mean, as
/// ONNX NegativeLogLikelihoodLoss-22 defines it. \p logarithms: [N, C, …].
static Value likelihoodLoss(Node &node, Value logarithms, Value labels,
                            Value weights) {
  llvm::ArrayRef<int64_t> shape = shapeOf(logarithms);
  if (shape.size() < 2 || shapeOf(labels).size() + 1 != shape.size())
    node.fail("expects labels of one dimension less than " + listed(shape) +
              ", got " + listed(shapeOf(labels)));
  std::string reduction = node.text("reduction", "mean");
  Term label{node, node.cast(labels, node.builder().getI64Type())};
  Term one{node, node.scalar(1, logarithms)};
  Term zero{node, node.scalar(0, logarithms)};
  Term weight{node, expand(node, one.value, shapeOf(labels))};
  if (node.has("ignore_index")) {
    Term ignored = label.apply("equal", double(node.integer("ignore_index")));
    label = choose(ignored, {node, node.scalar(0, label.value)}, label);
    weight = choose(ignored, zero, weight);
  }
  if (weights)
    weight =
        weight * Term{node, node.create("gather", {weights, label.value},
                                        node.attribute("axis", int64_t(0)))};
  Term chosen{node,
              squeeze(node,
                      node.create("gather_elements",
                                  {logarithms, unsqueeze(node, label.value, 1)},
                                  node.attribute("axis", int64_t(1))),
                      1)};
  Term loss = (chosen * weight).apply("neg");
  if (reduction == "none")
    return loss.value;
  if (reduction != "sum" && reduction != "mean")
    node.fail("expects reduction none, sum or mean, got " +
              quotation(reduction));
  Integers all = axesFrom(0, shapeOf(labels).size());
  Term sum{node, reduce(node, "sum", loss.value, all, false)};
  if (reduction == "sum")
    return sum.value;
  return (sum / Term{node, reduce(node, "sum", weight.value, all, false)})
      .value;
}

static Results importLikelihoodLoss(Node &node) {
  return {likelihoodLoss(node, node.operand(0), node.operand(1),
                         node.operandOrNull(2))};
}

static Results importCrossEntropyLoss(Node &node) {
  Value logarithms = logSoftmax(node, node.operand(0), 1);
  return {
      likelihoodLoss(node, logarithms, node.operand(1), node.operandOrNull(2)),
      logarithms};
}

llvm::ArrayRef<Operator> cim::importer::lossOperators() {
  static const Operator operators[] = {
      {"NegativeLogLikelihoodLoss", importLikelihoodLoss},
      {"SoftmaxCrossEntropyLoss", importCrossEntropyLoss, 2},
  };
  return operators;
}
