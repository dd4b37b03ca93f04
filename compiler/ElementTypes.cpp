//===- ElementTypes.cpp - Element types of MLIR and of plans --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/ElementTypes.h"

#include "dialects/nn/Constants.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace cim;

std::optional<ElementType> cim::elementTypeOf(mlir::Type type) {
  if (type.isF32())
    return plan::F32;
  if (type.isF64())
    return plan::F64;
  auto integer = dyn_cast<mlir::IntegerType>(type);
  if (!integer)
    return std::nullopt;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return plan::BOOL;
  case 8:
    return isUnsigned ? plan::U8 : plan::I8;
  case 16:
    return isUnsigned ? plan::U16 : plan::I16;
  case 32:
    return isUnsigned ? plan::U32 : plan::I32;
  case 64:
    return isUnsigned ? plan::U64 : plan::I64;
  default:
    return std::nullopt;
  }
}

std::optional<Tensor> cim::tensorOf(mlir::DenseResourceElementsAttr resource) {
  std::optional<ElementType> type = elementTypeOf(resource.getElementType());
  mlir::AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  llvm::ArrayRef<int64_t> shape = resource.getType().getShape();
  std::optional<int64_t> elements = nn::elementCount(shape);
  if (!type || !blob || !elements ||
      blob->getData().size() != *elements * byteWidth(*type))
    return std::nullopt;
  return Tensor{*type, shape.vec(), nn::bytesOf(resource)};
}
