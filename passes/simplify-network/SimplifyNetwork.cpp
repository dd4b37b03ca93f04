//===- SimplifyNetwork.cpp - simplify-network -----------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/simplify-network/SimplifyNetwork.h"

#include "dialects/nn/NN.h"

#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace cim {
#define GEN_PASS_DEF_SIMPLIFYNETWORK
#include "passes/simplify-network/SimplifyNetwork.h.inc"

namespace {
struct SimplifyNetwork : impl::SimplifyNetworkBase<SimplifyNetwork> {
  using SimplifyNetworkBase::SimplifyNetworkBase;

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    for (RegisteredOperationName name :
         context->getRegisteredOperationsByDialect(
             nn::NNDialect::getDialectNamespace()))
      name.getCanonicalizationPatterns(set, context);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    // Operations in their order, so that a chain folds in one visit. Constants
    // would lose their locations, their names, if the driver merged them.
    GreedyRewriteConfig config;
    config.setUseTopDownTraversal(true)
        .enableConstantCSE(false)
        .setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    // That more could be simplified is no error.
    (void)applyPatternsGreedily(getOperation(), patterns, config);

    // What is constant but could not be computed never will be.
    getOperation()->walk([&](Operation *operation) {
      if (isa_and_present<nn::NNDialect>(operation->getDialect()) &&
          failed(checkComputable(operation)))
        signalPassFailure();
    });
  }

  static LogicalResult checkComputable(Operation *operation) {
    SmallVector<Attribute> operands(operation->getNumOperands());
    for (auto [operand, value] : llvm::zip(operation->getOperands(), operands))
      if (!matchPattern(operand, m_Constant(&value)))
        return success();
    std::string reason;
    if (!operands.empty())
      nn::foldByReference(operation, operands, &reason);
    if (reason.empty())
      return success();
    return operation->emitOpError("cannot be computed: ") << reason;
  }

  FrozenRewritePatternSet patterns;
};
} // namespace
} // namespace cim
