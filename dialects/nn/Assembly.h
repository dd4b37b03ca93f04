//===- Assembly.h - Text that dialects share --------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_NN_ASSEMBLY_H
#define CIM_DIALECTS_NN_ASSEMBLY_H

#include "mlir/IR/OpImplementation.h"

namespace cim::nn {

/// A value that carries its type, which is the result's.
mlir::ParseResult parseTypedElements(mlir::OpAsmParser &parser,
                                     mlir::ElementsAttr &value,
                                     mlir::Type &type);
void printTypedElements(mlir::OpAsmPrinter &printer, mlir::Operation *,
                        mlir::ElementsAttr value, mlir::Type);

/// Parses the end of an operation with a window, `attributes : function-type`,
/// resolves \p operands, which began at \p location, and completes the strides,
/// pads and dilations that were left out: their defaults depend on the number
/// of spatial dimensions, which is known when the type is.
mlir::ParseResult
parseWindowedEnd(mlir::OpAsmParser &parser, mlir::OperationState &state,
                 llvm::ArrayRef<mlir::OpAsmParser::UnresolvedOperand> operands,
                 llvm::SMLoc location);

} // namespace cim::nn

#endif // CIM_DIALECTS_NN_ASSEMBLY_H
