//===- ElementTypes.h - Element types of MLIR and of plans ------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_COMPILER_ELEMENTTYPES_H
#define CIM_COMPILER_ELEMENTTYPES_H

#include "runtime/tensor/Tensor.h"

#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

#include <optional>

namespace cim {

/// The plan's name of \p type; nothing for types that the nn dialect lacks.
std::optional<ElementType> elementTypeOf(mlir::Type type);

/// \p resource as a tensor that shares its bytes, or nothing when bytes are
/// missing or do not fit its type. The bytes live as long as the context.
std::optional<Tensor> tensorOf(mlir::DenseResourceElementsAttr resource);

} // namespace cim

#endif // CIM_COMPILER_ELEMENTTYPES_H
