//===- Diagnostics.h - MLIR's diagnostics as errors for users ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_COMPILER_DIAGNOSTICS_H
#define CIM_COMPILER_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"

#include <functional>
#include <string>

namespace cim {

/// While it lives, collects what MLIR reports about one file: warnings and
/// remarks are passed on, the first error is kept, as one line
/// `'FILE': node 'NAME': what is wrong` or `'FILE' line L: what is wrong`.
class Diagnostics {
public:
  Diagnostics(mlir::MLIRContext &context, std::string file,
              std::function<void(const std::string &)> warn);

  /// Throws InputError with the first error.
  [[noreturn]] void throwError() const;

private:
  void take(mlir::Diagnostic &diagnostic);

  std::string file;
  std::function<void(const std::string &)> warn;
  std::string firstError;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace cim

#endif // CIM_COMPILER_DIAGNOSTICS_H
