//===- ModelBuilder.cpp - Tiny ONNX models for tests ----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/frontends/onnx/ModelBuilder.h"

#include "dialects/nn/Constants.h"
#include "runtime/tensor/Errors.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/raw_ostream.h"

namespace cim::test {

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

onnx::AttributeProto &
Attributes::add(const std::string &name,
                onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto &attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

Attributes &Attributes::integer(const std::string &name, int64_t value) {
  add(name, onnx::AttributeProto::INT).set_i(value);
  return *this;
}

Attributes &Attributes::number(const std::string &name, float value) {
  add(name, onnx::AttributeProto::FLOAT).set_f(value);
  return *this;
}

Attributes &Attributes::text(const std::string &name,
                             const std::string &value) {
  add(name, onnx::AttributeProto::STRING).set_s(value);
  return *this;
}

Attributes &Attributes::integers(const std::string &name, const Shape &values) {
  onnx::AttributeProto &attribute = add(name, onnx::AttributeProto::INTS);
  attribute.mutable_ints()->Assign(values.begin(), values.end());
  return *this;
}

Attributes &Attributes::numbers(const std::string &name,
                                const std::vector<float> &values) {
  onnx::AttributeProto &attribute = add(name, onnx::AttributeProto::FLOATS);
  attribute.mutable_floats()->Assign(values.begin(), values.end());
  return *this;
}

onnx::TensorProto &Attributes::tensor(const std::string &name) {
  return *add(name, onnx::AttributeProto::TENSOR).mutable_t();
}

ModelBuilder::ModelBuilder(int64_t opset) {
  model.set_ir_version(8);
  model.add_opset_import()->set_version(opset);
  graph().set_name("test");
}

ModelBuilder &ModelBuilder::input(const std::string &name, const Shape &shape,
                                  int type) {
  onnx::ValueInfoProto &info = *graph().add_input();
  info.set_name(name);
  onnx::TypeProto::Tensor &tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape();
  for (int64_t extent : shape)
    if (extent == -1)
      tensor.mutable_shape()->add_dim()->set_dim_param("N");
    else
      tensor.mutable_shape()->add_dim()->set_dim_value(extent);
  return *this;
}

ModelBuilder &ModelBuilder::output(const std::string &name) {
  graph().add_output()->set_name(name);
  return *this;
}

ModelBuilder &ModelBuilder::numbers(const std::string &name, const Shape &shape,
                                    const std::vector<float> &values) {
  onnx::TensorProto &tensor = *graph().add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.mutable_dims()->Assign(shape.begin(), shape.end());
  tensor.mutable_float_data()->Assign(values.begin(), values.end());
  return *this;
}

ModelBuilder &ModelBuilder::integers(const std::string &name,
                                     const Shape &shape,
                                     const std::vector<int64_t> &values) {
  onnx::TensorProto &tensor = *graph().add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::INT64);
  tensor.mutable_dims()->Assign(shape.begin(), shape.end());
  tensor.mutable_int64_data()->Assign(values.begin(), values.end());
  return *this;
}

Attributes ModelBuilder::node(const std::string &type, const Names &inputs,
                              const Names &outputs, const std::string &name) {
  onnx::NodeProto &node = *graph().add_node();
  node.set_op_type(type);
  node.set_name(name);
  node.mutable_input()->Assign(inputs.begin(), inputs.end());
  node.mutable_output()->Assign(outputs.begin(), outputs.end());
  return Attributes(node);
}

//===----------------------------------------------------------------------===//
// Importing
//===----------------------------------------------------------------------===//

Imported importFile(const std::string &path, const ImportOptions &options) {
  auto context = std::make_unique<mlir::MLIRContext>(
      mlir::MLIRContext::Threading::DISABLED);
  mlir::OwningOpRef<mlir::ModuleOp> module =
      importOnnx(*context, path, options);
  return {std::move(context), std::move(module)};
}

Imported importModel(const ModelBuilder &model, const ImportOptions &options) {
  TemporaryFolder folder;
  return importFile(folder.write("model.onnx", model.bytes()), options);
}

std::string importError(const std::string &path) {
  try {
    importFile(path);
  } catch (const InputError &error) {
    return error.what();
  }
  return "";
}

std::string importError(const ModelBuilder &model) {
  TemporaryFolder folder;
  return importError(folder.write("model.onnx", model.bytes()));
}

static std::string print(mlir::ModuleOp module,
                         const mlir::OpPrintingFlags &flags) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream, flags);
  return text;
}

std::string Imported::text() const {
  return print(*module, mlir::OpPrintingFlags().elideLargeResourceString(0));
}

std::string Imported::textWithLocations() const {
  return print(*module, mlir::OpPrintingFlags()
                            .elideLargeResourceString(0)
                            .enableDebugInfo(true, /*prettyForm=*/true)
                            .useLocalScope());
}

static ElementType elementTypeOf(mlir::Type type) {
  bool isUnsigned = type.isUnsignedInteger();
  if (type.isF32())
    return plan::F32;
  if (type.isInteger(1))
    return plan::BOOL;
  switch (type.getIntOrFloatBitWidth()) {
  case 8:
    return isUnsigned ? plan::U8 : plan::I8;
  case 16:
    return isUnsigned ? plan::U16 : plan::I16;
  case 32:
    return isUnsigned ? plan::U32 : plan::I32;
  default:
    return isUnsigned ? plan::U64 : plan::I64;
  }
}

std::vector<Tensor> Imported::constants() const {
  auto function =
      mlir::cast<mlir::func::FuncOp>(module.get().lookupSymbol("main"));
  std::vector<Tensor> results;
  for (mlir::Value value : function.front().getTerminator()->getOperands()) {
    auto type = mlir::cast<mlir::RankedTensorType>(value.getType());
    Tensor &result = results.emplace_back();
    result.shape = type.getShape();
    result.type = elementTypeOf(type.getElementType());
    mlir::ElementsAttr constant;
    if (mlir::matchPattern(value, mlir::m_Constant(&constant))) {
      // Bytes of a resource belong to the context: keep them beyond it.
      std::shared_ptr<std::byte[]> copy(
          new std::byte[std::max<size_t>(result.bytes(), 1)]);
      std::memcpy(copy.get(), nn::bytesOf(constant).get(), result.bytes());
      result.data = {copy, copy.get()};
    }
  }
  return results;
}

template <typename T> static std::vector<double> convert(const Tensor &tensor) {
  auto values = tensor.as<T>();
  return {values.begin(), values.end()};
}

std::vector<double> elements(const Tensor &tensor) {
  switch (tensor.type) {
  case plan::F32:
    return convert<float>(tensor);
  case plan::F64:
    return convert<double>(tensor);
  case plan::I8:
    return convert<int8_t>(tensor);
  case plan::I16:
    return convert<int16_t>(tensor);
  case plan::I32:
    return convert<int32_t>(tensor);
  case plan::I64:
    return convert<int64_t>(tensor);
  case plan::U16:
    return convert<uint16_t>(tensor);
  case plan::U32:
    return convert<uint32_t>(tensor);
  case plan::U64:
    return convert<uint64_t>(tensor);
  default:
    return convert<uint8_t>(tensor);
  }
}

} // namespace cim::test
