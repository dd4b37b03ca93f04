//===- Cim.h - The cim dialect ----------------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Crossbar layers and memory errors as operations (CimOps.td). The dialect is
// called `cim`; its namespace is cim::crossbar, since all of the project is
// cim.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_CIM_H
#define CIM_DIALECTS_CIM_CIM_H

#include "dialects/nn/NN.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace cim::crossbar {

/// What can happen to weights on their way into the cells, in this order.
enum class WeightErrorKind {
  quantize,
  device,
  noise,
  verify,
  correlated,
  shift,
  readDisturb,
  faults
};

/// A number in double precision, as parameter of an attribute.
mlir::FailureOr<llvm::APFloat> parseNumber(mlir::AsmParser &parser);

/// "quantization", "device", "noise", ..., for messages.
llvm::StringRef describe(WeightErrorKind kind);

} // namespace cim::crossbar

#include "dialects/cim/CimDialect.h.inc"
#include "dialects/cim/CimEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/cim/CimAttributes.h.inc"

#include "dialects/cim/CimInterfaces.h.inc"

#define GET_OP_CLASSES
#include "dialects/cim/CimOps.h.inc"

namespace cim::crossbar {

/// The crossbar layers of \p module in the order of their index.
llvm::SmallVector<LayerOp> crossbarLayers(mlir::ModuleOp module);

/// With what \p tolerance was measured, in words: only those of one measurement
/// can be compared.
std::string measurementOf(ToleranceAttr tolerance);

/// How \p operation, a use of a layer, reads the weights: the groups that it
/// cuts them into, and the dimension in which it has its output channels.
int64_t groupsOf(mlir::Operation *operation);
uint64_t channelAxisOf(mlir::Operation *operation);

/// Checks what of \p adc depends on the whole of \p layer, which is mapped.
llvm::LogicalResult verifyAdcOfLayer(LayerOp layer, AdcOp adc);

} // namespace cim::crossbar

#endif // CIM_DIALECTS_CIM_CIM_H
