//===- CimCrossbarOps.cpp - Computing with crossbars ----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/Cim.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace cim::crossbar {

//===----------------------------------------------------------------------===//
// Agreement of operation and layer
//===----------------------------------------------------------------------===//

static nn::ConvOp::Properties nnProperties(ConvOp operation) {
  nn::ConvOp::Properties properties;
  properties.strides = operation.getStridesAttr();
  properties.pads = operation.getPadsAttr();
  properties.dilations = operation.getDilationsAttr();
  properties.groups = operation.getGroupsAttr();
  return properties;
}

static nn::GemmOp::Properties nnProperties(GemmOp operation) {
  nn::GemmOp::Properties properties;
  properties.alpha = operation.getAlphaAttr();
  properties.beta = operation.getBetaAttr();
  properties.transpose_a = operation.getTransposeAAttr();
  properties.transpose_b = operation.getTransposeBAttr();
  return properties;
}

static nn::MatmulOp::Properties nnProperties(MatmulOp) { return {}; }

int64_t groupsOf(Operation *operation) {
  auto convolution = dyn_cast<ConvOp>(operation);
  return convolution ? convolution.getGroups() : 1;
}

uint64_t channelAxisOf(Operation *operation) {
  if (auto gemm = dyn_cast<GemmOp>(operation))
    return gemm.getTransposeB() ? 0 : 1;
  return isa<MatmulOp>(operation) ? 1 : 0;
}

/// Checks that the weights of \p layer are the matrix, or the matrices, that
/// \p operation multiplies with.
static LogicalResult verifyMatrix(Operation *operation, LayerOp layer) {
  MapOp map = layer.getMap();
  // Two uses may differ in what they transpose: the layer then follows the
  // first, until it is put on cells.
  const uint64_t axis = channelAxisOf(operation);
  if (axis != layer.getChannelAxis() && (map || isa<ConvOp>(operation)))
    return operation->emitOpError()
           << "has its output channels in dimension " << axis
           << " of the weights, but layer '" << layer.getSymName()
           << (map ? "' is mapped with" : "' has") << " channel_axis "
           << layer.getChannelAxis()
           << "; correct it, or give the operation a layer of its own";
  if (!map || int64_t(map.getGroups()) == groupsOf(operation))
    return success();
  return operation->emitOpError()
         << "has groups " << groupsOf(operation) << ", but layer '"
         << layer.getSymName() << "' is mapped with groups " << map.getGroups();
}

/// Finds the layer of \p operation and checks, with the type inference of the
/// nn operation that it stands for, that the layer's weights give its result.
template <typename NNOp, typename CrossbarOp>
static LogicalResult verifyLayer(CrossbarOp operation,
                                 SymbolTableCollection &symbols) {
  auto layer = symbols.lookupNearestSymbolFrom<LayerOp>(
      operation, operation.getLayerAttr());
  if (!layer)
    return operation->emitOpError()
           << "refers to a layer '" << operation.getLayer()
           << "' that does not exist";
  auto type = cast<RankedTensorType>(layer.getType());
  // nn.matmul would take a batch of matrices, or a vector.
  if (isa<MatmulOp>(operation.getOperation()) && type.getRank() != 2)
    return operation->emitOpError()
           << "multiplies with a matrix, but layer '" << operation.getLayer()
           << "' is of type " << type
           << "; keep what is none in nn.matmul, which is digital";
  // Weights stand second among the operands of all three nn operations.
  SmallVector<Value, 3> operands(operation->getOperands());
  operands.insert(operands.begin() + 1, layer.getWrite().getWeights());
  SmallVector<Type, 1> types;
  typename NNOp::Adaptor adaptor(operands,
                                 operation->getDiscardableAttrDictionary(),
                                 nnProperties(operation));
  if (failed(NNOp::inferReturnTypes(operation.getContext(), operation.getLoc(),
                                    adaptor, types)))
    return failure();
  if (types.front() == operation.getResult().getType())
    return verifyMatrix(operation, layer);
  return operation->emitOpError()
         << "has a result of type " << operation.getResult().getType()
         << ", but its operands and layer '" << operation.getLayer()
         << "' give " << types.front();
}

/// The product of \p a and \p b, or the largest number that there is.
static uint64_t product(int64_t a, int64_t b) {
  return llvm::SaturatingMultiply<uint64_t>(a, b);
}

static bool isOneImage(Value value) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(value.getType()).getShape();
  return !shape.empty() && shape.front() == 1;
}

//===----------------------------------------------------------------------===//
// Convolution
//===----------------------------------------------------------------------===//

LogicalResult ConvOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyLayer<nn::ConvOp>(*this, symbols);
}

uint64_t ConvOp::countMultiplyAccumulates(RankedTensorType weights) {
  int64_t perResult = 1; // C/groups · kernel extents
  for (int64_t extent : weights.getShape().drop_front())
    perResult *= extent;
  return product(getType().getNumElements(), perResult);
}

bool ConvOp::isImageWise(ArrayRef<bool> perImage) {
  return perImage.front() && !llvm::is_contained(perImage.drop_front(), true) &&
         isOneImage(getX());
}

//===----------------------------------------------------------------------===//
// Fully connected layers
//===----------------------------------------------------------------------===//

LogicalResult GemmOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyLayer<nn::GemmOp>(*this, symbols);
}

uint64_t GemmOp::countMultiplyAccumulates(RankedTensorType weights) {
  return product(getType().getNumElements(),
                 weights.getDimSize(getTransposeB() ? 1 : 0));
}

bool GemmOp::isImageWise(ArrayRef<bool> perImage) {
  return perImage.front() && !llvm::is_contained(perImage.drop_front(), true) &&
         !getTransposeA() && isOneImage(getA());
}

LogicalResult MatmulOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyLayer<nn::MatmulOp>(*this, symbols);
}

uint64_t MatmulOp::countMultiplyAccumulates(RankedTensorType weights) {
  return product(getType().getNumElements(), weights.getDimSize(0));
}

bool MatmulOp::isImageWise(ArrayRef<bool>) {
  // A single vector has no dimension for the image.
  return getA().getType().getRank() >= 2 && isOneImage(getResult());
}

} // namespace cim::crossbar
