//===- ComputeInFloat32.cpp - A model in one precision --------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/ComputeInFloat32.h"

#include "frontends/onnx/Quotation.h"

using namespace cim;
using namespace cim::importer;
using onnx::TensorProto;

static bool isOtherFloat(int32_t dataType) {
  return dataType == TensorProto::FLOAT16 ||
         dataType == TensorProto::BFLOAT16 || dataType == TensorProto::DOUBLE;
}

int32_t importer::resultType(const onnx::AttributeProto &attribute) {
  const std::string &name = attribute.name();
  if (name != "to" && name != "dtype" && name != "output_dtype")
    return TensorProto::UNDEFINED;
  if (!attribute.has_s())
    return static_cast<int32_t>(attribute.i());
  // Cast before opset 6 spells it.
  TensorProto::DataType type;
  return TensorProto::DataType_Parse(attribute.s(), &type)
             ? type
             : TensorProto::UNDEFINED;
}

/// Whether the attribute \p name names the element type in which a node
/// computes in between.
static bool isPrecision(const std::string &name) {
  return name == "precision" || name == "softmax_precision" ||
         name == "stash_type";
}

void importer::setNumbers(TensorProto &tensor, const Tensor &numbers) {
  const std::string name = tensor.name(), description = tensor.doc_string();
  tensor.Clear();
  tensor.set_name(name);
  if (!description.empty())
    tensor.set_doc_string(description);
  tensor.set_data_type(TensorProto::FLOAT);
  tensor.mutable_dims()->Add(numbers.shape.begin(), numbers.shape.end());
  tensor.set_raw_data(numbers.data.get(), numbers.bytes());
}

void importer::computeInFloat32(onnx::GraphProto &graph,
                                TensorReader &tensors) {
  auto convertTensor = [&](TensorProto &tensor, const std::string &what) {
    if (isOtherFloat(tensor.data_type()))
      setNumbers(tensor, tensors.read(tensor, what));
  };
  for (TensorProto &tensor : *graph.mutable_initializer())
    convertTensor(tensor, "initializer " + quotation(tensor.name()));
  for (onnx::NodeProto &node : *graph.mutable_node())
    for (onnx::AttributeProto &attribute : *node.mutable_attribute()) {
      if (attribute.has_t())
        convertTensor(*attribute.mutable_t(), described(node) + ": attribute " +
                                                  quotation(attribute.name()));
      const int32_t type = isPrecision(attribute.name())
                               ? static_cast<int32_t>(attribute.i())
                               : resultType(attribute);
      if (!isOtherFloat(type))
        continue;
      if (attribute.has_s())
        attribute.set_s("FLOAT");
      else
        attribute.set_i(TensorProto::FLOAT);
    }
  for (auto *values : {graph.mutable_input(), graph.mutable_output(),
                       graph.mutable_value_info()})
    for (onnx::ValueInfoProto &value : *values)
      if (value.type().has_tensor_type() &&
          isOtherFloat(value.type().tensor_type().elem_type()))
        value.mutable_type()->mutable_tensor_type()->set_elem_type(
            TensorProto::FLOAT);
}
