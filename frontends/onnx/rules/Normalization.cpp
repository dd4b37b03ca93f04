//===- Normalization.cpp - Normalisation, softmax, dropout ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Expressions.h"
#include "frontends/onnx/Operators.h"

using namespace cim::importer;
using mlir::Value;

static Results importLrn(Node &node) {
  return {node.create("lrn", node.operand(0),
                      {node.attribute("size", node.integer("size")),
                       node.attribute("alpha", node.number("alpha", 1e-4f)),
                       node.attribute("beta", node.number("beta", 0.75)),
                       node.attribute("bias", node.number("bias", 1))})};
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// Calls \p function with x and the axis along which numbers belong together.
/// Before opset 13 those are all dimensions from `axis` on, which needs a
/// reshape unless they are one dimension in fact.
template <typename Function>
static Results alongAxis(Node &node, Function function) {
  Value x = node.operand(0);
  Integers shape(shapeOf(x));
  int64_t rank = shape.size();
  if (node.opset() >= 13)
    return {function(x, node.axis(node.integer("axis", -1), rank))};
  int64_t axis = node.integer("axis", 1);
  // Flattening at the rank itself leaves rows of one number.
  axis = axis == rank ? rank : node.axis(axis, rank);
  llvm::ArrayRef<int64_t> extents(shape);
  if (axis < rank && product(extents.drop_front(axis + 1)) == 1)
    return {function(x, axis)};
  Value rows = node.reshape(x, {product(extents.take_front(axis)),
                                product(extents.drop_front(axis))});
  return {node.reshape(function(rows, 1), shape)};
}

static Results importSoftmax(Node &node) {
  return alongAxis(node, [&](Value x, int64_t axis) {
    return node.create("softmax", x, node.attribute("axis", axis));
  });
}

/// x − m − ln Σ e^(x − m) with m the maximum: the logarithm of a softmax would
/// be −∞ for what underflows.
Value cim::importer::logSoftmax(Node &node, Value x, int64_t axis) {
  Value centred = node.create("sub", {x, reduce(node, "max", x, {axis})});
  Value sum = reduce(node, "sum", node.create("exp", centred), {axis});
  return node.create("sub", {centred, node.create("log", sum)});
}

static Results importLogSoftmax(Node &node) {
  return alongAxis(
      node, [&](Value x, int64_t axis) { return logSoftmax(node, x, axis); });
}

//===----------------------------------------------------------------------===//
// By the statistics of the image itself
//===----------------------------------------------------------------------===//

namespace {

/// Mean, x − mean and variance over some axes.
struct Moments {
  Value mean, centred, variance;

  Moments(Node &node, Value x, const Integers &axes) {
    mean = reduce(node, "mean", x, axes);
    centred = node.create("sub", {x, mean});
    variance =
        reduce(node, "mean", node.create("mul", {centred, centred}), axes);
  }
};

/// (x − mean)/deviation with deviation = √(variance + epsilon), over some axes.
struct Standardized : Moments {
  Value deviation, value;

  Standardized(Node &node, Value x, const Integers &axes, double epsilon)
      : Moments(node, x, axes) {
    deviation = node.create(
        "sqrt", node.create("add", {variance, node.scalar(epsilon, x)}));
    value = node.create("div", {centred, deviation});
  }
};

} // namespace

/// By the statistics of the batch, which also move the running ones.
static Results trainingBatchNormalization(Node &node) {
  Value x = node.operand(0);
  int64_t rank = shapeOf(x).size();
  if (rank < 2)
    node.fail("expects an input of at least 2 dimensions, got " +
              llvm::Twine(rank));
  Integers axes{0};
  axes.append(axesFrom(2, rank));
  Standardized normal(node, x, axes, node.number("epsilon", 1e-5f));
  auto parameter = [&](size_t operand) {
    return Term{node, along(node, node.operand(operand), 1, rank)};
  };
  Term y = Term{node, normal.value} * parameter(1) + parameter(2);
  double momentum = node.number("momentum", 0.9f);
  auto running = [&](size_t operand, Value current) {
    Term mixed =
        Term{node, node.operand(operand)} * momentum +
        Term{node, node.reshape(current, {shapeOf(x)[1]})} * (1 - momentum);
    return mixed.value;
  };
  return {y.value, running(3, normal.mean), running(4, normal.variance)};
}

static Results importBatchNormalization(Node &node) {
  // Training mode is a matter of the outputs before opset 14.
  node.ignore({"consumed_inputs", "momentum", "is_test"});
  if (node.opset() < 14 && node.outputCount() > 1)
    node.fail("is in training mode; export the network for inference");
  if (node.flag("training_mode", false))
    return trainingBatchNormalization(node);
  if (!node.flag("spatial", true))
    node.fail("normalises each position by itself (spatial = 0), which is not "
              "supported");
  llvm::SmallVector<Value> operands;
  for (size_t i = 0; i < 5; ++i)
    operands.push_back(node.operand(i));
  return {
      node.create("batch_norm", operands,
                  node.attribute("epsilon", node.number("epsilon", 1e-5f)))};
}

/// \p value, one number per channel, where it multiplies x.
static Value perChannel(Node &node, Value value, Value x) {
  Integers shape(shapeOf(x).size() - 1, 1);
  shape[0] = shapeOf(x)[1];
  return node.reshape(value, shape);
}

static void requireChannels(Node &node, Value x) {
  if (shapeOf(x).size() < 3)
    node.fail("expects an input of at least 3 dimensions, got " +
              llvm::Twine(shapeOf(x).size()));
}

static Results importInstanceNormalization(Node &node) {
  node.ignore({"consumed_inputs"});
  Value x = node.operand(0);
  requireChannels(node, x);
  Standardized normal(node, x, axesFrom(2, shapeOf(x).size()),
                      node.number("epsilon", 1e-5f));
  Value scaled =
      node.create("mul", {normal.value, perChannel(node, node.operand(1), x)});
  return {node.create("add", {scaled, perChannel(node, node.operand(2), x)})};
}

/// Each image's channels in groups, standardised together.
static Results importGroupNormalization(Node &node) {
  Value x = node.operand(0);
  requireChannels(node, x);
  node.ignore({"stash_type"});
  Integers shape(shapeOf(x));
  int64_t groups = node.integer("num_groups");
  if (groups < 1 || shape[1] % groups != 0)
    node.fail("cannot divide " + llvm::Twine(shape[1]) + " channels into " +
              llvm::Twine(groups) + " groups");
  Integers grouped(shape);
  grouped[1] = groups;
  grouped.insert(grouped.begin() + 2, shape[1] / groups);
  Standardized normal(node, node.reshape(x, grouped),
                      axesFrom(2, grouped.size()),
                      node.number("epsilon", 1e-5f));
  // Before opset 21 scale and bias belong to the groups, then to the channels.
  bool perGroup = node.opset() < 21;
  Value value = perGroup ? normal.value : node.reshape(normal.value, shape);
  auto aligned = [&](Value parameter) {
    return perChannel(node, parameter, value);
  };
  value = node.create("mul", {value, aligned(node.operand(1))});
  value = node.create("add", {value, aligned(node.operand(2))});
  return {node.reshape(value, shape)};
}

static Results importLayerNormalization(Node &node) {
  Value x = node.operand(0);
  node.ignore({"stash_type"}); // everything is computed in f32
  int64_t rank = shapeOf(x).size();
  int64_t axis = node.axis(node.integer("axis", -1), rank);
  Standardized normal(node, x, axesFrom(axis, rank),
                      node.number("epsilon", 1e-5f));
  Value result = node.create("mul", {normal.value, node.operand(1)});
  if (Value bias = node.operandOrNull(2))
    result = node.create("add", {result, bias});
  return {result, normal.mean, node.create("reciprocal", normal.deviation)};
}

static Results importRmsNormalization(Node &node) {
  Value x = node.operand(0);
  node.ignore({"stash_type"});
  int64_t rank = shapeOf(x).size();
  int64_t axis = node.axis(node.integer("axis", -1), rank);
  Value square =
      reduce(node, "mean", node.create("mul", {x, x}), axesFrom(axis, rank));
  Value epsilon = node.scalar(node.number("epsilon", 1e-5f), x);
  Value deviation = node.create("sqrt", node.create("add", {square, epsilon}));
  return {node.create("mul",
                      {node.create("div", {x, deviation}), node.operand(1)})};
}

static Results importLpNormalization(Node &node) {
  Value x = node.operand(0);
  int64_t axis = node.axis(node.integer("axis", -1), shapeOf(x).size());
  int64_t order = node.integer("p", 2);
  if (order != 1 && order != 2)
    node.fail("has p = " + llvm::Twine(order) + ", which is neither 1 nor 2");
  Value norm =
      order == 1
          ? reduce(node, "sum", node.create("abs", x), {axis})
          : node.create("sqrt", reduce(node, "sum", node.create("mul", {x, x}),
                                       {axis}));
  Term zero{node, node.scalar(0, x)}; // of which the norm is zero, too
  return choose(Term{node, norm}.apply("equal", 0.), zero,
                Term{node, x} / Term{node, norm})
      .results();
}

static Results importMeanVarianceNormalization(Node &node) {
  Value x = node.operand(0);
  Integers axes = node.sortedAxes(
      node.integers("axes").value_or(Integers{0, 2, 3}), shapeOf(x).size());
  Moments moments(node, x, axes);
  // Unlike elsewhere, the epsilon stands outside the root.
  Term deviation = Term{node, moments.variance}.apply("sqrt") + 1e-9;
  return (Term{node, moments.centred} / deviation).results();
}

//===----------------------------------------------------------------------===//
// Dropout
//===----------------------------------------------------------------------===//

/// At inference the identity, its mask all true.
static Results importDropout(Node &node) {
  Value x = node.operand(0);
  node.ignore({"consumed_inputs", "is_test", "ratio", "seed"});
  node.operandOrNull(1); // the ratio
  node.operandOrNull(2);
  double ratio = node.opset() < 12 ? 0.5
                 : node.hasOperand(1)
                     ? node.constantNumber(1, "how much is dropped")
                     : 0.5;
  if (node.hasOperand(2) && ratio != 0 &&
      node.constantNumber(2, "whether it is training"))
    node.fail("is in training mode, which is random; export the network for "
              "inference");
  if (node.outputCount() < 2 || node.outputName(1).empty())
    return {x};
  mlir::Type element =
      node.opset() < 10 ? elementTypeOf(x) : node.builder().getI1Type();
  return {x, node.splat(node.tensorType(shapeOf(x), element), 1)};
}

llvm::ArrayRef<Operator> cim::importer::normalizationOperators() {
  static const Operator operators[] = {
      {"BatchNormalization", importBatchNormalization, 3},
      {"LRN", importLrn},
      {"Softmax", importSoftmax},
      {"LogSoftmax", importLogSoftmax},
      {"InstanceNormalization", importInstanceNormalization},
      {"GroupNormalization", importGroupNormalization},
      {"LayerNormalization", importLayerNormalization, 3},
      {"LpNormalization", importLpNormalization},
      {"MeanVarianceNormalization", importMeanVarianceNormalization},
      {"RMSNormalization", importRmsNormalization},
      {"Dropout", importDropout, 2},
  };
  return operators;
}
