//===- Kernels.h - Everything but convolutions -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels without weights. All take channels-last views, write zeros into the
// padding channels of their result, leave its border alone, allocate nothing
// and return 0 or Halide's error code. Results do not depend on the number of
// images per call. Unless said otherwise a result must not overlap an operand.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_KERNELS_H
#define CIM_RUNTIME_KERNELS_KERNELS_H

#include "runtime/kernels/Epilogue.h"
#include "runtime/kernels/ImageView.h"

namespace cim::kernels {

/// Pooling windows as in ONNX. The result's size is that of its view, so that
/// ceil_mode is the caller's business; windows that reach beyond the image see
/// only the part inside.
struct PoolingShape {
  int kernelWidth = 1, kernelHeight = 1;
  int strideX = 1, strideY = 1;
  int dilationX = 1, dilationY = 1;
  BorderWidths pads;
  /// Averages divide by the taps inside the padded image, not the image.
  bool countIncludesPads = false;
};

int maxPool(const PoolingShape &shape, const ImageView &in,
            const ImageView &out) noexcept;
int averagePool(const PoolingShape &shape, const ImageView &in,
                const ImageView &out) noexcept;

/// \p out is 1×1.
int globalAveragePool(const ImageView &in, const ImageView &out) noexcept;

/// y = x / (bias + alpha / size * sum of x² over `size` channels around)^beta.
struct LrnParameters {
  int size = 5;
  float alpha = 1e-4f, beta = 0.75f, bias = 1;
};
int lrn(const LrnParameters &parameters, const ImageView &in,
        const ImageView &out) noexcept;

enum class BinaryOperation { add, subtract, multiply };

/// epilogue(a op b). A stride of 0 in an operand broadcasts along that
/// dimension; the result may be one of the operands. All have the same
/// channels.
int binary(BinaryOperation operation, const ImageView &a, const ImageView &b,
           const Epilogue &epilogue, const ImageView &out) noexcept;

/// epilogue(in). The result may be the operand.
int scaleOffset(const ImageView &in, const Epilogue &epilogue,
                const ImageView &out) noexcept;

/// Copies images of dense ONNX order (N, C, H, W) at \p in into \p out.
int toChannelsLast(const float *in, const ImageView &out) noexcept;

/// Copies \p in to dense ONNX order (N, C, H, W) at \p out.
int toRowMajor(const ImageView &in, float *out) noexcept;

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_KERNELS_H
