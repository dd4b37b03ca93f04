//===- Model.h - An ONNX file in memory -------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_FRONTENDS_ONNX_MODEL_H
#define CIM_FRONTENDS_ONNX_MODEL_H

#include "frontends/onnx/onnx.pb.h"

#include <cstdint>
#include <functional>
#include <string>

namespace cim::importer {

/// The newest opset whose operators were compared with their import rules.
constexpr int64_t newestOpset = 28;

/// Reads \p path into memory, weights included. Throws InputError when it is no
/// regular file, empty, too large for a protobuf message, damaged, or something
/// other than an ONNX model.
onnx::ModelProto readModel(const std::string &path);

/// The version of the standard operator set that \p model imports. Throws
/// InputError when it names none or an impossible one.
int64_t standardOpset(const onnx::ModelProto &model, const std::string &path);

} // namespace cim::importer

#endif // CIM_FRONTENDS_ONNX_MODEL_H
