//===- ModuleFile.h - Modules in .mlir files --------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The text of a module holds no large tensors: a `dense_resource` is a name,
// and the bytes stand in a safetensors file beside the text under that name.
// The module attribute `cim.tensors` says which file and its hash.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_COMPILER_MODULEFILE_H
#define CIM_COMPILER_MODULEFILE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <functional>
#include <optional>
#include <string>

namespace cim {

/// The module as text, without the bytes of its resources. Locations are
/// printed, because they hold the names of nodes and weights.
std::string moduleText(mlir::ModuleOp module);

/// Writes the text to \p path and the resources into the safetensors file of
/// the same stem beside it, both or neither. Throws InputError.
void writeModule(mlir::ModuleOp module, const std::string &path);

/// Reads what writeModule wrote, perhaps edited since; all resources have their
/// bytes afterwards. Null when the text cannot be parsed or verified, which the
/// context's diagnostics tell; throws InputError for everything else.
mlir::OwningOpRef<mlir::ModuleOp>
readModule(mlir::MLIRContext &context, const std::string &path,
           const std::function<void(const std::string &)> &warn);

} // namespace cim

#endif // CIM_COMPILER_MODULEFILE_H
