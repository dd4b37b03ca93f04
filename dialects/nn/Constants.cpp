//===- Constants.cpp - Constants and their bytes --------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/Constants.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace cim::nn {

/// Bytes of one element; a boolean has one.
static size_t byteWidth(Type element) {
  return (element.getIntOrFloatBitWidth() + 7) / 8;
}

ElementsAttr makeElements(RankedTensorType type, llvm::StringRef name,
                          std::shared_ptr<const std::byte> bytes) {
  Type element = type.getElementType();
  size_t width = byteWidth(element);
  const char *data = reinterpret_cast<const char *>(bytes.get());
  llvm::ArrayRef<char> raw(data, type.getNumElements() * width);
  if (type.getNumElements() > maximumInlineElements) {
    // Whoever reads asks for its own type's alignment; the bytes of a mapped
    // file may have less, so none is promised.
    AsmResourceBlob blob(
        raw, /*dataAlignment=*/width,
        [owner = std::move(bytes)](void *, size_t, size_t) {},
        /*dataIsMutable=*/false);
    return DenseResourceElementsAttr::get(
        type, name.empty() ? "constant" : name, std::move(blob));
  }
  if (element.isInteger(1)) { // a dense attribute packs them into bits
    llvm::SmallVector<bool> values;
    for (char value : raw)
      values.push_back(value != 0);
    return DenseElementsAttr::get(type, values);
  }
  return DenseElementsAttr::getFromRawBuffer(type, raw);
}

ConstantOp createConstant(OpBuilder &builder, llvm::StringRef name,
                          RankedTensorType type,
                          std::shared_ptr<const std::byte> bytes) {
  Location location = NameLoc::get(builder.getStringAttr(name));
  return ConstantOp::create(builder, location,
                            makeElements(type, name, std::move(bytes)));
}

llvm::StringRef nameOf(Location location) {
  auto name = location->findInstanceOf<NameLoc>();
  return name ? name.getName().strref() : llvm::StringRef();
}

std::shared_ptr<const std::byte> bytesOf(ElementsAttr value) {
  auto share = [](llvm::ArrayRef<char> raw) {
    // Attributes live as long as the context, so nobody owns the bytes. Those
    // of no elements are at no address, but not missing.
    if (raw.empty())
      raw = llvm::ArrayRef<char>("", size_t(0));
    return std::shared_ptr<const std::byte>(
        std::shared_ptr<void>(),
        reinterpret_cast<const std::byte *>(raw.data()));
  };
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    const AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return blob ? share(blob->getData()) : nullptr;
  }
  auto dense = cast<DenseElementsAttr>(value);
  Type element = dense.getElementType();
  size_t width = byteWidth(element), count = dense.getNumElements();
  if (!element.isInteger(1) && !dense.isSplat())
    return share(dense.getRawData());
  auto copy = std::shared_ptr<std::byte[]>(new std::byte[count * width]);
  if (element.isInteger(1)) {
    size_t i = 0;
    for (bool bit : dense.getValues<bool>())
      copy[i++] = std::byte(bit);
  } else {
    for (size_t i = 0; i < count; ++i)
      std::memcpy(copy.get() + i * width, dense.getRawData().data(), width);
  }
  return std::shared_ptr<const std::byte>(copy, copy.get());
}

} // namespace cim::nn
