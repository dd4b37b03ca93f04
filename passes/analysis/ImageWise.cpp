//===- ImageWise.cpp - Does a network keep images apart? ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/analysis/ImageWise.h"

#include "dialects/nn/NN.h"

using namespace mlir;

namespace cim {

ImageWise analyseImageWise(Block &body) {
  llvm::DenseSet<Value> perImage;
  for (BlockArgument argument : body.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || type.getRank() == 0 || type.getDimSize(0) != 1)
      return {};
    perImage.insert(argument);
  }
  for (Operation &operation : body) {
    llvm::SmallVector<bool> depends;
    for (Value operand : operation.getOperands())
      depends.push_back(perImage.contains(operand));
    bool isTerminator = operation.hasTrait<OpTrait::IsTerminator>();
    if (isTerminator && llvm::is_contained(depends, false))
      return {false, &operation}; // an output that is not one per image
    if (isTerminator || !llvm::is_contained(depends, true))
      continue;
    auto imageWise = dyn_cast<nn::ImageWiseOpInterface>(operation);
    if (!imageWise || !imageWise.isImageWise(depends))
      return {false, &operation};
    perImage.insert(operation.result_begin(), operation.result_end());
  }
  return {true, nullptr};
}

} // namespace cim
