//===- TiledConvolution.h - A convolution in tiles of its inputs *- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_TILEDCONVOLUTION_H
#define CIM_RUNTIME_KERNELS_TILEDCONVOLUTION_H

#include "runtime/kernels/Convolution.h"

#include <vector>

namespace cim::kernels {

/// A convolution whose weight matrix (one row for every input of a window, in
/// ONNX weight order: channel slowest, x fastest) is cut into tiles of rows,
/// each of which is computed by itself, as crossbar arrays do. A tile is a
/// convolution of the channels that its rows touch, with weights of zero where
/// a row is another tile's.
class TiledConvolution {
public:
  /// \p tileRows rows of a group at a time; those that are left are the last
  /// tile. \p strict: direct kernels only.
  TiledConvolution(const ConvolutionShape &shape, int64_t tileRows,
                   bool strict);

  int tiles() const { return parts.size(); }
  /// Zeros wanted around the input, whichever tile.
  BorderWidths border() const;
  /// Floats of all tiles' weights in their kernels' layouts.
  size_t packedWeights() const;
  /// Floats of working memory for \p images images, whichever tile.
  size_t scratch(int images) const;

  /// As Convolution::pack, for all tiles; \p weights is the whole layer's
  /// first weight.
  void pack(const float *weights, float *packed, int begin, int end) const;

  /// Computes the partial sums of \p tile. Pixels of \p in are padded to whole
  /// channel blocks, unless it has fewer channels than one.
  int run(int tile, const ImageView &in, const float *packed,
          const ImageView &out, float *scratch) const noexcept;

  /// The kernels of all tiles, for people: "4 x direct 8x1x32, direct 4x2x32".
  std::string description() const;

private:
  struct Part {
    int64_t rowBegin, rowEnd; ///< of a group's matrix
    int firstChannel;         ///< of the input
    ConvolutionShape shape;
    Convolution convolution;
    size_t packed; ///< where its weights begin
  };
  Part makePart(int64_t rowBegin, int64_t rowEnd, size_t packed,
                bool strict) const;

  ConvolutionShape shape;
  std::vector<Part> parts;
};

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_TILEDCONVOLUTION_H
