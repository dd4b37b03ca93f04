//===- InsertErrors.h - Errors into selected layers -------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What all passes share that insert errors: insert-quantize, insert-noise,
// insert-device and the others that are named insert-*.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_REQUESTS_INSERTERRORS_H
#define CIM_PASSES_REQUESTS_INSERTERRORS_H

#include "dialects/cim/Cim.h"
#include "dialects/cim/grammar/ErrorOptions.h"

#include <functional>

namespace cim {

/// Creates an error of a layer's weights and returns its result.
using ErrorCreator = std::function<mlir::Value(
    mlir::OpBuilder &builder, mlir::Location location, mlir::Value weights)>;

/// An option of a pass, as it is given.
struct PassOption {
  llvm::StringRef name, value;
};

/// Inserts an error of \p kind, made by what \p parse returns, into every layer
/// of \p module that \p pattern selects. Reports an error at the module when
/// \p parse or the pattern throws GrammarError, and at the layer when it has
/// such an error already that \p replace does not allow to go; then no layer is
/// changed.
mlir::LogicalResult insertErrors(mlir::ModuleOp module,
                                 crossbar::WeightErrorKind kind,
                                 PassOption option, llvm::StringRef pattern,
                                 bool replace,
                                 llvm::function_ref<ErrorCreator()> parse);

/// The grammar's unit as an attribute.
crossbar::ErrorUnitAttr unitAttr(mlir::Builder &builder, Unit unit);

/// Factors of the size per level; null when there are none.
mlir::DenseF64ArrayAttr levelFactorsAttr(mlir::Builder &builder,
                                         llvm::ArrayRef<double> factors);

} // namespace cim

#endif // CIM_PASSES_REQUESTS_INSERTERRORS_H
