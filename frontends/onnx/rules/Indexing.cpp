//===- Indexing.cpp - Elements at places that are computed ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Expressions.h"
#include "frontends/onnx/Operators.h"
#include "frontends/onnx/Quotation.h"

#include "llvm/Support/ScopedPrinter.h"

#include <algorithm>

using namespace cim::importer;
using mlir::Value;

//===----------------------------------------------------------------------===//
// Largest and smallest
//===----------------------------------------------------------------------===//

static Results importTopK(Node &node) {
  Value x = node.operand(0);
  int64_t rank = shapeOf(x).size();
  int64_t axis = node.axis(node.integer("axis", -1), rank);
  bool largest = node.flag("largest", true);
  node.ignore({"sorted"}); // sorted is a case of not sorted
  Integers count = node.opset() < 10
                       ? Integers{node.integer("k")}
                       : node.constantIntegers(1, "the result's shape");
  if (count.size() != 1 || count[0] < 0 || count[0] > shapeOf(x)[axis])
    node.fail("takes the first " + listed(count) + " of " +
              llvm::Twine(shapeOf(x)[axis]) + " elements");
  Value indices = topK(node, x, count[0], axis, largest);
  return {node.create("gather_elements", {x, indices},
                      node.attribute("axis", axis)),
          indices};
}

/// The index of the largest or smallest element along \p axis, which stays.
static Value extremeIndex(Node &node, Value x, int64_t axis, bool largest,
                          bool last) {
  if (shapeOf(x)[axis] == 0)
    node.fail("looks for an extreme of no elements");
  if (!last)
    return topK(node, x, 1, axis, largest);
  // The last one is the first from the other end.
  Term found{node, topK(node, reverse(node, x, axis), 1, axis, largest)};
  Term highest{node, node.scalar(shapeOf(x)[axis] - 1, found.value)};
  return (highest - found).value;
}

static Results importArgExtreme(Node &node) {
  Value x = node.operand(0);
  int64_t axis = node.axis(node.integer("axis", 0), shapeOf(x).size());
  bool keep = node.flag("keepdims", true);
  bool last = node.flag("select_last_index", false);
  Value index =
      extremeIndex(node, x, axis, node.operatorType() == "ArgMax", last);
  return {keep ? index : squeeze(node, index, axis)};
}

/// One where the first of the largest elements stands, else zero.
static Results importHardmax(Node &node) {
  Value x = node.operand(0);
  Integers shape(shapeOf(x));
  int64_t rank = shape.size(),
          axis = node.integer("axis", node.opset() < 13 ? 1 : -1);
  Value rows = x;
  int64_t rowAxis = node.axis(axis, rank);
  if (node.opset() < 13) { // all dimensions from `axis` on are one
    llvm::ArrayRef<int64_t> extents(shape);
    rows = node.reshape(x, {product(extents.take_front(rowAxis)),
                            product(extents.drop_front(rowAxis))});
    rowAxis = 1;
  }
  int64_t extent = shapeOf(rows)[rowAxis];
  Value places = counting(node, extent, rowAxis, shapeOf(rows).size());
  Value chosen = node.create(
      "equal", {places, extremeIndex(node, rows, rowAxis, true, false)});
  return {node.reshape(node.cast(chosen, elementTypeOf(x)), shape)};
}

//===----------------------------------------------------------------------===//
// Gather and scatter
//===----------------------------------------------------------------------===//

/// Indices of another integer type than nn has.
static Value asIndices(Node &node, Value indices) {
  mlir::Type type = elementTypeOf(indices);
  if (type.isSignlessInteger(32) || type.isSignlessInteger(64))
    return indices;
  return node.cast(indices, node.builder().getI64Type());
}

static Results importGatherElements(Node &node) {
  Value x = node.operand(0);
  int64_t axis = node.axis(node.integer("axis", 0), shapeOf(x).size());
  return {node.create("gather_elements", {x, asIndices(node, node.operand(1))},
                      node.attribute("axis", axis))};
}

static Results importGatherNd(Node &node) {
  return {node.create(
      "gather_nd", {node.operand(0), asIndices(node, node.operand(1))},
      node.attribute("batch_dimensions", node.integer("batch_dims", 0)))};
}

static std::string readReduction(Node &node) {
  std::string reduction = node.text("reduction", "none");
  if (reduction != "none" && reduction != "add" && reduction != "mul" &&
      reduction != "max" && reduction != "min")
    node.fail("expects reduction none, add, mul, max or min, got " +
              quotation(reduction));
  return reduction == "none" ? "replace" : reduction;
}

static Results importScatterElements(Node &node) {
  Value x = node.operand(0);
  int64_t axis = node.axis(node.integer("axis", 0), shapeOf(x).size());
  std::string reduction = readReduction(node);
  return {
      node.create("scatter_elements",
                  {x, asIndices(node, node.operand(1)), node.operand(2)},
                  {node.attribute("axis", axis),
                   node.attribute("reduction", llvm::StringRef(reduction))})};
}

static Results importScatterNd(Node &node) {
  std::string reduction = readReduction(node);
  return {node.create(
      "scatter_nd",
      {node.operand(0), asIndices(node, node.operand(1)), node.operand(2)},
      node.attribute("reduction", llvm::StringRef(reduction)))};
}

/// on where the index is that of the place along the new axis, off elsewhere.
static Results importOneHot(Node &node) {
  Value indices = node.operand(0);
  Value values = node.reshape(node.operand(2), {2});
  if (isFloat(indices)) // allowed, and whole
    indices = node.cast(indices, node.builder().getI64Type());
  double depth = node.constantNumber(1, "the result's shape");
  int64_t rank = shapeOf(indices).size() + 1;
  int64_t axis = node.axis(node.integer("axis", -1), rank);
  if (!(depth >= 1 && depth < double(int64_t(1) << 31)))
    node.fail("has a depth of " + llvm::to_string(depth));
  auto extent = static_cast<int64_t>(depth);
  // A negative index counts from the end; other ones outside match nothing.
  Term index{node, node.cast(indices, node.builder().getI64Type())};
  index = choose(index.apply("less", 0.), index + depth, index);
  Value places = counting(node, extent, axis, rank);
  Term isOn{node,
            node.create("equal", {places, unsqueeze(node, index.value, axis)})};
  auto value = [&](int64_t i) {
    return Term{node, node.reshape(slice(node, values, 0, i, 1), {})};
  };
  return choose(isOn, value(1), value(0)).results();
}

/// Which elements those are, of a condition that is known: Gather.
static Results importCompress(Node &node) {
  Value x = node.operand(0);
  Integers condition = node.constantIntegers(1, "the result's shape");
  int64_t axis = 0;
  if (node.has("axis"))
    axis = node.axis(node.integer("axis"), shapeOf(x).size());
  else
    x = node.reshape(x, {product(shapeOf(x))});
  Integers kept;
  for (auto [i, keep] : llvm::enumerate(condition))
    if (keep && int64_t(i) < shapeOf(x)[axis])
      kept.push_back(i);
  return {node.create("gather",
                      {x, integers(node, {int64_t(kept.size())}, kept)},
                      node.attribute("axis", axis))};
}

/// The coordinates of all elements that are not zero, of what is known.
static Results importNonZero(Node &node) {
  Value x = node.operand(0);
  node.requireConstant(0, "the result's shape");
  Integers shape(shapeOf(x)), found;
  if (product(shape) > int64_t(1) << 24)
    node.fail("looks for what is not zero among too many numbers");
  Value isZero = node.create("equal", {x, node.scalar(0, x)});
  mlir::ElementsAttr known = constantOf(isZero);
  if (!known)
    node.fail("computes a constant that takes too long to compute");
  for (auto [i, zero] : llvm::enumerate(integersOf(known)))
    if (!zero)
      found.push_back(i);
  int64_t rank = shape.size(), count = found.size();
  Table<int64_t> coordinates(node, {rank, count});
  for (int64_t n = 0; n < count; ++n)
    for (int64_t d = rank, rest = found[n]; d-- > 0; rest /= shape[d])
      coordinates[d * count + n] = rest % shape[d];
  return {coordinates.constant()};
}

//===----------------------------------------------------------------------===//
// Running sums, triangles, reversed sequences
//===----------------------------------------------------------------------===//

static Results importCumulate(Node &node) {
  Value x = node.operand(0);
  double axis = node.constantNumber(1, "the axis");
  bool isSum = node.operatorType() == "CumSum";
  return {node.create(
      "cumulate", x,
      {node.attribute("kind", llvm::StringRef(isSum ? "sum" : "prod")),
       node.attribute("axis",
                      node.axis(static_cast<int64_t>(axis), shapeOf(x).size())),
       node.attribute("exclusive", node.flag("exclusive", false)),
       node.attribute("reverse", node.flag("reverse", false))})};
}

static Results importTrilu(Node &node) {
  Value x = node.operand(0);
  llvm::ArrayRef<int64_t> shape = shapeOf(x);
  if (shape.size() < 2)
    node.fail("expects matrices, got " + listed(shape));
  int64_t rows = shape[shape.size() - 2], columns = shape.back();
  double diagonal =
      node.hasOperand(1) ? node.constantNumber(1, "the diagonal") : 0;
  bool upper = node.flag("upper", true);
  // Diagonals beyond the corners are all alike.
  Term distance{node, distances(node, rows, columns)};
  double bound = std::clamp(diagonal, double(-rows), double(columns));
  Term dropped = distance.apply(upper ? "less" : "greater", bound);
  return choose(dropped, {node, node.scalar(0, x)}, {node, x}).results();
}

static Results importEyeLike(Node &node) {
  llvm::ArrayRef<int64_t> shape = shapeOf(node.operand(0));
  if (shape.size() != 2)
    node.fail("expects a matrix, got " + listed(shape));
  mlir::Type type = node.has("dtype") ? node.elementType("dtype")
                                      : elementTypeOf(node.operand(0));
  Term distance{node, distances(node, shape[0], shape[1])};
  Term isOne = distance.apply("equal", double(node.integer("k", 0)));
  return {node.cast(isOne.value, type)};
}

/// The first elements of each sequence in the opposite order.
static Results importReverseSequence(Node &node) {
  Value x = node.operand(0);
  int64_t rank = shapeOf(x).size();
  int64_t time = node.axis(node.integer("time_axis", 0), rank);
  int64_t batch = node.axis(node.integer("batch_axis", 1), rank);
  int64_t extent = shapeOf(x)[time];
  // Place t of a sequence of length n holds element n − 1 − t, if t < n.
  Term place{node, counting(node, extent, time, rank)};
  Term length{node, along(node, asIndices(node, node.operand(1)), batch, rank)};
  length.value = node.cast(length.value, node.builder().getI64Type());
  Term source = choose(place.apply("less", length), length - 1. - place, place);
  return {node.create("gather_elements",
                      {x, expand(node, source.value, shapeOf(x))},
                      node.attribute("axis", time))};
}

llvm::ArrayRef<Operator> cim::importer::indexingOperators() {
  static const Operator operators[] = {
      {"TopK", importTopK, 2},
      {"ArgMax", importArgExtreme},
      {"ArgMin", importArgExtreme},
      {"Hardmax", importHardmax},
      {"GatherElements", importGatherElements},
      {"GatherND", importGatherNd},
      {"Scatter", importScatterElements},
      {"ScatterElements", importScatterElements},
      {"ScatterND", importScatterNd},
      {"OneHot", importOneHot},
      {"Compress", importCompress},
      {"NonZero", importNonZero},
      {"CumSum", importCumulate},
      {"CumProd", importCumulate},
      {"Trilu", importTrilu},
      {"EyeLike", importEyeLike},
      {"ReverseSequence", importReverseSequence},
  };
  return operators;
}
