//===- Convolution.h - Convolutions and dense layers -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_CONVOLUTION_H
#define CIM_RUNTIME_KERNELS_CONVOLUTION_H

#include "runtime/kernels/Epilogue.h"
#include "runtime/kernels/ImageView.h"

#include <cstddef>
#include <memory>
#include <string>

namespace cim::kernels {

/// A convolution as in ONNX, of images of one size. A dense layer (gemm,
/// matmul) is one with 1×1 kernel over 1×1 images.
struct ConvolutionShape {
  int channelsIn = 0, channelsOut = 0;
  int groups = 1;
  int widthIn = 1, heightIn = 1;
  int kernelWidth = 1, kernelHeight = 1;
  int strideX = 1, strideY = 1;
  int dilationX = 1, dilationY = 1;
  BorderWidths pads;
  /// Weights come as [in, out] instead of ONNX's [out, in / groups, kernel
  /// height, kernel width]; for 1×1 kernels without groups only.
  bool inputMajor = false;

  auto operator<=>(const ConvolutionShape &) const = default;

  int widthOut() const; ///< of the result, in pixels
  int heightOut() const;
  /// Of one image, computed directly.
  double multiplyAdds() const;
};

/// The zeros around the input that windows of \p shape reach.
BorderWidths windowBorder(const ConvolutionShape &shape);

enum class ConvolutionAlgorithm {
  automatic, ///< the fastest known for the shape
  direct,    ///< sums products in order: error as of any f32 convolution
  winograd2, ///< F(2×2, 3×3) where it applies, else direct
  winograd4, ///< F(4×4, 3×3) where it applies, else direct
  /// Products of inputs and weights rounded to bfloat16, summed in f32, where
  /// the processor has instructions for them, else direct.
  bfloat16,
};

class ConvolutionKernel;

/// A convolution with its kernel chosen. Results do not depend on the number of
/// images per call.
class Convolution {
public:
  /// \p shape must be meaningful (positive sizes, groups divide channels, a
  /// result of at least one pixel): whoever reads plans has checked that.
  explicit Convolution(
      const ConvolutionShape &shape,
      ConvolutionAlgorithm algorithm = ConvolutionAlgorithm::automatic);
  ~Convolution();
  Convolution(Convolution &&) noexcept;
  Convolution &operator=(Convolution &&) noexcept;

  /// Zeros wanted around the input.
  BorderWidths border() const;

  /// Floats of the weights in the kernel's layout.
  size_t packedWeights() const;

  /// Floats of working memory that run() wants for \p images images.
  size_t scratch(int images) const;

  /// Rewrites \p weights into the kernel's layout, output channels [begin, end)
  /// only, of which begin must be a multiple of channelBlock and end too or
  /// channelsOut: so that threads can share the work.
  void pack(const float *weights, float *packed, int begin,
            int end) const noexcept;
  void pack(const float *weights, float *packed) const noexcept;

  /// Computes \p out from \p in, images side by side. Both views have this
  /// shape's sizes, and the same number of images. An input of fewer channels
  /// than a block, as networks begin with, may come without padding channels.
  /// Padding channels of the result become zeros. \p packed and \p scratch are
  /// aligned to 64 bytes. Returns 0, or Halide's error code.
  int run(const ImageView &in, const float *packed, const Epilogue &epilogue,
          const ImageView &out, float *scratch) const noexcept;

  /// Whether run() can round its results (Epilogue::toBfloat16), and take each
  /// of input, residual and result as bfloat16 numbers (ImageView::isBfloat16).
  /// Such an input has no gaps between its rows, borders included; where its
  /// pixelStride is no multiple of 32, a pixel of zeros follows each image.
  bool takesBfloat16() const;

  /// Bytes behind an input of bfloat16 numbers that run() may read. What they
  /// hold does not matter.
  size_t readsBeyond() const;

  /// What was chosen, for people: "direct 8x1x32", "depthwise 7", ...
  std::string description() const;

private:
  int channelsOut;
  std::unique_ptr<ConvolutionKernel> kernel;
};

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_CONVOLUTION_H
