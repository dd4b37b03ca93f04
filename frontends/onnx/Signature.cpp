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

Tensor cim::readOnnxTensor(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  onnx::TensorProto stored;
  google::protobuf::LogSilencer silence;
  if (!file || !stored.ParseFromIstream(&file))
    throw InputError(path + ": is no tensor in ONNX's format (TensorProto)");
  return importer::TensorReader(path).read(stored, "the tensor");
}
