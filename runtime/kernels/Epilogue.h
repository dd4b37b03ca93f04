//===- Epilogue.h - What kernels do before they store a result -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_EPILOGUE_H
#define CIM_RUNTIME_KERNELS_EPILOGUE_H

#include <limits>

namespace cim::kernels {

/// y = activation(x * scale[c] + offset[c] + residual), where activation(v) =
/// min(max(v < 0 ? v * slope : v, lowest), highest). The defaults change
/// nothing.
struct Epilogue {
  /// paddedChannels(C) floats, or null for 1. Padding lanes may hold anything
  /// finite.
  const float *scale = nullptr;
  /// paddedChannels(C) floats with zeros in the padding, or null for 0.
  const float *offset = nullptr;
  /// The element of the result's pixel (0, 0), image 0, channel 0 in an image
  /// of the result's size, or null for 0. It must not overlap the result,
  /// except in elementwise kernels, where it may be the result itself.
  const float *residual = nullptr;
  int residualPixelStride = 0;
  int residualRowStride = 0;
  int residualImageStride = 0;
  bool residualIsBfloat16 = false; ///< as ImageView::isBfloat16
  float slope = 1;
  float lowest = -std::numeric_limits<float>::infinity();
  float highest = std::numeric_limits<float>::infinity();
  /// Then rounds to the nearest bfloat16; for kernels that can
  /// (Convolution::takesBfloat16), the others leave it to their caller.
  bool toBfloat16 = false;
};

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_EPILOGUE_H
