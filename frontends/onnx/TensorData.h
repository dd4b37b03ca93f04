//===- TensorData.h - Tensors stored in or beside an ONNX file --*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_FRONTENDS_ONNX_TENSORDATA_H
#define CIM_FRONTENDS_ONNX_TENSORDATA_H

#include "runtime/tensor/Files.h"
#include "runtime/tensor/Tensor.h"

#include <map>
#include <optional>
#include <span>
#include <string>

namespace onnx {
class GraphProto;
class TensorProto;
} // namespace onnx

namespace cim::importer {

/// Dimensions that a tensor may have; nothing real comes near.
constexpr int64_t largestRank = 64;

/// The element type that tensors of the ONNX type \p dataType
/// (TensorProto::DataType) get: integers and booleans their own, every
/// floating-point type f32, in which networks are computed, those of fewer than
/// 8 bits and the 8-bit floats what holds them (NarrowType.h). Nothing for
/// types that are not supported.
std::optional<ElementType> elementTypeOf(int32_t dataType);

/// "float16", "string", ...: what \p dataType is called.
std::string typeName(int32_t dataType);

/// What is read back when \p number is stored as float16 or bfloat16: the
/// nearest, of two the even one. As it is for every other \p dataType.
float rounded(float number, int32_t dataType);

/// Throws std::length_error unless \p shape is one a tensor can have: no
/// negative dimension, at most `largestRank` of them and 2^40 elements.
void checkShape(std::span<const int64_t> shape);

/// Reads the tensors of one model.
class TensorReader {
public:
  /// \p modelPath is the file that external data stand beside.
  explicit TensorReader(std::string modelPath)
      : modelPath(std::move(modelPath)) {}

  /// The elements of \p tensor. The bytes of float32 and integers are moved out
  /// of it or, when they stand in another file, mapped; nothing is held twice.
  /// Throws InputError, \p what ("initializer 'w'") being its subject.
  Tensor read(onnx::TensorProto &tensor, const std::string &what);
  /// Moves the bytes of \p tensor into it when they stand in another file.
  /// Throws InputError.
  void embed(onnx::TensorProto &tensor, const std::string &what);
  /// The same for all tensors of \p graph.
  void embed(onnx::GraphProto &graph);

private:
  std::shared_ptr<const std::byte>
  externalBytes(const onnx::TensorProto &tensor, size_t needed,
                size_t alignment, const std::string &what);
  const MappedFile &externalFile(const std::string &location,
                                 const std::string &what);

  std::string modelPath;
  std::map<std::string, MappedFile> files;
};

} // namespace cim::importer

#endif // CIM_FRONTENDS_ONNX_TENSORDATA_H
