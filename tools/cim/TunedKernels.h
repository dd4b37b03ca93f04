//===- TunedKernels.h - What cim tune has measured -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_TUNEDKERNELS_H
#define CIM_TOOLS_CIM_TUNEDKERNELS_H

#include "runtime/kernels/Algorithms.h"

#include <string>
#include <string_view>

namespace cim {

/// "direct", "winograd2", ...
std::string_view nameOf(kernels::ConvolutionAlgorithm algorithm);

/// Times of kernels on this processor with the instruction set in use, kept in
/// the user's cache folder as JSON, a file per processor and instruction set.
struct TunedKernels {
  kernels::MeasuredTimes times;

  /// Where they are kept. Throws InputError without a cache folder.
  static std::string path();
  /// What has been measured; empty when nothing has. Throws InputError for a
  /// file that is damaged.
  static TunedKernels load();
  /// What stands in \p file, which cim tune wrote here or elsewhere (`--tuned
  /// FILE.json`). Throws InputError.
  static TunedKernels loadFrom(const std::string &file);
  /// Adds \p measured to what stands in the file, in the place of what it says
  /// of the same, whole or not at all, and returns all of it. Throws
  /// InputError.
  static TunedKernels add(const kernels::MeasuredTimes &measured);
};

/// A short hash, for results' identities.
std::string digestOf(const kernels::AlgorithmChoice &choice);

} // namespace cim

#endif // CIM_TOOLS_CIM_TUNEDKERNELS_H
