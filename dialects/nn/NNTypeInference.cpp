//===- NNTypeInference.cpp - What fits, and what comes out ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Type inference and verifiers: everything that can be wrong with the operands
// and attributes of an operation is named here, with the numbers in it.
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/Inference.h"

#include "mlir/IR/DialectResourceBlobManager.h"

#include <cmath>

using namespace mlir;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace cim::nn {

std::optional<int64_t> elementCount(ArrayRef<int64_t> shape) {
  constexpr int64_t limit = int64_t(1) << 40;
  int64_t count = 1;
  bool empty = false;
  for (int64_t extent : shape) {
    if (extent < 0 || extent > limit)
      return std::nullopt;
    if (extent == 0)
      empty = true;
    else if (count > limit / extent)
      return std::nullopt;
    else
      count *= extent;
  }
  return empty ? 0 : count;
}

using namespace inference;

namespace {

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

/// The attributes of an operation that slides a window over spatial dimensions.
struct Window {
  ArrayRef<int64_t> kernel, strides, pads, dilations;
};

LogicalResult checkSpatial(const Report &report, llvm::StringRef name,
                           ArrayRef<int64_t> values, size_t count,
                           int64_t lowest) {
  // Far more than any network has, and small enough that sums and products
  // below stay exact.
  constexpr int64_t highest = int64_t(1) << 31;
  if (values.size() != count)
    return report("expects ", count, " ", name, ", got ", values.size());
  for (int64_t value : values)
    if (value < lowest || value > highest)
      return report("expects ", name, " from ", lowest, " to 2^31, got ",
                    value);
  return success();
}

/// Appends the extents that \p window leaves of the spatial extents of \p x.
LogicalResult slide(const Report &report, ArrayRef<int64_t> x, Window window,
                    bool ceilMode, Shape &result) {
  size_t rank = x.size() - 2;
  if (failed(checkSpatial(report, "kernel extents", window.kernel, rank, 1)) ||
      failed(checkSpatial(report, "strides", window.strides, rank, 1)) ||
      failed(checkSpatial(report, "pads", window.pads, 2 * rank, 0)) ||
      failed(checkSpatial(report, "dilations", window.dilations, rank, 1)))
    return failure();
  for (size_t i = 0; i < rank; ++i) {
    int64_t begin = window.pads[i], end = window.pads[rank + i];
    int64_t padded = x[i + 2] + begin + end;
    int64_t span = window.dilations[i] * (window.kernel[i] - 1) + 1;
    int64_t stride = window.strides[i];
    if (span > padded)
      return report("has a window of ", span,
                    " positions in spatial dimension ", i,
                    ", but the padded input has ", padded);
    int64_t positions = (padded - span) / stride + 1;
    // A window beyond the last whole one, unless it would start in the padding.
    if (ceilMode && (padded - span) % stride != 0 &&
        positions * stride < x[i + 2] + begin)
      ++positions;
    result.push_back(positions);
  }
  return success();
}

LogicalResult checkImage(const Report &report, ArrayRef<int64_t> x) {
  if (x.size() >= 3 && x.size() <= 5)
    return success();
  return report("expects an input of 3 to 5 dimensions (image, channel, 1 to 3 "
                "spatial), got ",
                x.size());
}

template <typename Adaptor>
LogicalResult inferPool(const Report &report, Adaptor adaptor, Types &results) {
  ArrayRef<int64_t> x = shapeOf(adaptor.getX());
  if (failed(checkImage(report, x)))
    return failure();
  Shape shape{x[0], x[1]};
  if (failed(slide(report, x,
                   {adaptor.getKernel(), adaptor.getStrides(),
                    adaptor.getPads(), adaptor.getDilations()},
                   adaptor.getCeilMode(), shape)))
    return failure();
  // Otherwise a window may hold nothing but padding, which has no maximum.
  size_t rank = x.size() - 2;
  for (size_t i = 0; i < 2 * rank; ++i) {
    int64_t span =
        adaptor.getDilations()[i % rank] * (adaptor.getKernel()[i % rank] - 1) +
        1;
    if (adaptor.getPads()[i] >= span)
      return report("expects pads smaller than the window of ", span,
                    " positions, got ", adaptor.getPads()[i]);
  }
  return setResult(report, results, shape,
                   tensorType(adaptor.getX()).getElementType());
}

} // namespace

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

LogicalResult ConvOp::inferReturnTypes(MLIRContext *,
                                       std::optional<Location> location,
                                       Adaptor adaptor, Types &results) {
  Report report{location, "conv"};
  ArrayRef<int64_t> x = shapeOf(adaptor.getX());
  ArrayRef<int64_t> weights = shapeOf(adaptor.getWeights());
  int64_t groups = adaptor.getGroups();
  if (failed(checkImage(report, x)) ||
      failed(sameElements(report, adaptor.getX(), adaptor.getWeights())))
    return failure();
  if (weights.size() != x.size())
    return report("expects weights of ", x.size(), " dimensions, got ",
                  weights.size());
  if (groups < 1 || x[1] % groups != 0 || weights[0] % groups != 0)
    return report("expects groups that divide its ", x[1],
                  " input channels and ", weights[0], " output channels, got ",
                  groups);
  if (weights[1] != x[1] / groups)
    return report("expects weights of ", x[1] / groups,
                  " channels per group, got ", weights[1]);
  if (Value bias = adaptor.getBias()) {
    if (failed(sameElements(report, adaptor.getX(), bias)))
      return failure();
    if (shapeOf(bias) != ArrayRef(weights[0]))
      return report("expects a bias of shape [", weights[0], "], got ",
                    text(shapeOf(bias)));
  }
  Shape shape{x[0], weights[0]};
  if (failed(slide(report, x,
                   {weights.drop_front(2), adaptor.getStrides(),
                    adaptor.getPads(), adaptor.getDilations()},
                   /*ceilMode=*/false, shape)))
    return failure();
  return setResult(report, results, shape,
                   tensorType(adaptor.getX()).getElementType());
}

LogicalResult GemmOp::inferReturnTypes(MLIRContext *,
                                       std::optional<Location> location,
                                       Adaptor adaptor, Types &results) {
  Report report{location, "gemm"};
  ArrayRef<int64_t> a = shapeOf(adaptor.getA()), b = shapeOf(adaptor.getB());
  if (a.size() != 2 || b.size() != 2)
    return report("expects two matrices, got ", text(a), " and ", text(b));
  bool transposeA = adaptor.getTransposeA(),
       transposeB = adaptor.getTransposeB();
  int64_t rows = a[transposeA], inner = a[!transposeA];
  int64_t columns = b[!transposeB];
  if (failed(sameElements(report, adaptor.getA(), adaptor.getB())))
    return failure();
  if (b[transposeB] != inner)
    return report("multiplies matrices whose inner dimensions differ: ", inner,
                  " and ", b[transposeB]);
  if (Value c = adaptor.getC()) {
    Shape shape;
    if (failed(sameElements(report, adaptor.getA(), c)) ||
        failed(broadcast(report, {rows, columns}, shapeOf(c), shape)))
      return failure();
    if (shape != Shape{rows, columns})
      return report("expects c to broadcast to [", rows, ", ", columns,
                    "], got ", text(shapeOf(c)));
  }
  return setResult(report, results, {rows, columns},
                   tensorType(adaptor.getA()).getElementType());
}

LogicalResult MatmulOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor adaptor, Types &results) {
  Report report{location, "matmul"};
  ArrayRef<int64_t> a = shapeOf(adaptor.getA()), b = shapeOf(adaptor.getB());
  if (failed(sameElements(report, adaptor.getA(), adaptor.getB())))
    return failure();
  if (a.empty() || b.empty())
    return report("expects operands of at least one dimension, got ", text(a),
                  " and ", text(b));
  int64_t innerA = a.back();
  int64_t innerB = b.size() == 1 ? b[0] : b[b.size() - 2];
  if (innerA != innerB)
    return report("multiplies matrices whose inner dimensions differ: ", innerA,
                  " and ", innerB);
  Shape shape;
  if (failed(broadcast(report, a.drop_back(std::min<size_t>(a.size(), 2)),
                       b.drop_back(std::min<size_t>(b.size(), 2)), shape)))
    return failure();
  if (a.size() > 1)
    shape.push_back(a[a.size() - 2]);
  if (b.size() > 1)
    shape.push_back(b.back());
  return setResult(report, results, shape,
                   tensorType(adaptor.getA()).getElementType());
}

//===----------------------------------------------------------------------===//
// Normalisation
//===----------------------------------------------------------------------===//

LogicalResult BatchNormOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor adaptor, Types &results) {
  Report report{location, "batch_norm"};
  ArrayRef<int64_t> x = shapeOf(adaptor.getX());
  if (x.size() < 2)
    return report("expects an input of at least 2 dimensions, got ", x.size());
  std::pair<llvm::StringRef, Value> parameters[] = {
      {"scale", adaptor.getScale()},
      {"bias", adaptor.getBias()},
      {"mean", adaptor.getMean()},
      {"variance", adaptor.getVariance()}};
  for (auto [name, value] : parameters) {
    if (failed(sameElements(report, adaptor.getX(), value)))
      return failure();
    if (shapeOf(value) != ArrayRef(x[1]))
      return report("expects a ", name, " of shape [", x[1], "], got ",
                    text(shapeOf(value)));
  }
  return setResult(report, results, x,
                   tensorType(adaptor.getX()).getElementType());
}

LogicalResult LrnOp::verify() {
  if (getX().getType().getRank() < 2)
    return emitOpError("expects an input of at least 2 dimensions, got ")
           << getX().getType().getRank();
  if (getSize() < 1)
    return emitOpError("expects a size of at least 1, got ") << getSize();
  return success();
}

LogicalResult SoftmaxOp::verify() {
  return checkAxis({getLoc(), "softmax"}, getAxis(),
                   getX().getType().getRank());
}

//===----------------------------------------------------------------------===//
// Pooling and reduction
//===----------------------------------------------------------------------===//

LogicalResult MaxPoolOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location> location,
                                          Adaptor adaptor, Types &results) {
  return inferPool({location, "max_pool"}, adaptor, results);
}

LogicalResult
MaxPoolIndicesOp::inferReturnTypes(MLIRContext *context,
                                   std::optional<Location> location,
                                   Adaptor adaptor, Types &results) {
  if (failed(inferPool({location, "max_pool_indices"}, adaptor, results)))
    return failure();
  auto type = cast<RankedTensorType>(results.front());
  results.front() = type.clone(IntegerType::get(context, 64));
  return success();
}

LogicalResult SumPoolOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location> location,
                                          Adaptor adaptor, Types &results) {
  return inferPool({location, "sum_pool"}, adaptor, results);
}

LogicalResult AveragePoolOp::inferReturnTypes(MLIRContext *,
                                              std::optional<Location> location,
                                              Adaptor adaptor, Types &results) {
  return inferPool({location, "average_pool"}, adaptor, results);
}

LogicalResult
GlobalAveragePoolOp::inferReturnTypes(MLIRContext *,
                                      std::optional<Location> location,
                                      Adaptor adaptor, Types &results) {
  Report report{location, "global_average_pool"};
  ArrayRef<int64_t> x = shapeOf(adaptor.getX());
  if (x.size() < 2)
    return report("expects an input of at least 2 dimensions, got ", x.size());
  Shape shape(x.size(), 1);
  shape[0] = x[0];
  shape[1] = x[1];
  return setResult(report, results, shape,
                   tensorType(adaptor.getX()).getElementType());
}

LogicalResult ReduceOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor adaptor, Types &results) {
  Report report{location, "reduce"};
  llvm::StringRef kind = adaptor.getKind();
  if (!llvm::is_contained({"mean", "sum", "max", "min", "prod"}, kind))
    return report("expects mean, sum, max, min or prod, got ", kind);
  ArrayRef<int64_t> x = shapeOf(adaptor.getX());
  ArrayRef<int64_t> axes = adaptor.getAxes();
  int64_t previous = -1;
  for (int64_t axis : axes) {
    if (failed(checkAxis(report, axis, x.size())))
      return failure();
    if (axis <= previous)
      return report("expects ascending axes, got ", text(axes));
    previous = axis;
  }
  Shape shape;
  for (auto [dimension, extent] : llvm::enumerate(x))
    if (!llvm::is_contained(axes, int64_t(dimension)))
      shape.push_back(extent);
    else if (adaptor.getKeepDimensions())
      shape.push_back(1);
  return setResult(report, results, shape,
                   tensorType(adaptor.getX()).getElementType());
}

//===----------------------------------------------------------------------===//
// Element by element
//===----------------------------------------------------------------------===//

#define INFER_BINARY(Op, mnemonic, comparison)                                 \
  LogicalResult Op::inferReturnTypes(MLIRContext *,                            \
                                     std::optional<Location> location,         \
                                     Adaptor adaptor, Types &results) {        \
    return inferBinary({location, mnemonic}, adaptor, results, comparison);    \
  }
INFER_BINARY(AddOp, "add", false)
INFER_BINARY(SubOp, "sub", false)
INFER_BINARY(MulOp, "mul", false)
INFER_BINARY(DivOp, "div", false)
INFER_BINARY(PowOp, "pow", false)
INFER_BINARY(MinOp, "min", false)
INFER_BINARY(MaxOp, "max", false)
INFER_BINARY(ModOp, "mod", false)
INFER_BINARY(EqualOp, "equal", true)
INFER_BINARY(LessOp, "less", true)
INFER_BINARY(GreaterOp, "greater", true)
INFER_BINARY(AndOp, "and", false)
INFER_BINARY(OrOp, "or", false)
#undef INFER_BINARY

LogicalResult WhereOp::inferReturnTypes(MLIRContext *,
                                        std::optional<Location> location,
                                        Adaptor adaptor, Types &results) {
  Report report{location, "where"};
  Shape values, shape;
  if (failed(sameElements(report, adaptor.getA(), adaptor.getB())) ||
      failed(broadcast(report, shapeOf(adaptor.getA()), shapeOf(adaptor.getB()),
                       values)) ||
      failed(broadcast(report, shapeOf(adaptor.getCondition()), values, shape)))
    return failure();
  return setResult(report, results, shape,
                   tensorType(adaptor.getA()).getElementType());
}

LogicalResult ClipOp::verify() {
  if (getLowest().isNaN() || getHighest().isNaN())
    return emitOpError("expects bounds that are numbers, got NaN");
  return success();
}

//===----------------------------------------------------------------------===//
// Constants and moving data
//===----------------------------------------------------------------------===//

LogicalResult ConstantOp::verify() {
  if (getValue().getShapedType() != getType())
    return emitOpError("has a value of type ")
           << text(getValue().getShapedType()) << ", but a result of type "
           << text(getType());
  if (auto dense = dyn_cast<DenseResourceElementsAttr>(getValue())) {
    // Absent bytes are the text's business: a file read without its tensors.
    const AsmResourceBlob *blob = dense.getRawHandle().getBlob();
    unsigned width = getType().getElementType().getIntOrFloatBitWidth();
    int64_t expected = getType().getNumElements() * ((width + 7) / 8);
    if (blob && int64_t(blob->getData().size()) != expected)
      return emitOpError("expects ") << expected << " bytes in resource "
                                     << dense.getRawHandle().getKey()
                                     << ", got " << blob->getData().size();
  } else if (!isa<DenseElementsAttr>(getValue())) {
    return emitOpError("expects a dense or dense_resource value");
  }
  return success();
}

LogicalResult ReshapeOp::verify() {
  if (getX().getType().getElementType() != getType().getElementType())
    return emitOpError("expects a result of the element type of its operand, "
                       "got ")
           << text(getX()) << " and " << text(getType());
  if (elementCount(getX().getType().getShape()) !=
      elementCount(getType().getShape()))
    return emitOpError("expects as many elements as its operand has, got ")
           << *elementCount(getType().getShape()) << " for "
           << *elementCount(getX().getType().getShape());
  return success();
}

LogicalResult ExpandOp::verify() {
  Report report{getLoc(), "expand"};
  if (failed(sameElements(report, getX(), getResult())))
    return failure();
  Shape shape;
  if (failed(broadcast(report, getX().getType().getShape(),
                       getType().getShape(), shape)))
    return failure();
  if (ArrayRef<int64_t>(shape) != getType().getShape())
    return report("cannot broadcast ", text(getX().getType().getShape()),
                  " to ", text(getType().getShape()));
  return success();
}

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor adaptor, Types &results) {
  Report report{location, "transpose"};
  ArrayRef<int64_t> x = shapeOf(adaptor.getX());
  ArrayRef<int64_t> permutation = adaptor.getPermutation();
  Shape shape;
  llvm::SmallBitVector seen(x.size());
  for (int64_t dimension : permutation) {
    if (dimension < 0 || dimension >= int64_t(x.size()) || seen[dimension])
      break;
    seen.set(dimension);
    shape.push_back(x[dimension]);
  }
  if (permutation.size() != x.size() || !seen.all())
    return report("expects a permutation of its ", x.size(),
                  " dimensions, got ", text(permutation));
  return setResult(report, results, shape,
                   tensorType(adaptor.getX()).getElementType());
}

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor adaptor, Types &results) {
  Report report{location, "concat"};
  if (adaptor.getX().empty())
    return report("expects at least one operand");
  Value first = adaptor.getX().front();
  int64_t axis = adaptor.getAxis();
  Shape shape(shapeOf(first));
  if (failed(checkAxis(report, axis, shape.size())))
    return failure();
  for (Value value : adaptor.getX().drop_front()) {
    if (failed(sameElements(report, first, value)))
      return failure();
    Shape other(shapeOf(value));
    if (other.size() != shape.size())
      return report("expects operands of ", shape.size(), " dimensions, got ",
                    text(value));
    int64_t extent = std::exchange(other[axis], shape[axis]);
    if (other != shape)
      return report("expects operands that differ in dimension ", axis,
                    " only, got ", text(first), " and ", text(value));
    shape[axis] += extent;
    if (!elementCount(shape))
      break;
  }
  return setResult(report, results, shape, tensorType(first).getElementType());
}

LogicalResult SliceOp::inferReturnTypes(MLIRContext *,
                                        std::optional<Location> location,
                                        Adaptor adaptor, Types &results) {
  Report report{location, "slice"};
  ArrayRef<int64_t> x = shapeOf(adaptor.getX());
  ArrayRef<int64_t> starts = adaptor.getStarts(), sizes = adaptor.getSizes();
  ArrayRef<int64_t> steps = adaptor.getSteps();
  if (starts.size() != x.size() || sizes.size() != x.size() ||
      steps.size() != x.size())
    return report("expects ", x.size(), " starts, sizes and steps, got ",
                  starts.size(), ", ", sizes.size(), " and ", steps.size());
  for (size_t i = 0; i < x.size(); ++i) {
    if (steps[i] == 0)
      return report("expects steps other than 0");
    if (sizes[i] < 0)
      return report("expects sizes of at least 0, got ", sizes[i]);
    if (sizes[i] == 0)
      continue;
    // In 128 bits, since nothing bounds the numbers yet.
    __int128 last = starts[i] + __int128(sizes[i] - 1) * steps[i];
    if (starts[i] < 0 || starts[i] >= x[i] || last < 0 || last >= x[i])
      return report("reads beyond the ", x[i], " elements of dimension ", i,
                    ": start ", starts[i], ", size ", sizes[i], ", step ",
                    steps[i]);
  }
  return setResult(report, results, sizes,
                   tensorType(adaptor.getX()).getElementType());
}

/// Whether \p value is a number of the integer type \p type.
static bool isNumberOf(IntegerType type, double value) {
  const bool isSigned = type.getWidth() > 1 && !type.isUnsigned();
  const double limit = std::ldexp(1, type.getWidth() - isSigned);
  return value >= (isSigned ? -limit : 0) && value < limit &&
         value == std::trunc(value);
}

LogicalResult PadOp::inferReturnTypes(MLIRContext *,
                                      std::optional<Location> location,
                                      Adaptor adaptor, Types &results) {
  Report report{location, "pad"};
  ArrayRef<int64_t> x = shapeOf(adaptor.getX()), pads = adaptor.getPads();
  llvm::StringRef mode = adaptor.getMode();
  constexpr int64_t limit = int64_t(1) << 40;
  if (!llvm::is_contained({"constant", "reflect", "edge", "wrap"}, mode))
    return report("expects mode constant, reflect, edge or wrap, got ", mode);
  Type element = tensorType(adaptor.getX()).getElementType();
  const double value = adaptor.getValue().convertToDouble();
  if (auto integer = dyn_cast<IntegerType>(element);
      integer && !isNumberOf(integer, value))
    return report("expects a value of type ", text(element), ", got ", value);
  size_t rank = x.size();
  if (pads.size() != 2 * rank)
    return report("expects ", 2 * rank, " pads, got ", pads.size());
  Shape shape;
  for (size_t i = 0; i < rank; ++i) {
    int64_t begin = pads[i], end = pads[rank + i];
    if (std::max(begin, end) > limit || std::min(begin, end) < -limit)
      return report("expects pads of at most 2^40, got ", text(pads));
    int64_t kept =
        x[i] + std::min<int64_t>(begin, 0) + std::min<int64_t>(end, 0);
    int64_t added = std::max<int64_t>({begin, end, 0});
    if (kept < 0)
      return report("removes more than the ", x[i], " elements of dimension ",
                    i);
    if (mode != "constant" && added > 0 && kept == 0)
      return report("has nothing to fill dimension ", i, " from");
    if (mode == "reflect" && added >= std::max<int64_t>(kept, 1))
      return report("reflects ", added, " elements in dimension ", i,
                    ", of which only ", kept - 1, " can be reflected");
    shape.push_back(x[i] + begin + end);
  }
  return setResult(report, results, shape, element);
}

LogicalResult GatherOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor adaptor, Types &results) {
  Report report{location, "gather"};
  ArrayRef<int64_t> x = shapeOf(adaptor.getX());
  int64_t axis = adaptor.getAxis();
  if (failed(checkAxis(report, axis, x.size())))
    return failure();
  Shape shape(x.take_front(axis));
  llvm::append_range(shape, shapeOf(adaptor.getIndices()));
  llvm::append_range(shape, x.drop_front(axis + 1));
  return setResult(report, results, shape,
                   tensorType(adaptor.getX()).getElementType());
}

LogicalResult RangeOp::verify() {
  for (Value operand : getOperands())
    if (tensorType(operand).getRank() != 0)
      return emitOpError("expects scalars, got ") << text(operand);
  if (getType().getRank() != 1)
    return emitOpError("expects a result of one dimension, got ")
           << text(getType());
  return success();
}

} // namespace cim::nn
