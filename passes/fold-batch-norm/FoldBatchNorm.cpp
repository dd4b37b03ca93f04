//===- FoldBatchNorm.cpp - fold-batch-norm --------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/fold-batch-norm/FoldBatchNorm.h"

#include "dialects/nn/NN.h"

#include "mlir/IR/Iterators.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace cim {
#define GEN_PASS_DEF_FOLDBATCHNORM
#include "passes/fold-batch-norm/FoldBatchNorm.h.inc"

namespace {

bool isConstant(Value value) { return matchPattern(value, m_Constant()); }

/// What keeps \p norm from being folded; empty for nothing.
std::string obstacle(nn::BatchNormOp norm) {
  auto conv = norm.getX().getDefiningOp<nn::ConvOp>();
  if (!conv)
    return "its input is not a convolution";
  if (!conv->hasOneUse())
    return "others use the result of the convolution, too";
  if (!isConstant(conv.getWeights()) ||
      (conv.getBias() && !isConstant(conv.getBias())))
    return "the convolution's weights are not constant";
  if (!llvm::all_of(norm->getOperands().drop_front(), isConstant))
    return "its parameters are not constant";
  return {};
}

/// Written in operations of the dialect, which fold as they are created. Fails
/// where one does not; nothing uses what was created until then.
LogicalResult fold(nn::BatchNormOp norm) {
  auto conv = norm.getX().getDefiningOp<nn::ConvOp>();
  Location location = norm.getLoc();
  OpBuilder builder(norm);
  Type element = conv.getType().getElementType();
  Value epsilon = nn::ConstantOp::create(
      builder, location,
      DenseElementsAttr::get(
          RankedTensorType::get({}, element),
          builder.getFloatAttr(element, norm.getEpsilon().convertToDouble())));
  Value variance =
      builder.createOrFold<nn::AddOp>(location, norm.getVariance(), epsilon);
  Value deviation = builder.createOrFold<nn::SqrtOp>(location, variance);
  Value factor =
      builder.createOrFold<nn::DivOp>(location, norm.getScale(), deviation);

  // The factor of an output channel, dimension 0 of the weights.
  SmallVector<int64_t> perOutput(conv.getWeights().getType().getRank(), 1);
  perOutput[0] = conv.getWeights().getType().getDimSize(0);
  Value weightFactor = builder.createOrFold<nn::ReshapeOp>(
      location, RankedTensorType::get(perOutput, element), factor);
  Value weights = builder.createOrFold<nn::MulOp>(
      conv.getWeights().getLoc(), conv.getWeights(), weightFactor);

  // (b − mean)·s + bias; a convolution without bias has b = 0.
  Location biasLocation =
      conv.getBias() ? conv.getBias().getLoc() : norm.getBias().getLoc();
  Value centred =
      conv.getBias()
          ? builder.createOrFold<nn::SubOp>(location, conv.getBias(),
                                            norm.getMean())
          : builder.createOrFold<nn::NegOp>(location, norm.getMean());
  Value scaled = builder.createOrFold<nn::MulOp>(location, centred, factor);
  Value bias =
      builder.createOrFold<nn::AddOp>(biasLocation, scaled, norm.getBias());
  // Computed weights would be on no crossbar.
  if (!isConstant(weights) || !isConstant(bias))
    return failure();

  // Nothing between the two uses the convolution's result.
  auto folded = nn::ConvOp::create(builder, conv.getLoc(), conv.getX(), weights,
                                   bias, conv.getStrides(), conv.getPads(),
                                   conv.getDilations(), conv.getGroups());
  norm.getResult().replaceAllUsesWith(folded);
  norm.erase();
  conv.erase();
  return success();
}

struct FoldBatchNorm : impl::FoldBatchNormBase<FoldBatchNorm> {
  using FoldBatchNormBase::FoldBatchNormBase;

  void runOnOperation() override {
    SmallVector<nn::BatchNormOp> norms;
    getOperation()->walk([&](nn::BatchNormOp norm) { norms.push_back(norm); });
    size_t staying = 0;
    for (nn::BatchNormOp norm : norms) {
      std::string reason = obstacle(norm);
      if (reason.empty() && failed(fold(norm)))
        reason = "the scaled weights could not be computed: bytes are missing, "
                 "or memory is short (allow more with --fold-memory)";
      if (reason.empty())
        continue;
      norm.emitRemark("batch normalisation stays: ") << reason;
      ++staying;
    }
    if (staying == norms.size()) {
      Operation *place = getOperation();
      if (!norms.empty())
        place = norms.front();
      emitWarning(place->getLoc(),
                  "folding batch normalisation has no effect: none can be "
                  "folded into the convolution before it");
    }
    // Leave nothing behind that only they used, or that did not fold.
    getOperation()->walk<WalkOrder::PostOrder, ReverseIterator>(
        [](Operation *operation) {
          if (isOpTriviallyDead(operation))
            operation->erase();
        });
  }
};

} // namespace
} // namespace cim
