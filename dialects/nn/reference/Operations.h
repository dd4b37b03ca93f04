//===- Operations.h - The reference, operation by operation -----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Internal to the reference: one function per nn operation, which fills in the
// values of its result. Its meaning is documented at the operation in the
// dialect (NN*Ops.td).
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_NN_REFERENCE_OPERATIONS_H
#define CIM_DIALECTS_NN_REFERENCE_OPERATIONS_H

#include "dialects/nn/reference/Reference.h"

#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <type_traits>

namespace cim::reference {

/// The operands, attributes and result of one operation. An attribute that is
/// not there is the caller's bug.
struct Arguments {
  const Attributes &attributes;
  std::span<const Tensor *const> operands;
  Tensor &result;

  const Tensor &operator[](size_t i) const {
    assert(i < operands.size());
    return *operands[i];
  }
  template <typename T> const T &attribute(std::string_view name) const {
    auto found = attributes.find(name);
    assert(found != attributes.end() && "an attribute is missing");
    return std::get<T>(found->second);
  }
  int64_t integer(std::string_view name) const {
    return attribute<int64_t>(name);
  }
  double number(std::string_view name) const { return attribute<double>(name); }
  const std::string &text(std::string_view name) const {
    return attribute<std::string>(name);
  }
  const std::vector<int64_t> &integers(std::string_view name) const {
    return attribute<std::vector<int64_t>>(name);
  }
};

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

using Extents = std::vector<int64_t>;

/// Product of extents, 1 of none.
inline int64_t product(std::span<const int64_t> extents) {
  int64_t result = 1;
  for (int64_t extent : extents)
    result *= extent;
  return result;
}

/// How far apart neighbours along each dimension lie, row-major.
inline Extents stridesOf(std::span<const int64_t> shape) {
  Extents strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;)
    strides[i - 1] = strides[i] * shape[i];
  return strides;
}

/// The strides with which to read a tensor of \p shape as if it had been
/// broadcast to \p target: 0 along dimensions that repeat.
inline Extents broadcastStrides(std::span<const int64_t> shape,
                                std::span<const int64_t> target) {
  Extents own = stridesOf(shape), strides(target.size(), 0);
  size_t missing = target.size() - shape.size();
  for (size_t i = 0; i < shape.size(); ++i)
    if (shape[i] != 1)
      strides[missing + i] = own[i];
  return strides;
}

/// Calls \p function(index, offsets) for every element of \p shape in row-major
/// order: its index, and for each of \p strides the offset they give it.
template <size_t N, typename Function>
void forEach(std::span<const int64_t> shape,
             const std::array<Extents, N> &strides, Function function) {
  int64_t count = product(shape);
  Extents position(shape.size(), 0);
  std::array<int64_t, N> offsets{};
  for (int64_t index = 0; index < count; ++index) {
    function(index, offsets);
    for (size_t d = shape.size(); d-- > 0;) {
      for (size_t n = 0; n < N; ++n)
        offsets[n] += strides[n][d];
      if (++position[d] < shape[d])
        break;
      for (size_t n = 0; n < N; ++n)
        offsets[n] -= strides[n][d] * shape[d];
      position[d] = 0;
    }
  }
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

/// Calls \p function with a zero of the type that numbers of \p kind compute
/// in: double, int64_t or uint64_t.
template <typename Function> auto withType(Kind kind, Function function) {
  switch (kind) {
  case Kind::floating:
    return function(double());
  case Kind::unsignedInteger:
    return function(uint64_t());
  default: // integer, boolean
    return function(int64_t());
  }
}

/// The elements of \p tensor as T, one of those types. C++ lets an integer be
/// read as the unsigned one of the same width, and the other way round.
template <typename T> std::span<const T> elements(const Tensor &tensor) {
  if constexpr (std::is_same_v<T, double>)
    return tensor.numbers;
  else
    return {reinterpret_cast<const T *>(tensor.integers.data()),
            tensor.integers.size()};
}

/// The same to be filled in, after making room for them.
template <typename T> std::span<T> makeRoom(Tensor &tensor) {
  const int64_t count = product(tensor.shape);
  if constexpr (std::is_same_v<T, double>) {
    tensor.numbers.resize(count);
    return tensor.numbers;
  } else {
    tensor.integers.resize(count);
    return {reinterpret_cast<T *>(tensor.integers.data()),
            tensor.integers.size()};
  }
}

/// Calls \p function with the elements of \p x and \p y, which are of one kind,
/// after making room for those of y.
template <typename Function>
void withElements(const Tensor &x, Tensor &y, Function function) {
  assert((x.kind == Kind::floating) == (y.kind == Kind::floating));
  withType(x.kind, [&](auto zero) {
    using T = decltype(zero);
    std::span<const T> from = elements<T>(x);
    std::span<T> to = makeRoom<T>(y);
    function(from, to);
  });
}

/// \p value as T, cut off where that is an integer; what no integer can hold
/// becomes the nearest, NaN zero.
template <typename T> T saturated(double value) {
  if constexpr (std::is_same_v<T, double>) {
    return value;
  } else {
    constexpr T lowest = std::numeric_limits<T>::min();
    constexpr T highest = std::numeric_limits<T>::max();
    if (std::isnan(value))
      return 0;
    if (value >= static_cast<double>(highest)) // one more, as a double
      return highest;
    return value <= static_cast<double>(lowest) ? lowest
                                                : static_cast<T>(value);
  }
}

/// Integers wrap, which in C++ only unsigned ones do.
inline double wrappingAdd(double a, double b) { return a + b; }
inline uint64_t wrappingAdd(uint64_t a, uint64_t b) { return a + b; }
inline int64_t wrappingAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) +
                              static_cast<uint64_t>(b));
}
inline double wrappingMultiply(double a, double b) { return a * b; }
inline uint64_t wrappingMultiply(uint64_t a, uint64_t b) { return a * b; }
inline int64_t wrappingMultiply(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) *
                              static_cast<uint64_t>(b));
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

// Elementwise.cpp
void relu(const Arguments &);
void leakyRelu(const Arguments &);
void clip(const Arguments &);
void sigmoid(const Arguments &);
void tanh(const Arguments &);
void exp(const Arguments &);
void log(const Arguments &);
void sqrt(const Arguments &);
void abs(const Arguments &);
void neg(const Arguments &);
void floor(const Arguments &);
void ceil(const Arguments &);
void erf(const Arguments &);
void sin(const Arguments &);
void cos(const Arguments &);
void tan(const Arguments &);
void asin(const Arguments &);
void acos(const Arguments &);
void atan(const Arguments &);
void sinh(const Arguments &);
void cosh(const Arguments &);
void asinh(const Arguments &);
void acosh(const Arguments &);
void atanh(const Arguments &);
void round(const Arguments &);
void reciprocal(const Arguments &);
void logicalNot(const Arguments &);
void add(const Arguments &);
void sub(const Arguments &);
void mul(const Arguments &);
void div(const Arguments &);
void pow(const Arguments &);
void min(const Arguments &);
void max(const Arguments &);
void mod(const Arguments &);
void equal(const Arguments &);
void less(const Arguments &);
void greater(const Arguments &);
void logicalAnd(const Arguments &);
void logicalOr(const Arguments &);
void where(const Arguments &);
void cast(const Arguments &);

// Convolution.cpp
void conv(const Arguments &);

// LinearAlgebra.cpp
void gemm(const Arguments &);
void matmul(const Arguments &);

// Normalisation.cpp
void batchNorm(const Arguments &);
void lrn(const Arguments &);
void softmax(const Arguments &);

// Indexing.cpp
void topK(const Arguments &);
void gatherElements(const Arguments &);
void gatherNd(const Arguments &);
void scatterElements(const Arguments &);
void scatterNd(const Arguments &);
void resample(const Arguments &);
void cumulate(const Arguments &);

// Pooling.cpp
void maxPool(const Arguments &);
void maxPoolIndices(const Arguments &);
void sumPool(const Arguments &);
void averagePool(const Arguments &);
void globalAveragePool(const Arguments &);

// Reduction.cpp
void reduce(const Arguments &);

// DataMovement.cpp
void reshape(const Arguments &);
void expand(const Arguments &);
void transpose(const Arguments &);
void concat(const Arguments &);
void slice(const Arguments &);
void pad(const Arguments &);
void gather(const Arguments &);
void range(const Arguments &);

} // namespace cim::reference

#endif // CIM_DIALECTS_NN_REFERENCE_OPERATIONS_H
