//===- Expressions.cpp - Rules that compose operations --------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Expressions.h"

#include <numeric>

using namespace cim;
using namespace cim::importer;
using mlir::Value;

Term importer::choose(Term condition, Term a, Term b) {
  return {*a.node,
          a.node->create("where", {condition.value, a.value, b.value})};
}

Term importer::clip(Term x, double lowest, double highest) {
  return {*x.node, x.node->create("clip", x.value,
                                  {x.node->attribute("lowest", lowest),
                                   x.node->attribute("highest", highest)})};
}

int64_t importer::product(llvm::ArrayRef<int64_t> extents) {
  return std::accumulate(extents.begin(), extents.end(), int64_t(1),
                         std::multiplies<>());
}

Integers importer::axesFrom(int64_t first, int64_t last) {
  Integers axes(std::max<int64_t>(last - first, 0));
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

Value importer::reduce(Node &node, llvm::StringRef kind, Value x,
                       llvm::ArrayRef<int64_t> axes, bool keepDimensions) {
  return node.create("reduce", x,
                     {node.attribute("kind", kind),
                      node.attribute("axes", Integers(axes)),
                      node.attribute("keep_dimensions", keepDimensions)});
}

Value importer::transpose(Node &node, Value x,
                          llvm::ArrayRef<int64_t> permutation) {
  return node.create("transpose", x,
                     node.attribute("permutation", Integers(permutation)));
}

Value importer::swapDimensions(Node &node, Value x, int64_t a, int64_t b) {
  Integers permutation = axesFrom(0, shapeOf(x).size());
  std::swap(permutation[a], permutation[b]);
  return transpose(node, x, permutation);
}

Value importer::concat(Node &node, mlir::ValueRange parts, int64_t axis) {
  return node.create("concat", parts, node.attribute("axis", axis));
}

Value importer::slice(Node &node, Value x, int64_t axis, int64_t start,
                      int64_t size, int64_t step) {
  llvm::ArrayRef<int64_t> shape = shapeOf(x);
  Integers starts(shape.size(), 0), sizes(shape), steps(shape.size(), 1);
  starts[axis] = size == 0 ? 0 : start;
  sizes[axis] = size;
  steps[axis] = size > 1 ? step : 1;
  return node.create("slice", x,
                     {node.attribute("starts", starts),
                      node.attribute("sizes", sizes),
                      node.attribute("steps", steps)});
}

Value importer::reverse(Node &node, Value x, int64_t axis) {
  int64_t extent = shapeOf(x)[axis];
  return slice(node, x, axis, extent - 1, extent, -1);
}

Value importer::pad(Node &node, Value x, llvm::ArrayRef<int64_t> pads,
                    double value) {
  return node.create("pad", x,
                     {node.attribute("pads", Integers(pads)),
                      node.attribute("mode", llvm::StringRef("constant")),
                      node.attribute("value", value)});
}

Value importer::expand(Node &node, Value x, llvm::ArrayRef<int64_t> shape) {
  if (shapeOf(x) == shape)
    return x;
  return node.create("expand", x, {}, node.tensorType(shape, elementTypeOf(x)));
}

Value importer::unsqueeze(Node &node, Value x, int64_t axis) {
  Integers shape(shapeOf(x));
  shape.insert(shape.begin() + axis, 1);
  return node.reshape(x, shape);
}

Value importer::squeeze(Node &node, Value x, int64_t axis) {
  Integers shape(shapeOf(x));
  shape.erase(shape.begin() + axis);
  return node.reshape(x, shape);
}

Value importer::repeat(Node &node, Value x, int64_t axis, int64_t times) {
  if (times == 1)
    return x;
  Integers shape(shapeOf(x)), repeated;
  Value apart = unsqueeze(node, x, axis + 1);
  repeated.assign(shapeOf(apart).begin(), shapeOf(apart).end());
  repeated[axis + 1] = times;
  shape[axis] *= times;
  return node.reshape(expand(node, apart, repeated), shape);
}

Value importer::along(Node &node, Value x, int64_t axis, int64_t rank) {
  Integers shape(rank, 1);
  shape[axis] = product(shapeOf(x));
  return node.reshape(x, shape);
}

Value importer::topK(Node &node, Value x, int64_t k, int64_t axis,
                     bool largest) {
  return node.create("top_k", x,
                     {node.attribute("k", k), node.attribute("axis", axis),
                      node.attribute("largest", largest)});
}

Value importer::counting(Node &node, int64_t count) {
  auto number = [&](int64_t value) {
    return node.splat(
        mlir::RankedTensorType::get({}, node.builder().getI64Type()),
        node.builder().getI64IntegerAttr(value));
  };
  return node.create("range", {number(0), number(count), number(1)}, {},
                     node.tensorType({count}, node.builder().getI64Type()));
}

Value importer::counting(Node &node, int64_t count, int64_t axis,
                         int64_t rank) {
  return along(node, counting(node, count), axis, rank);
}

Value importer::distances(Node &node, int64_t rows, int64_t columns) {
  return node.create(
      "sub", {counting(node, columns, 1, 2), counting(node, rows, 0, 2)});
}

template <typename T>
static Value constantOfValues(Node &node, llvm::ArrayRef<int64_t> shape,
                              llvm::ArrayRef<T> values) {
  Table<T> table(node, shape);
  for (auto [i, value] : llvm::enumerate(values))
    table[i] = value;
  return table.constant();
}

Value importer::integers(Node &node, llvm::ArrayRef<int64_t> shape,
                         llvm::ArrayRef<int64_t> values) {
  return constantOfValues(node, shape, values);
}

Value importer::booleans(Node &node, llvm::ArrayRef<int64_t> shape,
                         llvm::ArrayRef<bool> values) {
  return constantOfValues(node, shape, values);
}

bool importer::isFloat(Value value) {
  return llvm::isa<mlir::FloatType>(elementTypeOf(value));
}
