//===- Shape.cpp - The same elements in another shape --------------------===//
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

/// A list that moved from attribute \p attribute to operand 1.
static std::optional<Integers> listOperand(Node &node, int64_t operandSince,
                                           llvm::StringRef attribute,
                                           llvm::StringRef what) {
  if (node.opset() < operandSince)
    return node.integers(attribute);
  if (!node.hasOperand(1))
    return std::nullopt;
  return node.constantIntegers(1, what);
}

static Results importReshape(Node &node) {
  Value x = node.operand(0);
  node.ignore({"consumed_inputs"});
  std::optional<Integers> target =
      listOperand(node, 5, "shape", "the result's shape");
  if (!target)
    node.fail("does not say to which shape");
  bool zeroIsZero = node.flag("allowzero", false);
  llvm::ArrayRef<int64_t> from = shapeOf(x);
  Integers shape = *target;
  size_t open = shape.size(); // the dimension that takes what is left
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && !zeroIsZero) {
      if (i >= from.size())
        node.fail("copies dimension " + llvm::Twine(i) + " of " + listed(from));
      shape[i] = from[i];
    } else if (shape[i] == -1 && open == shape.size()) {
      open = i;
      shape[i] = 1;
    } else if (shape[i] < 0) {
      node.fail("cannot reshape to " + listed(*target));
    }
  }
  if (open < shape.size()) {
    int64_t others = node.tensorType(shape, elementTypeOf(x)).getNumElements();
    if (others == 0 || product(from) % others != 0)
      node.fail("cannot reshape " + listed(from) + " to " + listed(*target));
    shape[open] = product(from) / others;
  }
  return {node.reshape(x, shape)};
}

static Results importFlatten(Node &node) {
  Value x = node.operand(0);
  llvm::ArrayRef<int64_t> shape = shapeOf(x);
  int64_t rank = shape.size(), axis = node.integer("axis", 1);
  if (axis != rank) // which is no axis, but where rows of one number begin
    axis = node.axis(axis, rank);
  return {node.reshape(
      x, {product(shape.take_front(axis)), product(shape.drop_front(axis))})};
}

static Results importSqueeze(Node &node) {
  Value x = node.operand(0);
  llvm::ArrayRef<int64_t> shape = shapeOf(x);
  std::optional<Integers> axes = listOperand(node, 13, "axes", "the axes");
  Integers squeezed;
  if (axes)
    squeezed = node.sortedAxes(*axes, shape.size());
  for (int64_t axis : squeezed)
    if (shape[axis] != 1)
      node.fail("removes dimension " + llvm::Twine(axis) + " of " +
                listed(shape) + ", which is not 1");
  Integers result;
  for (auto [axis, extent] : llvm::enumerate(shape))
    if (axes ? !llvm::is_contained(squeezed, int64_t(axis)) : extent != 1)
      result.push_back(extent);
  return {node.reshape(x, result)};
}

static Results importUnsqueeze(Node &node) {
  Value x = node.operand(0);
  std::optional<Integers> axes = listOperand(node, 13, "axes", "the axes");
  if (!axes)
    node.fail("does not say where to insert dimensions");
  if (axes->size() > largestRank)
    node.fail("inserts " + llvm::Twine(axes->size()) + " dimensions");
  llvm::ArrayRef<int64_t> shape = shapeOf(x);
  Integers inserted = node.sortedAxes(*axes, shape.size() + axes->size());
  Integers result(shape);
  for (int64_t axis : inserted)
    result.insert(result.begin() + axis, 1);
  return {node.reshape(x, result)};
}

//===----------------------------------------------------------------------===//
// Repetition
//===----------------------------------------------------------------------===//

static Results importExpand(Node &node) {
  Value x = node.operand(0);
  llvm::ArrayRef<int64_t> from = shapeOf(x);
  Integers target = node.constantIntegers(1, "the result's shape");
  // Broadcast both ways: where the target has 1, x keeps its extent.
  size_t rank = std::max(from.size(), target.size());
  Integers shape(rank, 1);
  for (size_t i = 0; i < rank; ++i) {
    int64_t a = i + from.size() < rank ? 1 : from[i + from.size() - rank];
    int64_t b = i + target.size() < rank ? 1 : target[i + target.size() - rank];
    if (a != b && a != 1 && b != 1)
      node.fail("cannot broadcast " + listed(from) + " to " + listed(target));
    shape[i] = a == 1 ? b : a;
  }
  return {
      node.create("expand", x, {}, node.tensorType(shape, elementTypeOf(x)))};
}

static Results importTile(Node &node) {
  Value x = node.operand(0);
  llvm::ArrayRef<int64_t> shape = shapeOf(x);
  Integers repeats = node.constantIntegers(1, "the result's shape");
  if (repeats.size() != shape.size())
    node.fail("repeats " + listed(shape) + " " + listed(repeats) + " times");
  // Every dimension gets another one of its repetitions before it.
  Integers apart, expanded, joined;
  for (auto [extent, times] : llvm::zip(shape, repeats)) {
    apart.append({1, extent});
    expanded.append({times, extent});
  }
  // Checked before products are taken of its dimensions.
  mlir::RankedTensorType type = node.tensorType(expanded, elementTypeOf(x));
  for (auto [extent, times] : llvm::zip(shape, repeats))
    joined.push_back(extent * times);
  Value repeated = node.create("expand", node.reshape(x, apart), {}, type);
  return {node.reshape(repeated, joined)};
}

//===----------------------------------------------------------------------===//
// Space and depth
//===----------------------------------------------------------------------===//

/// N, C, H, W and the block size of an operator that trades one for the other.
static int64_t readBlock(Node &node, Value x) {
  int64_t block = node.integer("blocksize");
  if (shapeOf(x).size() != 4 || block < 1 || block > int64_t(1) << 20)
    node.fail(
        "expects an image of 4 dimensions and a positive block size, got " +
        listed(shapeOf(x)) + " and " + llvm::Twine(block));
  return block;
}

static Results importDepthToSpace(Node &node) {
  Value x = node.operand(0);
  int64_t b = readBlock(node, x);
  llvm::ArrayRef<int64_t> s = shapeOf(x);
  int64_t channels = s[1] / (b * b);
  if (channels * b * b != s[1])
    node.fail("cannot spread " + llvm::Twine(s[1]) +
              " channels over blocks of " + llvm::Twine(b) + " × " +
              llvm::Twine(b));
  std::string mode = node.text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    node.fail("expects mode DCR or CRD, got " + quotation(mode));
  Value result =
      mode == "DCR"
          ? transpose(node, node.reshape(x, {s[0], b, b, channels, s[2], s[3]}),
                      {0, 3, 4, 1, 5, 2})
          : transpose(node, node.reshape(x, {s[0], channels, b, b, s[2], s[3]}),
                      {0, 1, 4, 2, 5, 3});
  return {node.reshape(result, {s[0], channels, s[2] * b, s[3] * b})};
}

static Results importSpaceToDepth(Node &node) {
  Value x = node.operand(0);
  int64_t b = readBlock(node, x);
  llvm::ArrayRef<int64_t> s = shapeOf(x);
  if (s[2] % b != 0 || s[3] % b != 0)
    node.fail("cannot cut " + listed(s) + " into blocks of " + llvm::Twine(b) +
              " × " + llvm::Twine(b));
  std::string mode = node.opset() < 28 ? "DCR" : node.text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    node.fail("expects mode DCR or CRD, got " + quotation(mode));
  Value blocks = transpose(
      node, node.reshape(x, {s[0], s[1], s[2] / b, b, s[3] / b, b}),
      mode == "DCR" ? Integers{0, 3, 5, 1, 2, 4} : Integers{0, 1, 3, 5, 2, 4});
  return {node.reshape(blocks, {s[0], s[1] * b * b, s[2] / b, s[3] / b})};
}

llvm::ArrayRef<Operator> cim::importer::shapeOperators() {
  static const Operator operators[] = {
      {"Reshape", importReshape},
      {"Flatten", importFlatten},
      {"Squeeze", importSqueeze},
      {"Unsqueeze", importUnsqueeze},
      {"Expand", importExpand},
      {"Tile", importTile},
      {"DepthToSpace", importDepthToSpace},
      {"SpaceToDepth", importSpaceToDepth},
  };
  return operators;
}
