//===- Constants.h - Constants and their bytes ------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_NN_CONSTANTS_H
#define CIM_DIALECTS_NN_CONSTANTS_H

#include "dialects/nn/NN.h"

#include <cstddef>
#include <memory>

namespace cim::nn {

/// A constant of at most this many elements, or one whose elements are all
/// equal, is written out in the IR; others are resources beside it.
constexpr int64_t maximumInlineElements = 64;

/// The value \p bytes (row-major; one byte per boolean) as an attribute of
/// \p type. A large one becomes a resource, its key \p name (made unique), that
/// shares the bytes with their owner; only small ones are copied.
mlir::ElementsAttr makeElements(mlir::RankedTensorType type,
                                llvm::StringRef name,
                                std::shared_ptr<const std::byte> bytes);

/// Creates a constant at the location \p name.
ConstantOp createConstant(mlir::OpBuilder &builder, llvm::StringRef name,
                          mlir::RankedTensorType type,
                          std::shared_ptr<const std::byte> bytes);

/// The name of a constant (or of any operation): its NameLoc's; empty when it
/// has none.
llvm::StringRef nameOf(mlir::Location location);

/// The bytes of \p value, row-major and one per boolean, without copying where
/// they are stored so. The result is null for a resource without bytes (read
/// from a text whose tensors are missing). It owns a copy; bytes that were not
/// copied belong to the context, and `use_count()` is 0.
std::shared_ptr<const std::byte> bytesOf(mlir::ElementsAttr value);

} // namespace cim::nn

#endif // CIM_DIALECTS_NN_CONSTANTS_H
