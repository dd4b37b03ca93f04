//===- LowerNNToCim.cpp - lower-nn-to-cim ---------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/lower-nn-to-cim/LowerNNToCim.h"

#include "dialects/cim/Cim.h"
#include "dialects/nn/Constants.h"

#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

#include <cstring>

using namespace mlir;

namespace cim {
#define GEN_PASS_DEF_LOWERNNTOCIM
#include "passes/lower-nn-to-cim/LowerNNToCim.h.inc"

namespace {

/// Whether nobody gave an initializer this name on purpose.
bool isAnonymous(StringRef initializer) {
  return initializer.starts_with("onnx::") ||
         llvm::all_of(initializer, llvm::isDigit);
}

/// The name of the layer whose weights are the constant \p weights, first used
/// by \p user; it may be taken already.
StringRef layerName(nn::ConstantOp weights, Operation *user) {
  StringRef initializer = nn::nameOf(weights.getLoc());
  if (!isAnonymous(initializer))
    if (StringRef name = initializer.take_front(initializer.find(".weight"));
        !name.empty())
      return name;
  return nn::nameOf(user->getLoc());
}

/// Whether two constants are one initializer: folding may have repeated it,
/// each time with its name.
bool isSameInitializer(nn::ConstantOp a, nn::ConstantOp b) {
  if (a == b)
    return true;
  StringRef name = nn::nameOf(a.getLoc());
  if (name.empty() || name != nn::nameOf(b.getLoc()) ||
      a.getType() != b.getType())
    return false;
  if (a.getValue() == b.getValue())
    return true;
  // Values in the IR are the same attribute when they are equal.
  if (!isa<DenseResourceElementsAttr>(a.getValue()) ||
      !isa<DenseResourceElementsAttr>(b.getValue()))
    return false;
  auto bytesA = nn::bytesOf(a.getValue()), bytesB = nn::bytesOf(b.getValue());
  return bytesA && bytesB &&
         std::memcmp(bytesA.get(), bytesB.get(),
                     a.getType().getNumElements() * sizeof(float)) == 0;
}

/// Adds crossbar layers to a module, in the order of their first use.
class LayerBuilder {
public:
  explicit LayerBuilder(ModuleOp module)
      : symbols(module), builder(module.getBodyRegion()) {
    for (crossbar::LayerOp layer : crossbar::crossbarLayers(module)) {
      nextIndex = layer.getIndex() + 1;
      builder.setInsertionPointAfter(layer);
    }
  }

  /// The layer of \p weights, which \p user uses.
  FlatSymbolRefAttr getOrCreate(nn::ConstantOp weights, int64_t channelAxis,
                                Operation *user) {
    auto &known = layers[nn::nameOf(weights.getLoc())];
    for (auto &[constant, layer] : known)
      if (isSameInitializer(constant, weights))
        return FlatSymbolRefAttr::get(layer);
    std::string name = uniqueName(layerName(weights, user));
    auto layer =
        crossbar::LayerOp::create(builder, weights.getLoc(), name, nextIndex++,
                                  channelAxis, weights.getValue());
    symbols.insert(layer);
    known.emplace_back(weights, layer);
    return FlatSymbolRefAttr::get(layer);
  }

private:
  std::string uniqueName(StringRef name) {
    std::string wanted =
        name.empty() ? "layer" + std::to_string(nextIndex) : name.str();
    std::string result = wanted;
    // Counts on where it stopped, so that many layers of one name stay cheap.
    unsigned &copies = copiesOf[wanted];
    for (copies = std::max(copies, 1u); symbols.lookup(result);)
      result = wanted + "." + std::to_string(++copies);
    return result;
  }

  SymbolTable symbols;
  OpBuilder builder;
  int64_t nextIndex = 0;
  /// By name of the initializer.
  llvm::StringMap<SmallVector<std::pair<nn::ConstantOp, crossbar::LayerOp>, 1>>
      layers;
  llvm::StringMap<unsigned> copiesOf;
};

/// The constant weights of \p operation, if crossbars can hold them.
nn::ConstantOp crossbarWeights(Operation *operation) {
  auto constant = operation->getOperand(1).getDefiningOp<nn::ConstantOp>();
  if (!constant || !constant.getType().getElementType().isF32() ||
      (!isa<nn::ConvOp>(operation) && constant.getType().getRank() != 2) ||
      constant.getType().getNumElements() == 0)
    return {};
  return constant;
}

struct LowerNNToCim : impl::LowerNNToCimBase<LowerNNToCim> {
  void runOnOperation() override {
    LayerBuilder layers(getOperation());
    SmallVector<Operation *> candidates;
    llvm::DenseSet<Value> fixed; // constants, and what only they decide
    getOperation().walk([&](Operation *operation) {
      if (llvm::all_of(operation->getOperands(),
                       [&](Value operand) { return fixed.contains(operand); }))
        fixed.insert_range(operation->getResults());
      if (!isa<nn::ConvOp, nn::GemmOp, nn::MatmulOp>(operation))
        return;
      if (crossbarWeights(operation))
        candidates.push_back(operation);
      else
        explainDigital(operation, fixed);
    });
    onCrossbars.clear();
    for (Operation *operation : candidates)
      lower(operation, layers);
    for (Operation *constant : onCrossbars)
      if (constant->use_empty())
        constant->erase();
  }

  void lower(Operation *operation, LayerBuilder &layers) {
    nn::ConstantOp weights = crossbarWeights(operation);
    int64_t channelAxis = 0;
    if (isa<nn::MatmulOp>(operation))
      channelAxis = 1;
    else if (auto gemm = dyn_cast<nn::GemmOp>(operation))
      channelAxis = gemm.getTransposeB() ? 0 : 1;
    FlatSymbolRefAttr layer =
        layers.getOrCreate(weights, channelAxis, operation);

    OpBuilder builder(operation);
    Type type = operation->getResult(0).getType();
    Operation *lowered;
    if (auto conv = dyn_cast<nn::ConvOp>(operation))
      lowered = crossbar::ConvOp::create(
          builder, conv.getLoc(), type, conv.getX(), layer, conv.getBias(),
          conv.getStridesAttr(), conv.getPadsAttr(), conv.getDilationsAttr(),
          conv.getGroupsAttr());
    else if (auto gemm = dyn_cast<nn::GemmOp>(operation))
      lowered = crossbar::GemmOp::create(
          builder, gemm.getLoc(), type, gemm.getA(), layer, gemm.getC(),
          gemm.getAlphaAttr(), gemm.getBetaAttr(), gemm.getTransposeAAttr(),
          gemm.getTransposeBAttr());
    else
      lowered = crossbar::MatmulOp::create(builder, operation->getLoc(), type,
                                           operation->getOperand(0), layer);
    // What the importer noted on the operation stays with it.
    lowered->setDiscardableAttrs(operation->getDiscardableAttrDictionary());
    operation->replaceAllUsesWith(lowered);
    operation->erase();
    onCrossbars.insert(weights);
  }

  /// Says why \p operation stays digital, if a constant takes part in it, or
  /// weights that are as \p fixed.
  static void explainDigital(Operation *operation,
                             const llvm::DenseSet<Value> &fixed) {
    if (auto constant =
            operation->getOperand(1).getDefiningOp<nn::ConstantOp>())
      emitRemark(operation->getLoc())
          << "stays digital: its weights are " << constant.getType()
          << ", and crossbars hold f32 "
          << (isa<nn::ConvOp>(operation) ? "weights" : "matrices");
    else if (fixed.contains(operation->getOperand(1)))
      emitRemark(operation->getLoc())
          << "stays digital: its weights are computed from constants that were "
             "not folded: bytes are missing, or memory is short (allow more "
             "with --fold-memory)";
    else if (operation->getOperand(0).getDefiningOp<nn::ConstantOp>())
      emitRemark(operation->getLoc())
          << "stays digital: its constant is the left operand, and crossbars "
             "hold the right one";
  }

  /// Their last use gone, constants still serve to recognise a second use of
  /// their initializer.
  llvm::SetVector<Operation *> onCrossbars;
};
} // namespace
} // namespace cim
