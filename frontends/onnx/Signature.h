//===- Signature.h - What an ONNX network takes and gives -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_FRONTENDS_ONNX_SIGNATURE_H
#define CIM_FRONTENDS_ONNX_SIGNATURE_H

#include "runtime/tensor/Tensor.h"

#include <string>
#include <vector>

namespace cim {

/// The names of a network's inputs, those with a default value left out, and of
/// its outputs, in the file's order.
struct Signature {
  std::vector<std::string> inputs, outputs;
};

/// Throws InputError.
Signature signatureOfOnnx(const std::string &path);

/// The precision that a file stores floating-point numbers in.
enum class StoredPrecision { other, float16, bfloat16 };

struct OnnxTensor {
  Tensor tensor;
  StoredPrecision precision;
};

/// The tensor in \p path, a file that holds one TensorProto, as the importer
/// reads constants: f16, bf16 and f64 become f32. Throws InputError.
OnnxTensor readOnnxTensor(const std::string &path);

/// \p tensor, its floating-point numbers as they are read back when they are
/// stored in \p precision.
Tensor roundedTo(StoredPrecision precision, const Tensor &tensor);

} // namespace cim

#endif // CIM_FRONTENDS_ONNX_SIGNATURE_H
