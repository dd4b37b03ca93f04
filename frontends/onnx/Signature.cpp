//===- Signature.cpp - What an ONNX network takes and gives ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Signature.h"

#include "frontends/onnx/Model.h"
#include "frontends/onnx/TensorData.h"
#include "runtime/tensor/Errors.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

using namespace cim;

Signature cim::signatureOfOnnx(const std::string &path) {
  onnx::ModelProto model = importer::readModel(path);
  std::set<std::string> initializers;
  for (const onnx::TensorProto &initializer : model.graph().initializer())
    initializers.insert(initializer.name());
  Signature signature;
  for (const onnx::ValueInfoProto &input : model.graph().input())
    if (!initializers.contains(input.name()))
      signature.inputs.push_back(input.name());
  for (const onnx::ValueInfoProto &output : model.graph().output())
    signature.outputs.push_back(output.name());
  return signature;
}

OnnxTensor cim::readOnnxTensor(const std::string &path) {
  std::error_code ignored; // only what is no regular file can block
  if (!std::filesystem::is_regular_file(path, ignored))
    throw InputError(path + ": is not a regular file");
  std::ifstream file(path, std::ios::binary);
  onnx::TensorProto stored;
  google::protobuf::LogSilencer silence;
  if (!file || !stored.ParseFromIstream(&file))
    throw InputError(path + ": is no tensor in ONNX's format (TensorProto)");
  auto precision = StoredPrecision::other;
  if (stored.data_type() == onnx::TensorProto::FLOAT16)
    precision = StoredPrecision::float16;
  else if (stored.data_type() == onnx::TensorProto::BFLOAT16)
    precision = StoredPrecision::bfloat16;
  return {importer::TensorReader(path).read(stored, "the tensor"), precision};
}

Tensor cim::roundedTo(StoredPrecision precision, const Tensor &tensor) {
  if (precision == StoredPrecision::other || tensor.type != plan::F32)
    return tensor;
  const int32_t type = precision == StoredPrecision::float16
                           ? onnx::TensorProto::FLOAT16
                           : onnx::TensorProto::BFLOAT16;
  std::vector<float> numbers(tensor.elements());
  std::transform(tensor.as<float>().begin(), tensor.as<float>().end(),
                 numbers.begin(),
                 [&](float number) { return importer::rounded(number, type); });
  return makeTensor(tensor.shape, numbers);
}
