//===- OneNode.h - Networks of one node -------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_FRONTENDS_ONNX_ONENODE_H
#define CIM_TESTS_FRONTENDS_ONNX_ONENODE_H

#include "tests/frontends/onnx/ModelBuilder.h"

#include <functional>
#include <numeric>

namespace cim::test {

/// One node whose operands are all constant, built piece by piece: importing
/// computes its result.
struct OneNode {
  OneNode(const std::string &type, int64_t opset) : model(opset), type(type) {}

  OneNode &numbers(const Shape &shape, const std::vector<float> &values) {
    model.numbers(nextName(), shape, values);
    return *this;
  }
  /// 0, 1, 2, …
  OneNode &counted(const Shape &shape) {
    int64_t count = std::accumulate(shape.begin(), shape.end(), int64_t(1),
                                    std::multiplies<>());
    std::vector<float> values(count);
    std::iota(values.begin(), values.end(), 0.f);
    return numbers(shape, values);
  }
  OneNode &integers(const Shape &shape, const std::vector<int64_t> &values) {
    model.integers(nextName(), shape, values);
    return *this;
  }
  OneNode &list(const std::vector<int64_t> &values) {
    return integers({static_cast<int64_t>(values.size())}, values);
  }
  OneNode &leaveOut() {
    names.push_back("");
    return *this;
  }
  template <typename Function> OneNode &with(Function setAttributes) {
    attributes = setAttributes;
    return *this;
  }

  ModelBuilder build() {
    ModelBuilder built = model;
    Attributes added = built.node(type, names, {"y"}, "n");
    if (attributes)
      attributes(added);
    built.output("y");
    return built;
  }
  Tensor result() { return importModel(build()).constants().at(0); }
  std::vector<double> values() { return elements(result()); }
  Shape shape() { return result().shape; }
  std::string error() { return importError(build()); }

private:
  std::string nextName() {
    names.push_back("x" + std::to_string(names.size()));
    return names.back();
  }
  ModelBuilder model;
  std::string type;
  Names names;
  std::function<void(Attributes &)> attributes;
};

} // namespace cim::test

#endif // CIM_TESTS_FRONTENDS_ONNX_ONENODE_H
