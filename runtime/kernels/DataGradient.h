//===- DataGradient.h - Backward to a convolution's input ----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_DATAGRADIENT_H
#define CIM_RUNTIME_KERNELS_DATAGRADIENT_H

#include "runtime/kernels/Convolution.h"

#include <optional>
#include <vector>

namespace cim::kernels {

/// How a loss depends on a convolution's input, given how it depends on its
/// result: itself a convolution, of the result's gradient with the weights
/// turned around and their channels exchanged (Goodfellow, Bengio and
/// Courville, Deep Learning, 2016, section 9.5). With a stride s, pixels of the
/// input whose positions differ modulo s meet different taps: each of these
/// s × s phases is a convolution without stride, on every s-th pixel.
class DataGradient {
public:
  /// \p shape is the forward convolution's.
  explicit DataGradient(
      const ConvolutionShape &shape,
      ConvolutionAlgorithm algorithm = ConvolutionAlgorithm::automatic);

  /// Zeros wanted around the gradient of the result.
  BorderWidths border() const;
  /// Floats of the weights in the kernels' layouts.
  size_t packedWeights() const;
  /// Floats of working memory that run() wants for \p images images.
  size_t scratch(int images) const;

  /// Rewrites the forward convolution's \p weights, those of output channel k
  /// multiplied by scale[k] where \p scale is not null (what follows the
  /// convolution). Phases [begin, end) of phases(), so that threads can share
  /// the work.
  void pack(const float *weights, const float *scale, float *packed, int begin,
            int end) const;
  void pack(const float *weights, const float *scale, float *packed) const {
    pack(weights, scale, packed, 0, phases());
  }
  int phases() const { return parts.size(); }

  /// Computes \p out, the gradient of the input, from \p gradient, that of the
  /// result; of \p epilogue the residual is added, as for convolutions.
  /// Pixels that no window meets get the residual alone.
  int run(const ImageView &gradient, const float *packed,
          const Epilogue &epilogue, const ImageView &out,
          float *scratch) const noexcept;

private:
  /// Taps first, first + step, ... of a kernel's row or column, the last of
  /// which comes first in the turned kernel.
  struct Taps {
    int first = 0, step = 1, count = 0;
    int dilation = 1; ///< of the turned kernel
    int pad = 0;      ///< before the result's gradient; may be negative
  };
  struct Phase {
    int x = 0, y = 0; ///< the first of its pixels
    Taps tapsX, tapsY;
    /// None for pixels that no window meets.
    std::optional<Convolution> convolution;
    size_t packed = 0; ///< where its weights begin
  };
  static Taps tapsOf(int phase, int kernel, int stride, int dilation, int pad);
  /// Whether the weights are a matrix, of which the convolution backward takes
  /// either order of the channels.
  bool keepsOrder() const {
    return shape.groups == 1 && shape.kernelWidth == 1 &&
           shape.kernelHeight == 1;
  }
  /// The weights of \p phase's convolution.
  void turn(const float *weights, const float *scale, const Phase &phase,
            std::vector<float> &turned) const;

  ConvolutionShape shape;
  std::vector<Phase> parts;
  size_t packedFloats = 0;
};

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_DATAGRADIENT_H
