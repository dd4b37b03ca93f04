//===- StepView.h - A step as the rule of its operation sees it -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Internal to StepRules: one function per family of operations says which shape
// the result must have, and throws InputError where operands or attributes do
// not fit. Dimensions are at most 2^31 and attributes are checked to be at most
// 2^31 before anything is multiplied, so that 64 bits suffice everywhere.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PLAN_STEPVIEW_H
#define CIM_RUNTIME_PLAN_STEPVIEW_H

#include "runtime/plan/plan.pb.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Tensor.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace cim::rules {

using Shape = std::vector<int64_t>;

constexpr int64_t largestNumber = int64_t(1) << 31;

inline std::string text(const Shape &shape) {
  std::string result = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    result += (i ? ", " : "") + std::to_string(shape[i]);
  return result + "]";
}

inline void require(bool condition, const std::string &what) {
  if (!condition)
    throw InputError(what);
}

/// A step as its rule sees it.
struct StepView {
  const plan::Plan &plan;
  const TensorMap &tensors;
  const plan::Step &step;

  const plan::Value &operand(int i) const {
    return plan.values(step.inputs(i));
  }
  Shape shape(int i) const {
    return {operand(i).shape().begin(), operand(i).shape().end()};
  }
  int64_t rank(int i) const { return operand(i).shape_size(); }
  const plan::Value &result() const { return plan.values(step.outputs(0)); }
  Shape declaredShape() const {
    return {result().shape().begin(), result().shape().end()};
  }

  const plan::Attribute &attribute(const char *name,
                                   plan::Attribute::KindCase kind,
                                   const char *kindName) const {
    auto found = step.attributes().find(name);
    require(found != step.attributes().end() &&
                found->second.kind_case() == kind,
            std::string("needs the attribute '") + name + "', " + kindName);
    return found->second;
  }
  int64_t integer(const char *name, int64_t lowest, int64_t highest) const {
    int64_t value =
        attribute(name, plan::Attribute::kInteger, "an integer").integer();
    require(lowest <= value && value <= highest,
            std::string("has ") + name + " " + std::to_string(value) +
                ", expected " + std::to_string(lowest) + " to " +
                std::to_string(highest));
    return value;
  }
  bool flag(const char *name) const { return integer(name, 0, 1); }
  double number(const char *name) const {
    double value =
        attribute(name, plan::Attribute::kNumber, "a number").number();
    require(!std::isnan(value), std::string("has ") + name + " nan");
    return value;
  }
  const std::string &word(const char *name,
                          std::initializer_list<std::string_view> known) const {
    const std::string &value =
        attribute(name, plan::Attribute::kText, "a text").text();
    require(std::ranges::find(known, value) != known.end(),
            std::string("has the unknown ") + name + " '" + value + "'");
    return value;
  }
  Shape integers(const char *name, int64_t lowest) const {
    const auto &values =
        attribute(name, plan::Attribute::kIntegers, "integers").integers();
    for (int64_t value : values.values())
      require(lowest <= value && value <= largestNumber,
              std::string("has ") + std::to_string(value) + " in " + name);
    return {values.values().begin(), values.values().end()};
  }
  Shape integers(const char *name, int64_t lowest, size_t count) const {
    Shape values = integers(name, lowest);
    require(values.size() == count,
            std::string("expects ") + std::to_string(count) + " " + name +
                ", got " + std::to_string(values.size()));
    return values;
  }

  void expectRank(int i, int64_t least, int64_t most) const {
    require(least <= rank(i) && rank(i) <= most,
            "cannot take an operand " + std::to_string(i) + " of shape " +
                text(shape(i)));
  }
  void expectShape(int i, const Shape &expected) const {
    require(shape(i) == expected, "expects an operand " + std::to_string(i) +
                                      " of shape " + text(expected) + ", got " +
                                      text(shape(i)));
  }
  void expectNotEmpty(int i) const {
    require(elementCount(shape(i)) > 0,
            "cannot take an operand without elements");
  }
};

// IndexRules.cpp: operations with indices.
Shape gatherShape(const StepView &s);
Shape topKShape(const StepView &s);
Shape gatherElementsShape(const StepView &s);
Shape gatherNdShape(const StepView &s);
Shape scatterElementsShape(const StepView &s);
Shape scatterNdShape(const StepView &s);
Shape resampleShape(const StepView &s);
Shape cumulateShape(const StepView &s);

} // namespace cim::rules

#endif // CIM_RUNTIME_PLAN_STEPVIEW_H
