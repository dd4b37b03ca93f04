//===- Errors.h - What a user did wrong -------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TENSOR_ERRORS_H
#define CIM_RUNTIME_TENSOR_ERRORS_H

#include <stdexcept>

namespace cim {

/// An input cannot be used: which file, node, layer or option, what is wrong,
/// and what to do about it, in one line. `cim` exits with status 1.
struct InputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The command line is wrong. `cim` exits with status 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

} // namespace cim

#endif // CIM_RUNTIME_TENSOR_ERRORS_H
