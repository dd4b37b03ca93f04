//===- Activation.cpp - Activation functions -----------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Those that nn lacks are written out in elementary operations.
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Expressions.h"
#include "frontends/onnx/Operators.h"

#include <cmath>
#include <numbers>

using namespace cim::importer;
using mlir::Value;

static Results importLeakyRelu(Node &node) {
  node.ignore({"consumed_inputs"});
  return {node.create("leaky_relu", node.operand(0),
                      node.attribute("alpha", node.number("alpha", 0.01f)))};
}

static Results importClip(Node &node) {
  Value x = node.operand(0);
  node.ignore({"consumed_inputs"});
  if (node.opset() < 11)
    return clip({node, x}, node.number("min", -infinity),
                node.number("max", infinity))
        .results();
  Value lowest = node.operandOrNull(1), highest = node.operandOrNull(2);
  auto isKnown = [](Value bound) { return !bound || constantOf(bound); };
  if (isFloat(x) && isKnown(lowest) && isKnown(highest))
    return clip({node, x},
                lowest ? node.constantNumber(1, "the bound") : -infinity,
                highest ? node.constantNumber(2, "the bound") : infinity)
        .results();
  if (lowest)
    x = node.create("max", {x, lowest});
  return {highest ? node.create("min", {x, highest}) : x};
}

//===----------------------------------------------------------------------===//
// Written out
//===----------------------------------------------------------------------===//

static Results importElu(Node &node) {
  node.ignore({"consumed_inputs"});
  Term x{node, node.operand(0)};
  double alpha = node.number("alpha", 1);
  return choose(x.apply("less", 0.), (x.apply("exp") - 1.) * alpha, x)
      .results();
}

static Results importCelu(Node &node) {
  Term x{node, node.operand(0)};
  double alpha = node.number("alpha", 1);
  return choose(x.apply("less", 0.), ((x / alpha).apply("exp") - 1.) * alpha, x)
      .results();
}

static Results importSelu(Node &node) {
  node.ignore({"consumed_inputs"});
  Term x{node, node.operand(0)};
  // The defaults of opset 6, in the precision of the specification.
  double alpha = node.number("alpha", node.opset() < 6 ? 1.6732f : 1.67326319f);
  double gamma = node.number("gamma", node.opset() < 6 ? 1.0507f : 1.05070102f);
  return (choose(x.apply("less", 0.), (x.apply("exp") - 1.) * alpha, x) * gamma)
      .results();
}

static Results importHardSigmoid(Node &node) {
  node.ignore({"consumed_inputs"});
  Term x{node, node.operand(0)};
  double alpha = node.number("alpha", 0.2f), beta = node.number("beta", 0.5);
  return clip(x * alpha + beta, 0, 1).results();
}

static Results importHardSwish(Node &node) {
  Term x{node, node.operand(0)};
  return (x * clip(x * (1. / 6) + 0.5, 0, 1)).results();
}

static Results importPRelu(Node &node) {
  node.ignore({"consumed_inputs"});
  Term x{node, node.operand(0)}, slope{node, node.operand(1)};
  // Before opset 7 a slope of one dimension belongs to the channels.
  llvm::ArrayRef<int64_t> shape = shapeOf(x.value);
  if (node.opset() < 7 && shapeOf(slope.value).size() == 1 &&
      shape.size() > 2) {
    Integers aligned(shape.size() - 1, 1);
    aligned[0] = shapeOf(slope.value)[0];
    slope.value = node.reshape(slope.value, aligned);
  }
  return choose(x.apply("less", 0.), x * slope, x).results();
}

static Results importThresholdedRelu(Node &node) {
  Term x{node, node.operand(0)};
  Term zero{node, node.scalar(0, x.value)};
  return choose(x.apply("greater", node.number("alpha", 1)), x, zero).results();
}

static Results importShrink(Node &node) {
  Term x{node, node.operand(0)};
  double bias = node.number("bias", 0), lambda = node.number("lambd", 0.5);
  Term zero{node, node.scalar(0, x.value)};
  return choose(x.apply("less", -lambda), x + bias,
                choose(x.apply("greater", lambda), x - bias, zero))
      .results();
}

/// ln(1 + e^x), without overflow: max(x, 0) + ln(1 + e^−|x|).
static Term softplus(Term x) {
  Term tail = (x.apply("abs").apply("neg").apply("exp") + 1.).apply("log");
  return x.apply("relu") + tail;
}

static Results importSoftplus(Node &node) {
  return softplus({node, node.operand(0)}).results();
}

static Results importMish(Node &node) {
  Term x{node, node.operand(0)};
  return (x * softplus(x).apply("tanh")).results();
}

static Results importSoftsign(Node &node) {
  Term x{node, node.operand(0)};
  return (x / (x.apply("abs") + 1.)).results();
}

static Results importSwish(Node &node) {
  Term x{node, node.operand(0)};
  double alpha = node.number("alpha", 1);
  return (x * (alpha == 1 ? x : x * alpha).apply("sigmoid")).results();
}

/// Swish of the first operand times the second.
static Results importSwiGlu(Node &node) {
  return (Term{node, importSwish(node).front()} * Term{node, node.operand(1)})
      .results();
}

static Results importGelu(Node &node) {
  Term x{node, node.operand(0)};
  std::string form = node.text("approximate", "none");
  if (form == "tanh") {
    Term inner =
        (x + x * x * x * 0.044715) * std::sqrt(2 * std::numbers::inv_pi);
    return (x * 0.5 * (inner.apply("tanh") + 1.)).results();
  }
  if (form != "none")
    node.fail("approximates by '" + form + "', which is not supported");
  Term erf = (x / std::numbers::sqrt2).apply("erf");
  return (x * 0.5 * (erf + 1.)).results();
}

llvm::ArrayRef<Operator> cim::importer::activationOperators() {
  static const Operator operators[] = {
      {"LeakyRelu", importLeakyRelu},
      {"Clip", importClip},
      {"Celu", importCelu},
      {"Elu", importElu},
      {"Gelu", importGelu},
      {"HardSigmoid", importHardSigmoid},
      {"HardSwish", importHardSwish},
      {"Mish", importMish},
      {"PRelu", importPRelu},
      {"Selu", importSelu},
      {"Shrink", importShrink},
      {"Softplus", importSoftplus},
      {"Softsign", importSoftsign},
      {"SwiGLU", importSwiGlu},
      {"Swish", importSwish},
      {"ThresholdedRelu", importThresholdedRelu},
  };
  return operators;
}
