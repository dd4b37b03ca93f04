//===- ModelBuilder.h - Tiny ONNX models for tests --------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_FRONTENDS_ONNX_MODELBUILDER_H
#define CIM_TESTS_FRONTENDS_ONNX_MODELBUILDER_H

#include "frontends/onnx/Import.h"
#include "frontends/onnx/onnx.pb.h"
#include "runtime/tensor/Tensor.h"
#include "tests/TemporaryFolder.h"

#include "mlir/IR/MLIRContext.h"

#include <string>
#include <vector>

namespace cim::test {

using Names = std::vector<std::string>;
using Shape = std::vector<int64_t>;

/// Adds an attribute to a node.
class Attributes {
public:
  explicit Attributes(onnx::NodeProto &node) : node(node) {}
  Attributes &integer(const std::string &name, int64_t value);
  Attributes &number(const std::string &name, float value);
  Attributes &text(const std::string &name, const std::string &value);
  Attributes &integers(const std::string &name, const Shape &values);
  Attributes &numbers(const std::string &name,
                      const std::vector<float> &values);
  onnx::TensorProto &tensor(const std::string &name);

private:
  onnx::AttributeProto &add(const std::string &name,
                            onnx::AttributeProto::AttributeType type);
  onnx::NodeProto &node;
};

struct ModelBuilder {
  explicit ModelBuilder(int64_t opset = 13);

  /// A graph input; a dimension of −1 is symbolic.
  ModelBuilder &input(const std::string &name, const Shape &shape,
                      int type = onnx::TensorProto::FLOAT);
  ModelBuilder &output(const std::string &name);
  ModelBuilder &numbers(const std::string &name, const Shape &shape,
                        const std::vector<float> &values);
  ModelBuilder &integers(const std::string &name, const Shape &shape,
                         const std::vector<int64_t> &values);
  Attributes node(const std::string &type, const Names &inputs,
                  const Names &outputs, const std::string &name = "");

  std::string bytes() const { return model.SerializeAsString(); }
  onnx::GraphProto &graph() { return *model.mutable_graph(); }

  onnx::ModelProto model;
};

/// A module with the context that it lives in.
struct Imported {
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;

  /// With locations after the operations, without resources.
  std::string text() const;
  std::string textWithLocations() const;
  /// The results of `main` that are constants; others are missing their data.
  std::vector<Tensor> constants() const;
};

Imported importFile(const std::string &path, const ImportOptions &options = {});
/// Writes the model into a temporary file and imports it.
Imported importModel(const ModelBuilder &model,
                     const ImportOptions &options = {});
/// The message of the error that importing ends with; empty when there is none.
std::string importError(const std::string &path);
std::string importError(const ModelBuilder &model);

/// The elements of a tensor of any type.
std::vector<double> elements(const Tensor &tensor);

} // namespace cim::test

#endif // CIM_TESTS_FRONTENDS_ONNX_MODELBUILDER_H
