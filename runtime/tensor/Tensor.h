//===- Tensor.h - A dense array with an element type ------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TENSOR_TENSOR_H
#define CIM_RUNTIME_TENSOR_TENSOR_H

#include "runtime/plan/plan.pb.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cim {

using plan::ElementType;

/// Bytes of one element.
size_t byteWidth(ElementType type);

/// Product of a shape's dimensions; 1 for a scalar, INT64_MAX where 64 bits do
/// not hold it.
int64_t elementCount(std::span<const int64_t> shape);

/// A dense, row-major, immutable array. Copies share the bytes, which may
/// belong to a mapped file or to the compiler: `owner` keeps them alive.
struct Tensor {
  ElementType type = ElementType::F32;
  std::vector<int64_t> shape;
  std::shared_ptr<const std::byte> data;

  int64_t elements() const { return elementCount(shape); }
  size_t bytes() const { return elements() * byteWidth(type); }
  /// The elements; \p T must be the C++ type of `type`.
  template <typename T> std::span<const T> as() const {
    return {reinterpret_cast<const T *>(data.get()),
            static_cast<size_t>(elements())};
  }
};

/// A new tensor with a copy of \p values.
Tensor makeTensor(std::vector<int64_t> shape, std::span<const float> values);

/// The tensors of a plan, by name.
using TensorMap = std::map<std::string, Tensor>;

} // namespace cim

#endif // CIM_RUNTIME_TENSOR_TENSOR_H
