//===- NNImageWise.cpp - Which operations keep images apart ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ImageWiseOpInterface (NNInterfaces.td) for every operation: whether N images
// stacked along dimension 0 give N results stacked along dimension 0. A value
// that depends on the image has extent 1 there.
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/NN.h"

using namespace mlir;
using llvm::ArrayRef;

namespace cim::nn {

namespace {

ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

bool hasImageDimension(Value value) {
  ArrayRef<int64_t> shape = shapeOf(value);
  return !shape.empty() && shape[0] == 1;
}

/// Operands broadcast to the result: those of an image need the result's rank,
/// so that their dimension 0 is the result's; the others must repeat along it.
bool broadcastsPerImage(Operation *operation, ArrayRef<bool> perImage) {
  Value result = operation->getResult(0);
  if (!hasImageDimension(result))
    return false;
  size_t rank = shapeOf(result).size();
  for (auto [operand, depends] :
       llvm::zip_equal(operation->getOperands(), perImage))
    if (depends && shapeOf(operand).size() != rank)
      return false;
  return true; // dimension 0 of the result is 1, so that of the operands too
}

/// Only the first operand may depend on the image (the others are weights).
bool onlyFirst(ArrayRef<bool> perImage) {
  return perImage.front() && !llvm::is_contained(perImage.drop_front(), true);
}

} // namespace

#define ALWAYS_IMAGE_WISE(Op)                                                  \
  bool Op::isImageWise(ArrayRef<bool>) {                                       \
    return hasImageDimension(getOperation()->getResult(0));                    \
  }
ALWAYS_IMAGE_WISE(ReluOp)
ALWAYS_IMAGE_WISE(LeakyReluOp)
ALWAYS_IMAGE_WISE(ClipOp)
ALWAYS_IMAGE_WISE(SigmoidOp)
ALWAYS_IMAGE_WISE(TanhOp)
ALWAYS_IMAGE_WISE(ExpOp)
ALWAYS_IMAGE_WISE(LogOp)
ALWAYS_IMAGE_WISE(SqrtOp)
ALWAYS_IMAGE_WISE(AbsOp)
ALWAYS_IMAGE_WISE(NegOp)
ALWAYS_IMAGE_WISE(FloorOp)
ALWAYS_IMAGE_WISE(CeilOp)
ALWAYS_IMAGE_WISE(ErfOp)
ALWAYS_IMAGE_WISE(SinOp)
ALWAYS_IMAGE_WISE(CosOp)
ALWAYS_IMAGE_WISE(TanOp)
ALWAYS_IMAGE_WISE(AsinOp)
ALWAYS_IMAGE_WISE(AcosOp)
ALWAYS_IMAGE_WISE(AtanOp)
ALWAYS_IMAGE_WISE(SinhOp)
ALWAYS_IMAGE_WISE(CoshOp)
ALWAYS_IMAGE_WISE(AsinhOp)
ALWAYS_IMAGE_WISE(AcoshOp)
ALWAYS_IMAGE_WISE(AtanhOp)
ALWAYS_IMAGE_WISE(RoundOp)
ALWAYS_IMAGE_WISE(ReciprocalOp)
ALWAYS_IMAGE_WISE(NotOp)
ALWAYS_IMAGE_WISE(CastOp)
ALWAYS_IMAGE_WISE(MaxPoolOp)
ALWAYS_IMAGE_WISE(SumPoolOp)
ALWAYS_IMAGE_WISE(AveragePoolOp)
ALWAYS_IMAGE_WISE(GlobalAveragePoolOp)
ALWAYS_IMAGE_WISE(LrnOp)
#undef ALWAYS_IMAGE_WISE

#define BROADCASTS_PER_IMAGE(Op)                                               \
  bool Op::isImageWise(ArrayRef<bool> perImage) {                              \
    return broadcastsPerImage(getOperation(), perImage);                       \
  }
BROADCASTS_PER_IMAGE(AddOp)
BROADCASTS_PER_IMAGE(SubOp)
BROADCASTS_PER_IMAGE(MulOp)
BROADCASTS_PER_IMAGE(DivOp)
BROADCASTS_PER_IMAGE(PowOp)
BROADCASTS_PER_IMAGE(MinOp)
BROADCASTS_PER_IMAGE(MaxOp)
BROADCASTS_PER_IMAGE(ModOp)
BROADCASTS_PER_IMAGE(EqualOp)
BROADCASTS_PER_IMAGE(LessOp)
BROADCASTS_PER_IMAGE(GreaterOp)
BROADCASTS_PER_IMAGE(AndOp)
BROADCASTS_PER_IMAGE(OrOp)
BROADCASTS_PER_IMAGE(WhereOp)
BROADCASTS_PER_IMAGE(ExpandOp)
#undef BROADCASTS_PER_IMAGE

bool ConvOp::isImageWise(ArrayRef<bool> perImage) {
  return onlyFirst(perImage) && hasImageDimension(getX());
}
bool BatchNormOp::isImageWise(ArrayRef<bool> perImage) {
  return onlyFirst(perImage) && hasImageDimension(getX());
}
bool GemmOp::isImageWise(ArrayRef<bool> perImage) {
  return onlyFirst(perImage) && !getTransposeA() && hasImageDimension(getA());
}

bool MatmulOp::isImageWise(ArrayRef<bool> perImage) {
  size_t rankA = shapeOf(getA()).size(), rankB = shapeOf(getB()).size();
  if (!hasImageDimension(getResult()))
    return false;
  if (!perImage[1]) // rows of a, or a stack of matrices, against fixed b
    return rankA >= 2 && rankA >= rankB;
  return perImage[0] && rankA >= 3 && rankA == rankB;
}

bool SoftmaxOp::isImageWise(ArrayRef<bool>) {
  return getAxis() != 0 && hasImageDimension(getX());
}
bool ReduceOp::isImageWise(ArrayRef<bool>) {
  return !llvm::is_contained(getAxes(), 0) && hasImageDimension(getX());
}
bool ReshapeOp::isImageWise(ArrayRef<bool>) {
  return hasImageDimension(getX()) && hasImageDimension(getResult());
}
bool TransposeOp::isImageWise(ArrayRef<bool>) {
  return hasImageDimension(getX()) && getPermutation()[0] == 0;
}

bool ConcatOp::isImageWise(ArrayRef<bool> perImage) {
  // A constant would have to be repeated for every image first.
  return getAxis() != 0 && hasImageDimension(getResult()) &&
         !llvm::is_contained(perImage, false);
}

bool SliceOp::isImageWise(ArrayRef<bool>) {
  return hasImageDimension(getX()) && getSizes()[0] == 1;
}
bool PadOp::isImageWise(ArrayRef<bool>) {
  return hasImageDimension(getX()) && getPads()[0] == 0 &&
         getPads()[getPads().size() / 2] == 0;
}
bool GatherOp::isImageWise(ArrayRef<bool> perImage) {
  return onlyFirst(perImage) && getAxis() != 0 && hasImageDimension(getX());
}
bool MaxPoolIndicesOp::isImageWise(ArrayRef<bool>) {
  return false; // indices count over all images
}
bool TopKOp::isImageWise(ArrayRef<bool>) {
  return getAxis() != 0 && hasImageDimension(getX());
}
bool CumulateOp::isImageWise(ArrayRef<bool>) {
  return getAxis() != 0 && hasImageDimension(getX());
}
bool ResampleOp::isImageWise(ArrayRef<bool> perImage) {
  return onlyFirst(perImage) && getAxis() != 0 && hasImageDimension(getX());
}
bool GatherElementsOp::isImageWise(ArrayRef<bool> perImage) {
  return perImage[0] && perImage[1] && getAxis() != 0 &&
         hasImageDimension(getX());
}
bool GatherNdOp::isImageWise(ArrayRef<bool> perImage) {
  return perImage[0] && perImage[1] && getBatchDimensions() > 0 &&
         hasImageDimension(getX());
}
bool ScatterElementsOp::isImageWise(ArrayRef<bool> perImage) {
  return !llvm::is_contained(perImage, false) && getAxis() != 0 &&
         hasImageDimension(getX()) && hasImageDimension(getIndices());
}
bool ScatterNdOp::isImageWise(ArrayRef<bool>) { return false; }
bool RangeOp::isImageWise(ArrayRef<bool>) { return false; }

} // namespace cim::nn
