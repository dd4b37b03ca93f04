//===- Sidecar.h - A text file with its tensors beside it -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A module or a plan is a text that people read and edit; its tensors stand in
// a safetensors file of the same stem, and the text names that file and its
// hash.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TENSOR_SIDECAR_H
#define CIM_RUNTIME_TENSOR_SIDECAR_H

#include "runtime/tensor/Tensor.h"

#include <functional>
#include <string>

namespace cim {

/// How a text refers to its tensors.
struct SidecarReference {
  std::string file;   ///< a file name in the text's folder
  std::string sha256; ///< of the whole tensor file
};

/// Writes \p tensors into `STEM.safetensors` beside \p path, and into \p path
/// the text that \p text makes of the reference to them. Where another text
/// (STEM.mlir or STEM.plan) would find its tensors changed, they go into
/// \p path.safetensors. Both files are whole when either appears; when anything
/// fails, both are as they were. Throws InputError.
void writeWithSidecar(
    const std::string &path, const TensorMap &tensors,
    const std::function<std::string(const SidecarReference &)> &text);

/// Reads the tensors that \p path, a text, refers to. Tensors that changed
/// since the text was written may be meant (weights edited by hand), so \p
/// warn, when not empty, gets one line about it. Throws InputError.
TensorMap readSidecar(const std::string &path,
                      const SidecarReference &reference,
                      const std::function<void(const std::string &)> &warn);

} // namespace cim

#endif // CIM_RUNTIME_TENSOR_SIDECAR_H
