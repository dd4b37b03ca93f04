//===- WeightGradient.h - Backward to a convolution's weights --*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_WEIGHTGRADIENT_H
#define CIM_RUNTIME_KERNELS_WEIGHTGRADIENT_H

#include "runtime/kernels/ChannelSlices.h"
#include "runtime/kernels/WinogradWeightGradient.h"

#include <optional>
#include <span>
#include <vector>

namespace cim::kernels {

/// How a loss depends on a convolution's weights, given its input and how the
/// loss depends on its result: for weight (k, c, dy, dx) the sum over all
/// results of channel k of their gradient times the input that the weight met.
class WeightGradient {
public:
  /// \p algorithm: automatic or direct.
  explicit WeightGradient(
      const ConvolutionShape &shape,
      ConvolutionAlgorithm algorithm = ConvolutionAlgorithm::automatic);

  /// Zeros wanted around the input and the gradient of the result.
  BorderWidths border() const;
  BorderWidths gradientBorder() const;
  /// Floats of working memory that run() wants for \p images images.
  size_t scratch(int images) const;

  /// Floats of sums in the kernel's layout.
  size_t packedWeights() const;

  /// Adds the gradient over the images of \p in and \p gradient to \p sums. The
  /// order of additions depends on the images of this call alone.
  int run(const ImageView &in, const ImageView &gradient, float *sums,
          float *scratch) const noexcept;

  /// Adds up \p sums, one after the other, and writes the weights [begin, end)
  /// of them, counted in blocks of channelBlock output channels, in the order
  /// of the convolution's weights into \p weights.
  void unpack(std::span<const float *const> sums, float *weights, int begin,
              int end) const;
  int blocks() const;

private:
  int runDirect(const ImageView &in, const ImageView &gradient,
                float *sums) const noexcept;

  ConvolutionShape shape;
  std::vector<ChannelSlice> slices;
  std::optional<WinogradWeightGradient> winograd;
};

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_WEIGHTGRADIENT_H
