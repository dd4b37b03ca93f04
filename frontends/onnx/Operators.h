//===- Operators.h - Which ONNX operators are imported, and how -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The table from ONNX operator to import rule. The rules stand in rules/, one
// file per family.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_FRONTENDS_ONNX_OPERATORS_H
#define CIM_FRONTENDS_ONNX_OPERATORS_H

#include "frontends/onnx/Node.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace cim::importer {

/// Builds what a node means and returns its outputs, the first ones at least.
using Rule = Results (*)(Node &node);

struct Operator {
  llvm::StringRef name;
  Rule rule;
  /// How many outputs the rule computes; a node of which more are used is not
  /// supported. Negative: as many as the node has.
  int outputs = 1;
};

/// Operators whose rules stand in one file.
struct OperatorFamily {
  llvm::StringRef name;
  llvm::ArrayRef<Operator> operators;
};

/// All of them, as docs/onnx.md lists them.
llvm::ArrayRef<OperatorFamily> operatorFamilies();

/// The rule of the standard operator \p name, or null.
const Operator *findOperator(llvm::StringRef name);

// One table per family.
llvm::ArrayRef<Operator> activationOperators();
llvm::ArrayRef<Operator> attentionOperators();
llvm::ArrayRef<Operator> constantOperators();
llvm::ArrayRef<Operator> conversionOperators();
llvm::ArrayRef<Operator> convolutionOperators();
llvm::ArrayRef<Operator> einsumOperators();
llvm::ArrayRef<Operator> elementwiseOperators();
llvm::ArrayRef<Operator> indexingOperators();
llvm::ArrayRef<Operator> linearAlgebraOperators();
llvm::ArrayRef<Operator> lossOperators();
llvm::ArrayRef<Operator> movementOperators();
llvm::ArrayRef<Operator> normalizationOperators();
llvm::ArrayRef<Operator> poolingOperators();
llvm::ArrayRef<Operator> quantizationOperators();
llvm::ArrayRef<Operator> reductionOperators();
llvm::ArrayRef<Operator> resizeOperators();
llvm::ArrayRef<Operator> shapeOperators();

/// auto_pad and pads of an operator that slides a window: for every spatial
/// dimension the elements added at its begin, then those at its end. \p x has
/// two dimensions before the spatial ones.
Integers readPads(Node &node, llvm::ArrayRef<int64_t> x,
                  llvm::ArrayRef<int64_t> kernel,
                  llvm::ArrayRef<int64_t> strides,
                  llvm::ArrayRef<int64_t> dilations);

/// ln softmax of \p x along \p axis.
mlir::Value logSoftmax(Node &node, mlir::Value x, int64_t axis);

struct NarrowType;
/// \p value, of f32, as the nearest numbers of a floating-point type, of two
/// the even one. Beyond the greatest one there is that one or, without \p
/// saturate, infinity, or NaN where the type has none.
mlir::Value roundedTo(Node &node, mlir::Value value, const NarrowType &type,
                      bool saturate);

/// The convolution that \p node's attributes describe, of operands that need
/// not be its own. \p bias may be null.
mlir::Value convolution(Node &node, mlir::Value x, mlir::Value weights,
                        mlir::Value bias);

} // namespace cim::importer

#endif // CIM_FRONTENDS_ONNX_OPERATORS_H
