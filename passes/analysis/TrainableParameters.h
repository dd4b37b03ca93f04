//===- TrainableParameters.h - What retraining a layer changes --*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_ANALYSIS_TRAINABLEPARAMETERS_H
#define CIM_PASSES_ANALYSIS_TRAINABLEPARAMETERS_H

#include "dialects/cim/Cim.h"

namespace cim {

/// How many numbers retraining changes when it may change one layer: its
/// weights, its bias (an operand of the layer, or a constant added to its
/// result), and scale and bias of the batch normalisation that reads its
/// result. That is how published studies count the weights of a selection.
///
/// A layer of several uses has the parameters of all of them, each constant
/// once.
class TrainableParameters {
public:
  /// Counts those of \p module, whose layers are lowered (`lower-nn-to-cim`).
  explicit TrainableParameters(mlir::Operation *module);

  /// Of the layer called \p layer; 0 when there is none.
  uint64_t of(mlir::StringAttr layer) const { return counts.lookup(layer); }

private:
  llvm::DenseMap<mlir::StringAttr, uint64_t> counts;
};

} // namespace cim

#endif // CIM_PASSES_ANALYSIS_TRAINABLEPARAMETERS_H
