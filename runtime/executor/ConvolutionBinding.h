//===- ConvolutionBinding.h - Layers as convolutions ------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_CONVOLUTIONBINDING_H
#define CIM_RUNTIME_EXECUTOR_CONVOLUTIONBINDING_H

#include "runtime/executor/Step.h"
#include "runtime/executor/Views.h"
#include "runtime/kernels/Convolution.h"

#include <optional>

namespace cim {

/// A conv, gemm or matmul step as kernels compute it.
struct ConvolutionBinding {
  kernels::ConvolutionShape shape;
  /// With the step's bias, and the factor of a gemm.
  BoundEpilogue epilogue;
  /// Rows of the matrix, for gemm and matmul.
  std::optional<int64_t> pixels;

  /// A value of \p channels channels as input or output.
  PlacedView view(const Placement &place, int64_t channels) const {
    return pixels ? pixelsOf(place, *pixels, channels) : imagesOf(place);
  }
  Border border() const;
  /// Weights of one output channel.
  int64_t rows() const {
    return int64_t(shape.channelsIn / shape.groups) * shape.kernelHeight *
           shape.kernelWidth;
  }
  /// BoundStep::packRows.
  int64_t packRows() const {
    return shape.inputMajor ? shape.channelsIn : kernels::channelBlock;
  }
};

/// The shape of a conv step; nothing where its images are not channels-last, or
/// a stride, pad or dilation is larger than any network's (2^20).
std::optional<kernels::ConvolutionShape>
imageConvolutionShape(const Program &program, const plan::Step &step);

/// Nothing for steps that kernels cannot do (other operations, ranks, computed
/// weights, ...).
std::optional<ConvolutionBinding> bindAsConvolution(const Program &program,
                                                    const plan::Step &step);

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_CONVOLUTIONBINDING_H
