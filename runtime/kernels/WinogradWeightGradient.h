//===- WinogradWeightGradient.h - To weights of 3x3 kernels -----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_WINOGRADWEIGHTGRADIENT_H
#define CIM_RUNTIME_KERNELS_WINOGRADWEIGHTGRADIENT_H

#include "runtime/kernels/Convolution.h"

namespace cim::kernels {

/// The weight gradient of 3×3 convolutions without stride, backward through
/// Winograd's F(4×4, 3×3): a quarter of the products (see the generator of the
/// same name).
class WinogradWeightGradient {
public:
  /// Whether it can compute \p shape and is faster than the direct kernel.
  static bool pays(const ConvolutionShape &shape);

  explicit WinogradWeightGradient(const ConvolutionShape &shape);

  /// Zeros wanted around the input and the result's gradient: tiles reach
  /// beyond images whose size is no multiple of theirs.
  BorderWidths border() const;
  BorderWidths gradientBorder() const;
  /// Floats of working memory that run() wants for \p images images.
  size_t scratch(int images) const;

  /// Adds the gradient over the images of \p in and \p gradient to \p sums:
  /// (lane, input channel, dx, dy, block).
  int run(const ImageView &in, const ImageView &gradient, float *sums,
          float *scratch) const noexcept;

private:
  int tilesX() const;
  int tilesY() const;
  /// Of \p images images, those that go through together.
  int tilesTogether(int images) const;

  ConvolutionShape shape;
  int inputBlocks, outputBlocks;
};

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_WINOGRADWEIGHTGRADIENT_H
