//===- Tensor.cpp - A dense array with an element type --------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/tensor/Tensor.h"

#include <algorithm>
#include <cstring>

using namespace cim;

size_t cim::byteWidth(ElementType type) {
  switch (type) {
  case plan::F64:
  case plan::I64:
  case plan::U64:
    return 8;
  case plan::F32:
  case plan::I32:
  case plan::U32:
    return 4;
  case plan::I16:
  case plan::U16:
    return 2;
  default:
    return 1;
  }
}

int64_t cim::elementCount(std::span<const int64_t> shape) {
  // Files may hold a tensor without elements whose other dimensions have no
  // product.
  if (std::ranges::find(shape, 0) != shape.end())
    return 0;
  int64_t count = 1;
  for (int64_t dimension : shape)
    if (__builtin_mul_overflow(count, dimension, &count))
      return INT64_MAX;
  return count;
}

Tensor cim::makeTensor(std::vector<int64_t> shape,
                       std::span<const float> values) {
  std::shared_ptr<std::byte[]> bytes(new std::byte[values.size_bytes()]);
  if (!values.empty()) // memcpy takes no null pointer, however few bytes
    std::memcpy(bytes.get(), values.data(), values.size_bytes());
  return {plan::F32, std::move(shape), {bytes, bytes.get()}};
}
