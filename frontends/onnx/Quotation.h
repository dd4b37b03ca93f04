//===- Quotation.h - Names from a file, safe to print -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_FRONTENDS_ONNX_QUOTATION_H
#define CIM_FRONTENDS_ONNX_QUOTATION_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>

namespace onnx {
class NodeProto;
}

namespace cim::importer {

/// \p text with control characters and what is not UTF-8 escaped, so that it
/// stays on one line and cannot command a terminal.
std::string printable(llvm::StringRef text);

/// \p text in single quotes for an error message of one line: control
/// characters and what is not UTF-8 are escaped, the middle of a very long text
/// is left out.
std::string quotation(llvm::StringRef text);

/// "[1, 3, 32, 32]".
std::string listed(llvm::ArrayRef<int64_t> numbers);

/// The name of a node: its own or, of an anonymous one, that of its first
/// output.
llvm::StringRef nameOf(const onnx::NodeProto &node);

/// "node '/conv1/Conv' (Conv)".
std::string described(const onnx::NodeProto &node);

} // namespace cim::importer

#endif // CIM_FRONTENDS_ONNX_QUOTATION_H
