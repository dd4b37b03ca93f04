//===- IndexRules.cpp - Which steps with indices mean something -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/StepView.h"

namespace cim::rules {

namespace {

/// Checks the indices in operand \p i, which point into \p extent elements.
/// Those that are computed are checked when they are known.
void checkIndices(const StepView &s, int i, int64_t extent) {
  const plan::Value &operand = s.operand(i);
  require(operand.element_type() == plan::I32 ||
              operand.element_type() == plan::I64,
          "expects indices that are integers");
  if (operand.constant().empty() || extent < 0)
    return;
  const Tensor &tensor = s.tensors.at(operand.constant());
  auto check = [&](auto values) {
    for (int64_t value : values)
      require(-extent <= value && value < extent,
              "has the index " + std::to_string(value) +
                  " into a dimension of " + std::to_string(extent));
  };
  operand.element_type() == plan::I32 ? check(tensor.as<int32_t>())
                                      : check(tensor.as<int64_t>());
}

/// The indices point into several dimensions, so that only use can check them.
constexpr int64_t severalExtents = -1;

int64_t axisOf(const StepView &s) {
  return s.integer("axis", 0, s.rank(0) - 1);
}

void expectType(const StepView &s, int i) {
  require(s.operand(i).element_type() == s.operand(0).element_type(),
          "mixes element types");
}

void checkElementIndices(const StepView &s) {
  const int64_t axis = axisOf(s);
  const Shape x = s.shape(0), indices = s.shape(1);
  bool fits = x.size() == indices.size();
  for (size_t d = 0; fits && d < x.size(); ++d)
    fits = int64_t(d) == axis || indices[d] <= x[d];
  require(fits, "cannot index " + text(x) + " with " + text(indices));
  checkIndices(s, 1, x[axis]);
}

void checkReduction(const StepView &s) {
  s.word("reduction", {"replace", "add", "mul", "max", "min"});
  require(s.word("reduction", {"replace", "add", "mul", "max", "min"}) ==
                  "replace" ||
              s.operand(0).element_type() != plan::BOOL,
          "does not compute with booleans");
}

} // namespace

Shape gatherShape(const StepView &s) {
  int64_t axis = axisOf(s);
  Shape shape = s.shape(0), indices = s.shape(1);
  checkIndices(s, 1, shape[axis]);
  Shape result(shape.begin(), shape.begin() + axis);
  result.insert(result.end(), indices.begin(), indices.end());
  result.insert(result.end(), shape.begin() + axis + 1, shape.end());
  return result;
}

Shape topKShape(const StepView &s) {
  Shape shape = s.shape(0);
  int64_t axis = axisOf(s);
  s.flag("largest");
  shape[axis] = s.integer("k", 0, shape[axis]);
  return shape;
}

Shape gatherElementsShape(const StepView &s) {
  checkElementIndices(s);
  return s.shape(1);
}

Shape gatherNdShape(const StepView &s) {
  const Shape x = s.shape(0), indices = s.shape(1);
  const int64_t batch = s.integer("batch_dimensions", 0, s.rank(0));
  const bool fits = batch < int64_t(indices.size()) &&
                    batch + indices.back() <= int64_t(x.size()) &&
                    std::equal(x.begin(), x.begin() + batch, indices.begin());
  require(fits, "cannot index " + text(x) + " with " + text(indices));
  checkIndices(s, 1, severalExtents);
  Shape result(indices.begin(), indices.end() - 1);
  result.insert(result.end(), x.begin() + batch + indices.back(), x.end());
  return result;
}

Shape scatterElementsShape(const StepView &s) {
  checkReduction(s);
  checkElementIndices(s);
  s.expectShape(2, s.shape(1));
  expectType(s, 2);
  return s.shape(0);
}

Shape scatterNdShape(const StepView &s) {
  checkReduction(s);
  const Shape x = s.shape(0), indices = s.shape(1);
  require(!indices.empty() && indices.back() <= int64_t(x.size()),
          "cannot index " + text(x) + " with " + text(indices));
  checkIndices(s, 1, severalExtents);
  Shape updates(indices.begin(), indices.end() - 1);
  updates.insert(updates.end(), x.begin() + indices.back(), x.end());
  s.expectShape(2, updates);
  expectType(s, 2);
  return x;
}

Shape resampleShape(const StepView &s) {
  Shape shape = s.shape(0);
  int64_t axis = axisOf(s);
  s.expectRank(1, 2, 2);
  s.expectShape(2, s.shape(1));
  expectType(s, 2);
  checkIndices(s, 1, shape[axis]);
  shape[axis] = s.shape(1)[0];
  return shape;
}

Shape cumulateShape(const StepView &s) {
  s.word("kind", {"sum", "prod"});
  s.flag("exclusive");
  s.flag("reverse");
  axisOf(s);
  return s.shape(0);
}

} // namespace cim::rules
