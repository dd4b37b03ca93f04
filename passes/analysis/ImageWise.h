//===- ImageWise.h - Does a network keep images apart? ----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_PASSES_ANALYSIS_IMAGEWISE_H
#define CIM_PASSES_ANALYSIS_IMAGEWISE_H

#include "mlir/IR/Block.h"

namespace cim {

struct ImageWise {
  bool holds = false;
  /// Where that is false, the first operation to blame; null when it is an
  /// input whose dimension 0 is not a single image.
  mlir::Operation *obstacle = nullptr;
};

/// Whether the network in \p body, whose arguments are its inputs, computes
/// each image by itself, so that N images stacked along dimension 0 give N
/// results stacked along dimension 0. True only when every argument has extent
/// 1 there and every operation says so by ImageWiseOpInterface; operations
/// whose operands do not depend on an argument need not.
ImageWise analyseImageWise(mlir::Block &body);

} // namespace cim

#endif // CIM_PASSES_ANALYSIS_IMAGEWISE_H
