//===- TensorFile.h - Tensors in files --------------------------------*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_TENSOR_TENSORFILE_H
#define CIM_RUNTIME_TENSOR_TENSORFILE_H

#include "runtime/tensor/Tensor.h"

#include <string>

namespace cim {

/// Reads a safetensors file; the tensors share one private mapping of it.
/// Throws InputError, naming the file, when it cannot be read, is truncated or
/// is not safetensors.
TensorMap readSafetensors(const std::string &path);

/// Writes \p tensors whole or not at all, in name order, so that equal tensors
/// give equal files. Throws InputError.
void writeSafetensors(const std::string &path, const TensorMap &tensors);

/// Reads a NumPy .npy file (format 1 to 3, C order, little-endian). Throws
/// InputError.
Tensor readNpy(const std::string &path);

/// Writes a NumPy .npy file whole or not at all.
void writeNpy(const std::string &path, const Tensor &tensor);

} // namespace cim

#endif // CIM_RUNTIME_TENSOR_TENSORFILE_H
