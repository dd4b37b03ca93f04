//===- Pooling.cpp - Pooling ---------------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Operators.h"

#include <numeric>

using namespace cim::importer;
using mlir::Value;

/// The dimensions behind image and channel.
static size_t spatialRank(Node &node, Value x) {
  if (shapeOf(x).size() < 3)
    node.fail("expects an input of at least 3 dimensions, got " +
              llvm::Twine(shapeOf(x).size()));
  return shapeOf(x).size() - 2;
}

static Results importPool(Node &node) {
  bool isAverage = node.operatorType() == "AveragePool";
  Value x = node.operand(0);
  size_t rank = spatialRank(node, x);
  std::optional<Integers> kernel = node.extents("kernel_shape", rank, 1);
  if (!kernel)
    node.fail("lacks the attribute 'kernel_shape'");
  Integers ones(rank, 1);
  Integers strides = node.extents("strides", rank, 1).value_or(ones);
  Integers dilations = node.extents("dilations", rank, 1).value_or(ones);
  Integers pads = readPads(node, shapeOf(x), *kernel, strides, dilations);
  llvm::SmallVector<mlir::NamedAttribute> attributes{
      node.attribute("kernel", *kernel), node.attribute("strides", strides),
      node.attribute("pads", pads), node.attribute("dilations", dilations),
      node.attribute("ceil_mode", node.flag("ceil_mode", false))};
  if (isAverage)
    attributes.push_back(node.attribute("count_include_pad",
                                        node.flag("count_include_pad", false)));
  else // only says how the second output counts, which is not computed
    node.ignore({"storage_order"});
  return {node.create(isAverage ? "average_pool" : "max_pool", x, attributes)};
}

static Results importGlobalAveragePool(Node &node) {
  return {node.create("global_average_pool", node.operand(0))};
}

static Results importGlobalMaxPool(Node &node) {
  Value x = node.operand(0);
  Integers axes(spatialRank(node, x));
  std::iota(axes.begin(), axes.end(), 2);
  return {node.create("reduce", x,
                      {node.attribute("kind", llvm::StringRef("max")),
                       node.attribute("axes", axes),
                       node.attribute("keep_dimensions", true)})};
}

llvm::ArrayRef<Operator> cim::importer::poolingOperators() {
  static const Operator operators[] = {
      {"AveragePool", importPool},
      {"MaxPool", importPool},
      {"GlobalAveragePool", importGlobalAveragePool},
      {"GlobalMaxPool", importGlobalMaxPool},
  };
  return operators;
}
