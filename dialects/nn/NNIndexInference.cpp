//===- NNIndexInference.cpp - What fits operations with indices -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/Inference.h"

using namespace mlir;
using llvm::ArrayRef;

namespace cim::nn {

using namespace inference;

namespace {

Type elementOf(Value value) { return tensorType(value).getElementType(); }

LogicalResult checkReduction(const Report &report, StringRef reduction) {
  if (llvm::is_contained({"replace", "add", "mul", "max", "min"}, reduction))
    return success();
  return report("expects replace, add, mul, max or min, got ", reduction);
}

/// Fails unless \p indices fit into \p x but for dimension \p axis.
LogicalResult checkElementIndices(const Report &report, ArrayRef<int64_t> x,
                                  ArrayRef<int64_t> indices, int64_t axis) {
  if (failed(checkAxis(report, axis, x.size())))
    return failure();
  bool fits = x.size() == indices.size();
  for (size_t d = 0; fits && d < x.size(); ++d)
    fits = int64_t(d) == axis || indices[d] <= x[d];
  if (fits)
    return success();
  return report("expects indices of shape ", text(x), " or less, got ",
                text(indices));
}

} // namespace

LogicalResult TopKOp::inferReturnTypes(MLIRContext *context,
                                       std::optional<Location> location,
                                       Adaptor adaptor, Types &results) {
  Report report{location, "top_k"};
  Shape shape(shapeOf(adaptor.getX()));
  int64_t axis = adaptor.getAxis(), k = adaptor.getK();
  if (failed(checkAxis(report, axis, shape.size())))
    return failure();
  if (k < 0 || k > shape[axis])
    return report("takes ", k, " of the ", shape[axis],
                  " elements in dimension ", axis);
  shape[axis] = k;
  return setResult(report, results, shape, IntegerType::get(context, 64));
}

LogicalResult
GatherElementsOp::inferReturnTypes(MLIRContext *,
                                   std::optional<Location> location,
                                   Adaptor adaptor, Types &results) {
  Report report{location, "gather_elements"};
  ArrayRef<int64_t> indices = shapeOf(adaptor.getIndices());
  if (failed(checkElementIndices(report, shapeOf(adaptor.getX()), indices,
                                 adaptor.getAxis())))
    return failure();
  return setResult(report, results, indices, elementOf(adaptor.getX()));
}

LogicalResult GatherNdOp::inferReturnTypes(MLIRContext *,
                                           std::optional<Location> location,
                                           Adaptor adaptor, Types &results) {
  Report report{location, "gather_nd"};
  ArrayRef<int64_t> x = shapeOf(adaptor.getX());
  ArrayRef<int64_t> indices = shapeOf(adaptor.getIndices());
  int64_t batch = adaptor.getBatchDimensions();
  int64_t rank = x.size(), depth = indices.empty() ? 0 : indices.back();
  if (indices.empty() || batch < 0 || batch >= int64_t(indices.size()) ||
      depth < 0 || batch + depth > rank ||
      indices.take_front(batch) != x.take_front(batch))
    return report("expects indices into dimensions of ", text(x), " after ",
                  batch, " of the batch, got ", text(indices));
  Shape shape(indices.drop_back());
  llvm::append_range(shape, x.drop_front(batch + depth));
  return setResult(report, results, shape, elementOf(adaptor.getX()));
}

LogicalResult
ScatterElementsOp::inferReturnTypes(MLIRContext *,
                                    std::optional<Location> location,
                                    Adaptor adaptor, Types &results) {
  Report report{location, "scatter_elements"};
  ArrayRef<int64_t> x = shapeOf(adaptor.getX());
  ArrayRef<int64_t> indices = shapeOf(adaptor.getIndices());
  if (failed(checkReduction(report, adaptor.getReduction())) ||
      failed(sameElements(report, adaptor.getX(), adaptor.getUpdates())) ||
      failed(checkElementIndices(report, x, indices, adaptor.getAxis())))
    return failure();
  if (shapeOf(adaptor.getUpdates()) != indices)
    return report("expects updates of shape ", text(indices), ", got ",
                  text(shapeOf(adaptor.getUpdates())));
  return setResult(report, results, x, elementOf(adaptor.getX()));
}

LogicalResult ScatterNdOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor adaptor, Types &results) {
  Report report{location, "scatter_nd"};
  ArrayRef<int64_t> x = shapeOf(adaptor.getX());
  ArrayRef<int64_t> indices = shapeOf(adaptor.getIndices());
  if (failed(checkReduction(report, adaptor.getReduction())) ||
      failed(sameElements(report, adaptor.getX(), adaptor.getUpdates())))
    return failure();
  if (indices.empty() || indices.back() > int64_t(x.size()))
    return report("expects indices into dimensions of ", text(x), ", got ",
                  text(indices));
  Shape updates(indices.drop_back());
  llvm::append_range(updates, x.drop_front(indices.back()));
  if (shapeOf(adaptor.getUpdates()) != ArrayRef<int64_t>(updates))
    return report("expects updates of shape ", text(updates), ", got ",
                  text(shapeOf(adaptor.getUpdates())));
  return setResult(report, results, x, elementOf(adaptor.getX()));
}

LogicalResult ResampleOp::inferReturnTypes(MLIRContext *,
                                           std::optional<Location> location,
                                           Adaptor adaptor, Types &results) {
  Report report{location, "resample"};
  Shape shape(shapeOf(adaptor.getX()));
  ArrayRef<int64_t> positions = shapeOf(adaptor.getPositions());
  if (failed(checkAxis(report, adaptor.getAxis(), shape.size())) ||
      failed(sameElements(report, adaptor.getX(), adaptor.getWeights())))
    return failure();
  if (positions.size() != 2 || shapeOf(adaptor.getWeights()) != positions)
    return report("expects positions and weights of one shape [extent, taps], "
                  "got ",
                  text(positions), " and ",
                  text(shapeOf(adaptor.getWeights())));
  shape[adaptor.getAxis()] = positions[0];
  return setResult(report, results, shape, elementOf(adaptor.getX()));
}

LogicalResult CumulateOp::inferReturnTypes(MLIRContext *,
                                           std::optional<Location> location,
                                           Adaptor adaptor, Types &results) {
  Report report{location, "cumulate"};
  ArrayRef<int64_t> x = shapeOf(adaptor.getX());
  if (!llvm::is_contained({"sum", "prod"}, adaptor.getKind()))
    return report("expects sum or prod, got ", adaptor.getKind());
  if (failed(checkAxis(report, adaptor.getAxis(), x.size())))
    return failure();
  return setResult(report, results, x, elementOf(adaptor.getX()));
}

} // namespace cim::nn
