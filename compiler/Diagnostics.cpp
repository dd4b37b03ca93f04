//===- Diagnostics.cpp - MLIR's diagnostics as errors for users -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Diagnostics.h"

#include "runtime/tensor/Errors.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"

#include <algorithm>

using namespace cim;

/// Where a user finds it: the node or, in a text, the line.
static std::string placeOf(mlir::Location location) {
  if (auto name = location->findInstanceOf<mlir::NameLoc>())
    return ": node '" + name.getName().str() + "'";
  if (auto line = location->findInstanceOf<mlir::FileLineColLoc>())
    return " line " + std::to_string(line.getLine());
  return "";
}

Diagnostics::Diagnostics(mlir::MLIRContext &context, std::string file,
                         std::function<void(const std::string &)> warn)
    : file(std::move(file)), warn(std::move(warn)),
      handler(&context, [this](mlir::Diagnostic &d) { take(d); }) {}

void Diagnostics::take(mlir::Diagnostic &diagnostic) {
  std::string message = "'" + file + "'" + placeOf(diagnostic.getLocation()) +
                        ": " + diagnostic.str();
  for (mlir::Diagnostic &note : diagnostic.getNotes())
    message += "; " + note.str();
  std::ranges::replace(message, '\n', ' ');
  if (diagnostic.getSeverity() != mlir::DiagnosticSeverity::Error) {
    if (warn)
      warn(message);
  } else if (firstError.empty()) {
    firstError = message;
  }
}

void Diagnostics::throwError() const {
  throw InputError(firstError.empty()
                       ? "'" + file +
                             "' cannot be compiled, and the pass that refused "
                             "it did not say why; please report this"
                       : firstError);
}
