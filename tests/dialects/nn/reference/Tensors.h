//===- Tensors.h - Tensors as literals --------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_DIALECTS_NN_REFERENCE_TENSORS_H
#define CIM_TESTS_DIALECTS_NN_REFERENCE_TENSORS_H

#include "dialects/nn/reference/Reference.h"

namespace cim::reference {

using Ints = std::vector<int64_t>;

inline Tensor F(Ints shape, std::vector<double> numbers) {
  return {Kind::floating, std::move(shape), std::move(numbers), {}};
}
inline Tensor I(Ints shape, Ints integers) {
  return {Kind::integer, std::move(shape), {}, std::move(integers)};
}
/// Of unsigned integers, each given as the int64_t of the same bits.
inline Tensor U(Ints shape, Ints integers) {
  return {Kind::unsignedInteger, std::move(shape), {}, std::move(integers)};
}
inline Tensor B(Ints shape, Ints integers) {
  return {Kind::boolean, std::move(shape), {}, std::move(integers)};
}

/// Evaluates with a result of the kind and shape of \p expected.
inline Tensor evaluate(std::string_view mnemonic, const Attributes &attributes,
                       const std::vector<Tensor> &operands,
                       const Tensor &expected) {
  std::vector<const Tensor *> pointers;
  for (const Tensor &operand : operands)
    pointers.push_back(&operand);
  Tensor result{expected.kind, expected.shape, {}, {}};
  if (!evaluate(mnemonic, attributes, pointers, std::span(&result, 1)))
    result.shape = {-1};
  return result;
}

} // namespace cim::reference

#endif // CIM_TESTS_DIALECTS_NN_REFERENCE_TENSORS_H
