//===- TrainableParameters.cpp - What retraining a layer changes ----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/analysis/TrainableParameters.h"

using namespace mlir;

namespace cim {

static bool isConstant(Value value) {
  Operation *definition = value.getDefiningOp();
  return definition && definition->hasTrait<OpTrait::ConstantLike>();
}

/// The constants that belong to one use of a layer, beside its weights.
static void collectConstants(crossbar::CrossbarOpInterface use,
                             llvm::DenseSet<Value> &constants) {
  auto add = [&](Value value) {
    if (isConstant(value))
      constants.insert(value);
  };
  for (Value operand : use->getOperands())
    add(operand);
  Value result = use.getResult();
  // A MatMul has its bias in an addition; normalisation may follow that.
  if (result.hasOneUse())
    if (auto sum = dyn_cast<nn::AddOp>(*result.user_begin()))
      if (isConstant(sum.getA()) || isConstant(sum.getB())) {
        add(sum.getA());
        add(sum.getB());
        result = sum.getResult();
      }
  for (Operation *user : result.getUsers())
    if (auto norm = dyn_cast<nn::BatchNormOp>(user);
        norm && norm.getX() == result) {
      add(norm.getScale());
      add(norm.getBias());
    }
}

TrainableParameters::TrainableParameters(Operation *module) {
  llvm::DenseMap<StringAttr, llvm::DenseSet<Value>> constants;
  module->walk([&](crossbar::CrossbarOpInterface use) {
    collectConstants(use, constants[use.getLayerAttr().getAttr()]);
  });
  auto elements = [](Type type) {
    return static_cast<uint64_t>(cast<RankedTensorType>(type).getNumElements());
  };
  module->walk([&](crossbar::LayerOp layer) {
    uint64_t &count = counts[layer.getSymNameAttr()];
    count = elements(layer.getType());
    for (Value constant : constants[layer.getSymNameAttr()])
      count += elements(constant.getType());
  });
}

} // namespace cim
