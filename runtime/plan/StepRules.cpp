//===- StepRules.cpp - Which steps mean something -------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The rules of most operations, and the table of all (StepView.h).
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/StepRules.h"

#include "runtime/plan/StepView.h"

#include <map>

using namespace cim;
using namespace cim::rules;

namespace {

//===----------------------------------------------------------------------===//
// Shapes of results
//===----------------------------------------------------------------------===//

Shape broadcast(const Shape &a, const Shape &b) {
  Shape result(std::max(a.size(), b.size()));
  for (size_t i = 0; i < result.size(); ++i) { // from the last dimension
    int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    require(x == y || x == 1 || y == 1,
            "cannot broadcast " + text(a) + " with " + text(b));
    result[result.size() - 1 - i] = x == 1 ? y : x;
  }
  return result;
}

Shape sameShape(const StepView &s) { return s.shape(0); }

Shape broadcastShape(const StepView &s) {
  Shape result = s.shape(0);
  for (int i = 1; i < s.step.inputs_size(); ++i)
    result = broadcast(result, s.shape(i));
  return result;
}

Shape leakyReluShape(const StepView &s) {
  s.number("alpha");
  return s.shape(0);
}

Shape clipShape(const StepView &s) {
  s.number("lowest");
  s.number("highest");
  return s.shape(0);
}

/// Positions of a window of \p kernel that slides over \p size elements.
int64_t windows(int64_t size, int64_t before, int64_t after, int64_t kernel,
                int64_t stride, int64_t dilation, bool ceilMode) {
  int64_t room = size + before + after - dilation * (kernel - 1) - 1;
  require(room >= 0, "has a window larger than its padded image");
  int64_t result = (room + (ceilMode ? stride - 1 : 0)) / stride + 1;
  // A window must begin inside of the image or of the padding before it.
  if (ceilMode && (result - 1) * stride >= size + before)
    --result;
  return result;
}

/// The spatial part of a convolution's or a pool's result.
void appendWindows(const StepView &s, const Shape &kernel, bool ceilMode,
                   Shape &result) {
  size_t spatial = kernel.size();
  Shape strides = s.integers("strides", 1, spatial);
  Shape dilations = s.integers("dilations", 1, spatial);
  Shape pads = s.integers("pads", 0, 2 * spatial);
  for (size_t d = 0; d < spatial; ++d)
    result.push_back(windows(s.shape(0)[2 + d], pads[d], pads[spatial + d],
                             kernel[d], strides[d], dilations[d], ceilMode));
}

Shape convShape(const StepView &s) {
  s.expectRank(0, 3, 5);
  s.expectNotEmpty(0);
  s.expectNotEmpty(1);
  require(s.rank(1) == s.rank(0), "expects weights of " +
                                      std::to_string(s.rank(0)) +
                                      " dimensions, got " + text(s.shape(1)));
  Shape image = s.shape(0), weights = s.shape(1);
  int64_t groups = s.integer("groups", 1, largestNumber);
  require(image[1] % groups == 0 && weights[0] % groups == 0 &&
              image[1] / groups == weights[1],
          "cannot convolve " + text(image) + " with weights " + text(weights) +
              " in " + std::to_string(groups) + " groups");
  if (s.step.inputs_size() == 3)
    s.expectShape(2, {weights[0]});
  Shape result = {image[0], weights[0]};
  appendWindows(s, {weights.begin() + 2, weights.end()}, false, result);
  return result;
}

Shape poolShape(const StepView &s) {
  s.expectRank(0, 3, 5);
  s.expectNotEmpty(0);
  Shape image = s.shape(0);
  Shape result = {image[0], image[1]};
  appendWindows(s, s.integers("kernel", 1, image.size() - 2),
                s.flag("ceil_mode"), result);
  return result;
}

Shape maxPoolIndicesShape(const StepView &s) {
  s.flag("column_major");
  return poolShape(s);
}

Shape averagePoolShape(const StepView &s) {
  s.flag("count_include_pad");
  return poolShape(s);
}

Shape globalAveragePoolShape(const StepView &s) {
  s.expectRank(0, 3, 5);
  s.expectNotEmpty(0);
  Shape result = s.shape(0);
  std::fill(result.begin() + 2, result.end(), 1);
  return result;
}

Shape batchNormShape(const StepView &s) {
  s.expectRank(0, 2, 5);
  for (int i = 1; i < 5; ++i)
    s.expectShape(i, {s.shape(0)[1]});
  s.number("epsilon");
  return s.shape(0);
}

Shape lrnShape(const StepView &s) {
  s.expectRank(0, 2, 5);
  s.integer("size", 1, largestNumber);
  s.number("alpha");
  s.number("beta");
  s.number("bias");
  return s.shape(0);
}

Shape softmaxShape(const StepView &s) {
  s.integer("axis", 0, s.rank(0) - 1);
  return s.shape(0);
}

Shape reduceShape(const StepView &s) {
  s.word("kind", {"mean", "sum", "max", "min", "prod"});
  Shape axes = s.integers("axes", 0);
  bool keep = s.flag("keep_dimensions");
  Shape shape = s.shape(0), result;
  require(std::ranges::is_sorted(axes, std::ranges::less_equal()) &&
              (axes.empty() || axes.back() < s.rank(0)),
          "expects axes that ascend and exist, got " + text(axes));
  for (size_t d = 0; d < shape.size(); ++d) {
    if (!std::ranges::binary_search(axes, int64_t(d)))
      result.push_back(shape[d]);
    else if (keep)
      result.push_back(1);
  }
  return result;
}

Shape gemmShape(const StepView &s) {
  s.expectRank(0, 2, 2);
  s.expectRank(1, 2, 2);
  s.number("alpha");
  s.number("beta");
  Shape a = s.shape(0), b = s.shape(1);
  if (s.flag("transpose_a"))
    std::swap(a[0], a[1]);
  if (s.flag("transpose_b"))
    std::swap(b[0], b[1]);
  require(a[1] == b[0], "cannot multiply " + text(a) + " by " + text(b));
  Shape result = {a[0], b[1]};
  if (s.step.inputs_size() == 3)
    require(broadcast(s.shape(2), result) == result,
            "cannot add an operand of shape " + text(s.shape(2)) + " to " +
                text(result));
  return result;
}

Shape matmulShape(const StepView &s) {
  s.expectRank(0, 1, 16);
  s.expectRank(1, 1, 16);
  Shape a = s.shape(0), b = s.shape(1);
  bool row = a.size() == 1, column = b.size() == 1;
  if (row)
    a.insert(a.begin(), 1);
  if (column)
    b.push_back(1);
  require(a.back() == b[b.size() - 2],
          "cannot multiply " + text(a) + " by " + text(b));
  Shape result = broadcast({a.begin(), a.end() - 2}, {b.begin(), b.end() - 2});
  if (!row)
    result.push_back(a[a.size() - 2]);
  if (!column)
    result.push_back(b.back());
  return result;
}

Shape reshapeShape(const StepView &s) {
  require(elementCount(s.shape(0)) == elementCount(s.declaredShape()),
          "cannot give " + text(s.shape(0)) + " the shape " +
              text(s.declaredShape()));
  return s.declaredShape();
}

Shape expandShape(const StepView &s) {
  return broadcast(s.shape(0), s.declaredShape());
}

Shape transposeShape(const StepView &s) {
  Shape permutation = s.integers("permutation", 0, s.rank(0));
  Shape sorted = permutation, result;
  std::ranges::sort(sorted);
  for (size_t d = 0; d < sorted.size(); ++d)
    require(sorted[d] == int64_t(d),
            "has no permutation in " + text(permutation));
  for (int64_t d : permutation)
    result.push_back(s.shape(0)[d]);
  return result;
}

Shape concatShape(const StepView &s) {
  int64_t axis = s.integer("axis", 0, s.rank(0) - 1);
  Shape result = s.shape(0);
  for (int i = 1; i < s.step.inputs_size(); ++i) {
    Shape shape = s.shape(i);
    require(shape.size() == result.size(), "joins shapes of unequal rank");
    result[axis] += shape[axis];
    shape[axis] = result[axis];
    require(shape == result, "cannot join " + text(s.shape(i)) + " to " +
                                 text(s.shape(0)) + " along dimension " +
                                 std::to_string(axis));
  }
  return result;
}

Shape sliceShape(const StepView &s) {
  Shape shape = s.shape(0);
  Shape starts = s.integers("starts", 0, shape.size());
  Shape sizes = s.integers("sizes", 0, shape.size());
  Shape steps = s.integers("steps", -largestNumber, shape.size());
  for (size_t d = 0; d < shape.size(); ++d) {
    int64_t last = starts[d] + (sizes[d] - 1) * steps[d];
    require(steps[d] != 0 && (sizes[d] == 0 || (starts[d] < shape[d] &&
                                                0 <= last && last < shape[d])),
            "leaves its operand in dimension " + std::to_string(d));
  }
  return sizes;
}

Shape padShape(const StepView &s) {
  const std::string &mode =
      s.word("mode", {"constant", "reflect", "edge", "wrap"});
  s.number("value");
  Shape shape = s.shape(0), result = shape;
  Shape pads = s.integers("pads", -largestNumber, 2 * shape.size());
  for (size_t d = 0; d < shape.size(); ++d) {
    int64_t before = pads[d], after = pads[shape.size() + d];
    int64_t kept =
        shape[d] + std::min<int64_t>(before, 0) + std::min<int64_t>(after, 0);
    require(kept >= 0,
            "removes more than there is in dimension " + std::to_string(d));
    // Copied elements must come from somewhere.
    if ((before > 0 || after > 0) && mode != "constant")
      require(kept > 0 && (mode != "reflect" || std::max(before, after) < kept),
              "cannot copy that many elements from dimension " +
                  std::to_string(d));
    result[d] += before + after;
  }
  return result;
}

Shape rangeShape(const StepView &s) {
  for (int i = 0; i < 3; ++i)
    s.expectShape(i, {});
  require(s.declaredShape().size() == 1, "makes one dimension");
  return s.declaredShape();
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

/// Which element types an operation takes and makes.
enum class Elements {
  f32,        ///< f32 throughout: what kernels compute
  floating,   ///< f32 or f64 throughout
  number,     ///< one type throughout, not boolean
  logic,      ///< one type throughout, boolean or integer
  any,        ///< one type throughout
  comparison, ///< operands of one type that is not boolean; a boolean
  equality,   ///< operands of one type; a boolean
  selection,  ///< a boolean first, then and as result one type
  first,      ///< the type of operand 0; others are the rule's business
  index,      ///< one operand of any type; indices
  conversion, ///< unrelated types
};

struct Rule {
  int fewest, most; ///< operands
  Elements elements;
  Shape (*resultShape)(const StepView &);
};

constexpr int unlimited = 1 << 20;

const std::map<std::string_view, Rule> &ruleTable() {
  using enum Elements;
  static const std::map<std::string_view, Rule> table = {
      {"conv", {2, 3, f32, convShape}},
      {"batch_norm", {5, 5, f32, batchNormShape}},
      {"relu", {1, 1, number, sameShape}},
      {"sigmoid", {1, 1, floating, sameShape}},
      {"tanh", {1, 1, floating, sameShape}},
      {"exp", {1, 1, floating, sameShape}},
      {"log", {1, 1, floating, sameShape}},
      {"sqrt", {1, 1, floating, sameShape}},
      {"abs", {1, 1, number, sameShape}},
      {"neg", {1, 1, number, sameShape}},
      {"floor", {1, 1, floating, sameShape}},
      {"ceil", {1, 1, floating, sameShape}},
      {"erf", {1, 1, floating, sameShape}},
      {"sin", {1, 1, floating, sameShape}},
      {"cos", {1, 1, floating, sameShape}},
      {"tan", {1, 1, floating, sameShape}},
      {"asin", {1, 1, floating, sameShape}},
      {"acos", {1, 1, floating, sameShape}},
      {"atan", {1, 1, floating, sameShape}},
      {"sinh", {1, 1, floating, sameShape}},
      {"cosh", {1, 1, floating, sameShape}},
      {"asinh", {1, 1, floating, sameShape}},
      {"acosh", {1, 1, floating, sameShape}},
      {"atanh", {1, 1, floating, sameShape}},
      {"round", {1, 1, floating, sameShape}},
      {"reciprocal", {1, 1, floating, sameShape}},
      {"not", {1, 1, logic, sameShape}},
      {"leaky_relu", {1, 1, floating, leakyReluShape}},
      {"clip", {1, 1, number, clipShape}},
      {"softmax", {1, 1, floating, softmaxShape}},
      {"add", {2, 2, number, broadcastShape}},
      {"sub", {2, 2, number, broadcastShape}},
      {"mul", {2, 2, number, broadcastShape}},
      {"div", {2, 2, number, broadcastShape}},
      {"pow", {2, 2, number, broadcastShape}},
      {"min", {2, 2, number, broadcastShape}},
      {"max", {2, 2, number, broadcastShape}},
      {"mod", {2, 2, number, broadcastShape}},
      {"equal", {2, 2, equality, broadcastShape}},
      {"less", {2, 2, comparison, broadcastShape}},
      {"greater", {2, 2, comparison, broadcastShape}},
      {"and", {2, 2, logic, broadcastShape}},
      {"or", {2, 2, logic, broadcastShape}},
      {"where", {3, 3, selection, broadcastShape}},
      {"max_pool", {1, 1, number, poolShape}},
      {"max_pool_indices", {1, 1, index, maxPoolIndicesShape}},
      {"sum_pool", {1, 1, f32, poolShape}},
      {"average_pool", {1, 1, f32, averagePoolShape}},
      {"global_average_pool", {1, 1, f32, globalAveragePoolShape}},
      {"reduce", {1, 1, number, reduceShape}},
      {"lrn", {1, 1, f32, lrnShape}},
      {"gemm", {2, 3, f32, gemmShape}},
      {"matmul", {2, 2, number, matmulShape}},
      {"reshape", {1, 1, any, reshapeShape}},
      {"expand", {1, 1, any, expandShape}},
      {"transpose", {1, 1, any, transposeShape}},
      {"concat", {1, unlimited, any, concatShape}},
      {"slice", {1, 1, any, sliceShape}},
      {"pad", {1, 1, any, padShape}},
      {"gather", {2, 2, first, gatherShape}},
      {"top_k", {1, 1, index, topKShape}},
      {"gather_elements", {2, 2, first, gatherElementsShape}},
      {"gather_nd", {2, 2, first, gatherNdShape}},
      {"scatter_elements", {3, 3, first, scatterElementsShape}},
      {"scatter_nd", {3, 3, first, scatterNdShape}},
      {"resample", {3, 3, first, resampleShape}},
      {"cumulate", {1, 1, number, cumulateShape}},
      {"cast", {1, 1, conversion, sameShape}},
      {"range", {3, 3, number, rangeShape}},
      {"relayout", {1, 1, f32, sameShape}},
      {"scale_offset", {1, 1, f32, sameShape}},
  };
  return table;
}

void checkElements(const StepView &s, Elements elements) {
  using enum Elements;
  const bool selects = elements == selection;
  plan::ElementType type = s.operand(selects ? 1 : 0).element_type();
  if (selects)
    require(s.operand(0).element_type() == plan::BOOL,
            "expects a boolean condition");
  if (elements != first && elements != conversion)
    for (int i = selects; i < s.step.inputs_size(); ++i)
      require(s.operand(i).element_type() == type, "mixes element types");

  bool fits = true;
  switch (elements) {
  case f32:
    fits = type == plan::F32;
    break;
  case floating:
    fits = type == plan::F32 || type == plan::F64;
    break;
  case number:
  case comparison:
    fits = type != plan::BOOL;
    break;
  case logic:
    fits = type != plan::F32 && type != plan::F64;
    break;
  default:
    break;
  }
  require(fits, "does not take operands of type " + ElementType_Name(type));
  if (elements == conversion)
    return;
  plan::ElementType expected = elements == comparison || elements == equality
                                   ? plan::BOOL
                               : elements == index ? plan::I64
                                                   : type;
  require(s.result().element_type() == expected,
          "has results of type " + ElementType_Name(expected));
}

} // namespace

void cim::checkStep(const plan::Plan &plan, const TensorMap &tensors,
                    const plan::Step &step) {
  auto rule = ruleTable().find(step.operation());
  require(rule != ruleTable().end(),
          "is an unknown operation, '" + step.operation() + "'");
  require(rule->second.fewest <= step.inputs_size() &&
              step.inputs_size() <= rule->second.most,
          "cannot take " + std::to_string(step.inputs_size()) + " operands");
  require(step.outputs_size() == 1, "must have one result");
  StepView view{plan, tensors, step};
  checkElements(view, rule->second.elements);
  Shape expected = rule->second.resultShape(view);
  require(view.declaredShape() == expected,
          "has a result of shape " + text(expected) + ", but value " +
              std::to_string(step.outputs(0)) + " has " +
              text(view.declaredShape()));
  if (step.operation() == "relayout")
    require(view.operand(0).layout() != view.result().layout(),
            "changes nothing: both layouts are equal");
}
