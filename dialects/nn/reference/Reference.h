//===- Reference.h - What every nn operation computes -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The meaning of the nn dialect in plain C++, written to be read, in double
// precision. It stands beside the dialect and needs neither MLIR nor protobuf,
// so that the same definition folds constants at compile time and is the oracle
// of every kernel at run time.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_NN_REFERENCE_REFERENCE_H
#define CIM_DIALECTS_NN_REFERENCE_REFERENCE_H

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cim::reference {

/// What a tensor's numbers are. Floating-point types of every width compute in
/// double; integers and booleans in int64_t, unsigned integers in uint64_t,
/// wrapped to their width when stored.
enum class Kind { floating, integer, unsignedInteger, boolean };

struct Tensor {
  Kind kind = Kind::floating;
  std::vector<int64_t> shape;
  /// Row-major; `numbers` for floating, `integers` for all others, those of
  /// unsigned integers as the int64_t of the same bits.
  std::vector<double> numbers;
  std::vector<int64_t> integers;
};

using Attribute = std::variant<int64_t, double, std::string,
                               std::vector<int64_t>, std::vector<double>>;
using Attributes = std::map<std::string, Attribute, std::less<>>;

/// Computes the nn operation \p mnemonic ("conv", "relu", ...) with the
/// operands and attributes that dialects/nn defines. \p results has the right
/// number of tensors with kind and shape set; their values are filled in.
/// Returns false when there is no operation of that name. Operands, attributes
/// and result shapes fit each other, as the verifiers of the dialect demand;
/// throws std::domain_error where the *values* of operands make no sense (an
/// index of gather out of range, another number of elements of range).
bool evaluate(std::string_view mnemonic, const Attributes &attributes,
              std::span<const Tensor *const> operands,
              std::span<Tensor> results);

} // namespace cim::reference

#endif // CIM_DIALECTS_NN_REFERENCE_REFERENCE_H
