//===- Pooling.cpp - Pooling ---------------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Expressions.h"
#include "frontends/onnx/Operators.h"
#include "frontends/onnx/Quotation.h"

#include "llvm/Support/ScopedPrinter.h"

using namespace cim::importer;
using mlir::Value;

/// The dimensions behind image and channel.
static size_t spatialRank(Node &node, Value x) {
  if (shapeOf(x).size() < 3)
    node.fail("expects an input of at least 3 dimensions, got " +
              llvm::Twine(shapeOf(x).size()));
  return shapeOf(x).size() - 2;
}

/// The window that a pooling node describes.
static llvm::SmallVector<mlir::NamedAttribute> readWindow(Node &node, Value x) {
  size_t rank = spatialRank(node, x);
  std::optional<Integers> kernel = node.extents("kernel_shape", rank, 1);
  if (!kernel)
    node.fail("lacks the attribute 'kernel_shape'");
  Integers ones(rank, 1);
  Integers strides = node.extents("strides", rank, 1).value_or(ones);
  Integers dilations = node.extents("dilations", rank, 1).value_or(ones);
  Integers pads = readPads(node, shapeOf(x), *kernel, strides, dilations);
  return {node.attribute("kernel", *kernel), node.attribute("strides", strides),
          node.attribute("pads", pads), node.attribute("dilations", dilations),
          node.attribute("ceil_mode", node.flag("ceil_mode", false))};
}

static Results importAveragePool(Node &node) {
  Value x = node.operand(0);
  auto attributes = readWindow(node, x);
  attributes.push_back(node.attribute("count_include_pad",
                                      node.flag("count_include_pad", false)));
  return {node.create("average_pool", x, attributes)};
}

static Results importMaxPool(Node &node) {
  Value x = node.operand(0);
  auto attributes = readWindow(node, x);
  bool columnMajor = node.flag("storage_order", false);
  Value largest = node.create("max_pool", x, attributes);
  if (node.outputCount() < 2 || node.outputName(1).empty())
    return {largest};
  attributes.push_back(node.attribute("column_major", columnMajor));
  return {largest, node.create("max_pool_indices", x, attributes)};
}

/// The p-norm (Σ |x|^p)^(1/p) from powers and their sum.
template <typename Sum> static Results norm(Node &node, Value x, Sum sum) {
  // A number before opset 2.
  double p =
      node.opset() < 2 ? node.number("p", 2) : double(node.integer("p", 2));
  if (!(p > 0))
    node.fail("has p = " + llvm::to_string(p) + ", which is not above 0");
  Term total{node, sum(Term{node, x}.apply("abs").apply("pow", p).value)};
  return total.apply("pow", 1 / p).results();
}

static Results importLpPool(Node &node) {
  Value x = node.operand(0);
  auto attributes = readWindow(node, x);
  return norm(node, x, [&](Value powers) {
    return node.create("sum_pool", powers, attributes);
  });
}

static Results importGlobalLpPool(Node &node) {
  Value x = node.operand(0);
  return norm(node, x, [&](Value powers) {
    return reduce(node, "sum", powers, axesFrom(2, 2 + spatialRank(node, x)));
  });
}

/// Zeros but for what MaxPool found, where it found it. Indices count over the
/// smallest image that may have been pooled, which is filled up at its end.
static Results importMaxUnpool(Node &node) {
  Value x = node.operand(0), indices = node.operand(1);
  size_t rank = spatialRank(node, x);
  Integers ones(rank, 1), pooled(shapeOf(x));
  std::optional<Integers> kernel = node.extents("kernel_shape", rank, 1);
  if (!kernel)
    node.fail("lacks the attribute 'kernel_shape'");
  Integers strides = node.extents("strides", rank, 1).value_or(ones);
  Integers pads =
      node.extents("pads", 2 * rank, 0).value_or(Integers(2 * rank, 0));
  for (size_t d = 0; d < rank; ++d)
    pooled[d + 2] = (pooled[d + 2] - 1) * strides[d] + (*kernel)[d] - pads[d] -
                    pads[rank + d];
  Integers shape = pooled;
  if (node.hasOperand(2))
    shape = node.constantIntegers(2, "the result's shape");
  if (shape.size() != rank + 2)
    node.fail("cannot unpool to the shape " + listed(shape));
  int64_t size = node.tensorType(pooled, elementTypeOf(x)).getNumElements();
  int64_t count = product(shapeOf(x));
  Value zeros = node.splat(node.tensorType({size}, elementTypeOf(x)), 0.);
  Value filled = node.create(
      "scatter_elements",
      {zeros, node.reshape(indices, {count}), node.reshape(x, {count})},
      {node.attribute("axis", int64_t(0)),
       node.attribute("reduction", llvm::StringRef("replace"))});
  Integers added(2 * shape.size(), 0);
  for (size_t d = 0; d < shape.size(); ++d)
    added[shape.size() + d] = shape[d] - pooled[d];
  return {pad(node, node.reshape(filled, pooled), added)};
}

static Results importGlobalAveragePool(Node &node) {
  return {node.create("global_average_pool", node.operand(0))};
}

static Results importGlobalMaxPool(Node &node) {
  Value x = node.operand(0);
  return {reduce(node, "max", x, axesFrom(2, 2 + spatialRank(node, x)))};
}

llvm::ArrayRef<Operator> cim::importer::poolingOperators() {
  static const Operator operators[] = {
      {"AveragePool", importAveragePool},
      {"MaxPool", importMaxPool, 2},
      {"LpPool", importLpPool},
      {"MaxUnpool", importMaxUnpool},
      {"GlobalLpPool", importGlobalLpPool},
      {"GlobalAveragePool", importGlobalAveragePool},
      {"GlobalMaxPool", importGlobalMaxPool},
  };
  return operators;
}
