//===- NN.h - The nn dialect ------------------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The network as imported: device-agnostic tensor operations with the meaning
// of ONNX (NNOps.td).
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_NN_NN_H
#define CIM_DIALECTS_NN_NN_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <limits>
#include <string>

namespace cim::nn {

/// The result of \p operation, computed by the reference, or null when an
/// operand is not constant, the arrays are too large to be worth it, or the
/// values of the operands make no sense (an index out of range); \p whyNot then
/// receives what is wrong with them.
mlir::OpFoldResult foldByReference(mlir::Operation *operation,
                                   llvm::ArrayRef<mlir::Attribute> operands,
                                   std::string *whyNot = nullptr);

/// How many elements folding \p operation reads, and how many terms it sums: a
/// measure of its cost in time and memory.
double foldingSteps(mlir::Operation *operation);

/// The trait of operations that fold by the reference, after their own folder.
template <typename ConcreteType>
class FoldsByReference
    : public mlir::OpTrait::TraitBase<ConcreteType, FoldsByReference> {
public:
  static mlir::OpFoldResult
  foldTrait(mlir::Operation *operation,
            llvm::ArrayRef<mlir::Attribute> operands) {
    return foldByReference(operation, operands);
  }
};

/// Number of elements of a tensor of \p shape, or nothing when it exceeds the
/// 2^40 that an nn tensor may have or a dimension is negative.
std::optional<int64_t> elementCount(llvm::ArrayRef<int64_t> shape);

/// Creates the nn operation \p mnemonic ("conv", ...) with \p attributes as
/// docs/architecture.md lists them. The result type follows from operands and
/// attributes; \p resultType gives it to the operations that need it (reshape,
/// expand, cast, range). Where operands and attributes do not fit, the error
/// stands at \p location and nothing is created; so this is how to build from
/// what a user wrote, whereas `ConvOp::create` asserts.
mlir::FailureOr<mlir::Value>
createOperation(mlir::OpBuilder &builder, mlir::Location location,
                llvm::StringRef mnemonic, mlir::ValueRange operands,
                llvm::ArrayRef<mlir::NamedAttribute> attributes,
                mlir::Type resultType = {});

} // namespace cim::nn

#include "dialects/nn/NNDialect.h.inc"
#include "dialects/nn/NNInterfaces.h.inc"

#define GET_OP_CLASSES
#include "dialects/nn/NNOps.h.inc"

#endif // CIM_DIALECTS_NN_NN_H
