//===- Inference.h - What type inference and verifiers share ----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_NN_INFERENCE_H
#define CIM_DIALECTS_NN_INFERENCE_H

#include "dialects/nn/NN.h"

namespace cim::nn::inference {

using llvm::ArrayRef;
using mlir::IntegerType;
using mlir::Location;
using mlir::LogicalResult;
using mlir::RankedTensorType;
using mlir::Type;
using mlir::Value;

using Shape = llvm::SmallVector<int64_t, 6>;
using Types = llvm::SmallVectorImpl<Type>;

/// Reports an error of one operation, where there is somebody to report to.
struct Report {
  std::optional<Location> location;
  llvm::StringLiteral operation;

  template <typename... Parts>
  LogicalResult operator()(Parts &&...parts) const {
    return mlir::emitOptionalError(location, "'nn.", operation, "' op ",
                                   std::forward<Parts>(parts)...);
  }
};

inline RankedTensorType tensorType(Value value) {
  return llvm::cast<RankedTensorType>(value.getType());
}
inline ArrayRef<int64_t> shapeOf(Value value) {
  return tensorType(value).getShape();
}

/// Names a type in a message.
inline std::string text(Type type) {
  std::string result;
  llvm::raw_string_ostream(result) << type;
  return result;
}
inline std::string text(Value value) { return text(value.getType()); }
inline std::string text(ArrayRef<int64_t> numbers) {
  std::string result;
  llvm::raw_string_ostream stream(result);
  stream << '[';
  llvm::interleaveComma(numbers, stream);
  stream << ']';
  return result;
}

inline LogicalResult setResult(const Report &report, Types &results,
                               ArrayRef<int64_t> shape, Type elementType) {
  if (!elementCount(shape))
    return report("has a result of shape ", text(shape),
                  ", more than the 2^40 elements a tensor may have");
  results.push_back(RankedTensorType::get(shape, elementType));
  return mlir::success();
}

/// Appends the broadcast of \p a and \p b, aligned at their last dimension.
inline LogicalResult broadcast(const Report &report, ArrayRef<int64_t> a,
                               ArrayRef<int64_t> b, Shape &result) {
  size_t rank = std::max(a.size(), b.size());
  for (size_t i = 0; i < rank; ++i) {
    int64_t extentA = i + a.size() < rank ? 1 : a[i + a.size() - rank];
    int64_t extentB = i + b.size() < rank ? 1 : b[i + b.size() - rank];
    if (extentA != extentB && extentA != 1 && extentB != 1)
      return report("expects shapes that broadcast, got ", text(a), " and ",
                    text(b));
    result.push_back(extentA == 1 ? extentB : extentA);
  }
  return mlir::success();
}

inline LogicalResult sameElements(const Report &report, Value a, Value b) {
  if (tensorType(a).getElementType() == tensorType(b).getElementType())
    return mlir::success();
  return report("expects operands of one element type, got ", text(a), " and ",
                text(b));
}

template <typename Adaptor>
LogicalResult inferBinary(const Report &report, Adaptor adaptor, Types &results,
                          bool comparison = false) {
  Shape shape;
  if (mlir::failed(sameElements(report, adaptor.getA(), adaptor.getB())) ||
      mlir::failed(broadcast(report, shapeOf(adaptor.getA()),
                             shapeOf(adaptor.getB()), shape)))
    return mlir::failure();
  Type element = tensorType(adaptor.getA()).getElementType();
  if (comparison)
    element = IntegerType::get(element.getContext(), 1);
  return setResult(report, results, shape, element);
}

inline LogicalResult checkAxis(const Report &report, int64_t axis,
                               int64_t rank) {
  if (axis >= 0 && axis < rank)
    return mlir::success();
  return report("expects an axis from 0 to ", rank - 1, ", got ", axis);
}

} // namespace cim::nn::inference

#endif // CIM_DIALECTS_NN_INFERENCE_H
