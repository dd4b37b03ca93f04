//===- Export.h - An ONNX file with other numbers ---------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_FRONTENDS_ONNX_EXPORT_H
#define CIM_FRONTENDS_ONNX_EXPORT_H

#include "runtime/tensor/TensorChange.h"

#include <functional>
#include <string>

namespace cim {

struct ExportOptions {
  /// Kept in the file's metadata under "cimulator"; empty: nothing is.
  std::string note;
  /// Receives one line per warning; may be empty.
  std::function<void(const std::string &)> warn;
};

/// Writes the ONNX network \p model to \p output, whole or not at all, with the
/// numbers of \p changes in place of constants; nodes, names and every other
/// byte stay.
///
/// A tensor of the plan is found again by its name and its numbers before.
/// Where convolutions or matrix products take it as their second operand, only
/// these get the new numbers: another use of the same initializer is digital.
/// Those of a ConvTranspose get back the order in which ONNX has them.
/// The numbers become float32 initializers, called like the initializer that
/// they came from; what only computed them (Cast, Transpose, Constant) is
/// dropped. When they feed a network of float16, bfloat16 or float64, all of it
/// becomes float32, in which it is computed here, too. External data move into
/// the file.
///
/// Throws InputError: a change that matches no constant, a file above 2 GiB, or
/// what importOnnx() says about \p model.
void exportOnnx(const std::string &model, const TensorChanges &changes,
                const std::string &output, const ExportOptions &options = {});

} // namespace cim

#endif // CIM_FRONTENDS_ONNX_EXPORT_H
