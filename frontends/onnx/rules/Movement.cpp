//===- Movement.cpp - Choosing and rearranging elements ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Expressions.h"
#include "frontends/onnx/Operators.h"
#include "frontends/onnx/Quotation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace cim::importer;
using mlir::Value;

static Results importTranspose(Node &node) {
  Value x = node.operand(0);
  std::optional<Integers> permutation = node.integers("perm");
  if (!permutation) {
    permutation.emplace(shapeOf(x).size());
    std::iota(permutation->rbegin(), permutation->rend(), 0);
  }
  return {
      node.create("transpose", x, node.attribute("permutation", *permutation))};
}

static Results importConcat(Node &node) {
  llvm::SmallVector<Value> operands = node.allOperands();
  if (operands.empty())
    node.fail("has no operands");
  std::optional<int64_t> otherwise;
  if (node.opset() < 4)
    otherwise = 1;
  int64_t axis = node.axis(node.integer("axis", otherwise),
                           shapeOf(operands.front()).size());
  return {node.create("concat", operands, node.attribute("axis", axis))};
}

static Results importGather(Node &node) {
  Value x = node.operand(0), indices = node.operand(1);
  int64_t rank = shapeOf(x).size();
  int64_t axis = node.axis(node.integer("axis", 0), rank);
  int64_t extent = shapeOf(x)[axis];
  mlir::ElementsAttr known = constantOf(indices);
  if (known && llvm::isa<mlir::IntegerType>(known.getElementType()))
    for (int64_t index : integersOf(known))
      if (index < -extent || index >= extent)
        node.fail("takes element " + llvm::Twine(index) + " of the " +
                  llvm::Twine(extent) + " in dimension " + llvm::Twine(axis));
  return {node.create("gather", {x, indices}, node.attribute("axis", axis))};
}

//===----------------------------------------------------------------------===//
// Slice and Split
//===----------------------------------------------------------------------===//

namespace {

/// The operands of nn.slice, at first all of x.
struct Part {
  Integers starts, sizes, steps;
  explicit Part(llvm::ArrayRef<int64_t> shape)
      : starts(shape.size(), 0), sizes(shape), steps(shape.size(), 1) {}

  Value of(Node &node, Value x) const {
    return node.create("slice", x,
                       {node.attribute("starts", starts),
                        node.attribute("sizes", sizes),
                        node.attribute("steps", steps)});
  }
};

} // namespace

/// Sets one dimension of \p part from ONNX's start, end and step, which count
/// from the end where negative and are clamped to the extent.
static void sliceDimension(Part &part, int64_t axis, int64_t start, int64_t end,
                           int64_t step) {
  int64_t extent = part.sizes[axis];
  bool forward = step > 0;
  auto resolved = [&](int64_t index, int64_t lowest, int64_t highest) {
    return std::clamp(index < 0 ? index + extent : index, lowest, highest);
  };
  if (forward) {
    start = resolved(start, 0, extent);
    end = resolved(end, 0, extent);
  } else {
    // Before the first element is −1, which no index means: −1 is the last.
    start = extent == 0 ? 0 : resolved(start, 0, extent - 1);
    end = end < -extent ? -1
                        : resolved(end, -1, std::max<int64_t>(extent - 1, 0));
  }
  int64_t distance = end - start; // at most 2^40, so nothing below overflows
  bool empty = extent == 0 || (forward ? distance <= 0 : distance >= 0);
  int64_t size = empty     ? 0
                 : forward ? (distance - 1) / step + 1
                           : (distance + 1) / step + 1;
  part.starts[axis] = empty ? 0 : start;
  part.sizes[axis] = size;
  part.steps[axis] = size > 1 ? step : 1;
}

static Results importSlice(Node &node) {
  Value x = node.operand(0);
  int64_t rank = shapeOf(x).size();
  std::optional<Integers> starts, ends, axes, steps;
  if (node.opset() < 10) {
    starts = node.integers("starts");
    ends = node.integers("ends");
    axes = node.integers("axes");
  } else {
    constexpr llvm::StringLiteral what = "the result's shape";
    starts = node.constantIntegers(1, what);
    ends = node.constantIntegers(2, what);
    if (node.hasOperand(3))
      axes = node.constantIntegers(3, what);
    if (node.hasOperand(4))
      steps = node.constantIntegers(4, what);
  }
  if (!starts || !ends)
    node.fail("does not say which elements it takes");
  size_t count = starts->size();
  if (!axes) {
    axes.emplace(count);
    std::iota(axes->begin(), axes->end(), 0);
  }
  if (!steps)
    steps.emplace(count, 1);
  if (ends->size() != count || axes->size() != count || steps->size() != count)
    node.fail("has " + llvm::Twine(count) + " starts, " +
              llvm::Twine(ends->size()) + " ends, " +
              llvm::Twine(axes->size()) + " axes and " +
              llvm::Twine(steps->size()) + " steps");
  node.sortedAxes(*axes, rank); // checks them
  Part part(shapeOf(x));
  for (size_t i = 0; i < count; ++i) {
    if ((*steps)[i] == 0)
      node.fail("has a step of 0");
    sliceDimension(part, node.axis((*axes)[i], rank), (*starts)[i], (*ends)[i],
                   (*steps)[i]);
  }
  return {part.of(node, x)};
}

static Results importSplit(Node &node) {
  Value x = node.operand(0);
  int64_t axis = node.axis(node.integer("axis", 0), shapeOf(x).size());
  int64_t extent = shapeOf(x)[axis], parts = node.outputCount();
  std::optional<Integers> sizes;
  if (node.opset() < 13)
    sizes = node.integers("split");
  if (node.hasOperand(1)) // also in opset 1
    sizes = node.constantIntegers(1, "the results' shapes");
  if (node.opset() >= 18 && node.has("num_outputs") &&
      node.integer("num_outputs") != parts)
    node.fail("splits into " + llvm::Twine(node.integer("num_outputs")) +
              " parts, but has " + llvm::Twine(parts) + " outputs");
  if (parts == 0)
    node.fail("has no outputs");
  if (!sizes) {
    // Equal parts; the last one may be smaller.
    int64_t size = (extent + parts - 1) / parts;
    sizes.emplace(parts, size);
    sizes->back() = extent - size * (parts - 1);
  }
  int64_t start = 0;
  for (int64_t size : *sizes) {
    if (size < 0 || size > extent - start)
      break;
    start += size;
  }
  if (static_cast<int64_t>(sizes->size()) != parts || start != extent)
    node.fail("cannot split " + llvm::Twine(extent) + " elements into " +
              listed(*sizes) + " for " + llvm::Twine(parts) + " outputs");
  Results results;
  start = 0;
  for (int64_t size : *sizes) {
    Part part(shapeOf(x));
    part.starts[axis] = size == 0 ? 0 : start;
    part.sizes[axis] = size;
    results.push_back(part.of(node, x));
    start += size;
  }
  return results;
}

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

static Results importPad(Node &node) {
  Value x = node.operand(0);
  int64_t rank = shapeOf(x).size();
  std::string mode = node.text("mode", "constant");
  std::optional<Integers> given, axes;
  double value = 0;
  Value offset; // instead of `value`, where no double is that integer
  if (node.opset() < 11) {
    given = node.integers(node.opset() < 2 ? "paddings" : "pads");
    value = node.number("value", 0);
  } else {
    given = node.constantIntegers(1, "the result's shape");
    if (node.hasOperand(2)) {
      value = node.constantNumber(2, "the value of the padding");
      if (!isFloat(x) && std::abs(value) >= 0x1p53)
        offset = node.reshape(node.operand(2), {});
    }
    if (node.hasOperand(3))
      axes = node.constantIntegers(3, "the result's shape");
  }
  if (!given)
    node.fail("does not say how many elements it adds");
  if (!axes) {
    axes.emplace(rank);
    std::iota(axes->begin(), axes->end(), 0);
  }
  size_t count = axes->size();
  if (given->size() != 2 * count)
    node.fail("expects " + llvm::Twine(2 * count) + " pads, got " +
              listed(*given));
  node.sortedAxes(*axes, rank); // checks them
  Integers pads(2 * rank, 0);
  for (size_t i = 0; i < count; ++i) {
    int64_t axis = node.axis((*axes)[i], rank);
    pads[axis] = (*given)[i];
    pads[rank + axis] = (*given)[count + i];
  }
  auto padded = [&](Value from, double with) {
    return node.create("pad", from,
                       {node.attribute("pads", pads),
                        node.attribute("mode", llvm::StringRef(mode)),
                        node.attribute("value", with)});
  };
  if (!offset)
    return {padded(x, value)};
  // What is padded, with zeros, is how far the elements are from it.
  Value distance = node.create("sub", {x, offset});
  return {node.create("add", {padded(distance, 0), offset})};
}

llvm::ArrayRef<Operator> cim::importer::movementOperators() {
  static const Operator operators[] = {
      {"Concat", importConcat},   {"Gather", importGather},
      {"Pad", importPad},         {"Slice", importSlice},
      {"Split", importSplit, -1}, {"Transpose", importTranspose},
  };
  return operators;
}
