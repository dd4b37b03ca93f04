//===- Import.h - From an ONNX file to the nn dialect -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_FRONTENDS_ONNX_IMPORT_H
#define CIM_FRONTENDS_ONNX_IMPORT_H

#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "runtime/tensor/Tensor.h"

#include <functional>
#include <string>

namespace cim {

/// A constant that a node takes which depends on the network's input.
struct ConstantOperand {
  int node, operand; ///< indices in the file and in the node
  std::string name;  ///< what the constant is called in the module
  mlir::ElementsAttr value;
};

struct ImportOptions {
  /// Receives one line per warning; may be empty.
  std::function<void(const std::string &)> warn;
  /// Graph inputs that are fixed to a value, by name: they become constants,
  /// as an operand that decides a shape has to be.
  TensorMap constants;
  /// Receives every such operand, for those who change the file; may be empty.
  std::function<void(const ConstantOperand &)> constantOperand;
  /// Values that graph inputs may have, by name. An input becomes the constant
  /// of its name only where its value decides a shape; one that leaves
  /// dimensions open has the shape of its example.
  TensorMap examples;
};

/// Reads the ONNX model \p path into a module with one function, `main`, of nn
/// operations.
///
/// A symbolic batch dimension (dimension 0 of an input) becomes 1; every shape
/// is static, and what follows from constants and shapes alone is folded. The
/// location of an operation is a NameLoc with the name of its ONNX node (of an
/// anonymous node, its first output); the location of a constant names its
/// initializer, or the value that a Constant node computes. A constant that was
/// folded from a single named one (by Cast, Transpose, ...) keeps that name.
/// Arguments and results of `main` carry their ONNX names as `nn.name`, the
/// module the graph's as `nn.model`. f16, bf16 and f64 become f32.
///
/// Throws InputError: one line that names the file, the node and what is wrong.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(mlir::MLIRContext &context,
                                             const std::string &path,
                                             const ImportOptions &options = {});

} // namespace cim

#endif // CIM_FRONTENDS_ONNX_IMPORT_H
