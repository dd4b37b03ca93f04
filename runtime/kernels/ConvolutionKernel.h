//===- ConvolutionKernel.h - What a convolution runs on ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_CONVOLUTIONKERNEL_H
#define CIM_RUNTIME_KERNELS_CONVOLUTIONKERNEL_H

#include "runtime/kernels/Convolution.h"

#include <memory>
#include <string>

namespace cim::kernels {

/// One way to compute convolutions of one shape; see Convolution for what the
/// functions mean.
class ConvolutionKernel {
public:
  virtual ~ConvolutionKernel() = default;
  virtual BorderWidths border() const = 0;
  virtual size_t packedWeights() const = 0;
  virtual size_t scratch(int /*images*/) const { return 0; }
  virtual void pack(const float *weights, float *packed, int begin,
                    int end) const noexcept = 0;
  /// Padding channels may hold what the activation makes of zero.
  virtual int run(const ImageView &in, const float *packed,
                  const Epilogue &epilogue, const ImageView &out,
                  float *scratch) const noexcept = 0;
  virtual std::string description() const = 0;
  virtual bool takesBfloat16() const { return false; }
  virtual size_t readsBeyond() const { return 0; }
};

/// Works for every shape.
std::unique_ptr<ConvolutionKernel>
makeDirectConvolution(const ConvolutionShape &shape);

/// One filter per channel: groups, channelsIn and channelsOut are equal. The
/// input's pixels are padded to whole channel blocks.
std::unique_ptr<ConvolutionKernel>
makeDepthwiseConvolution(const ConvolutionShape &shape);

/// F(results × results, 3×3), \p results being 2 or 4, for shapes of which
/// winogradApplies. The input's pixels are padded to whole channel blocks.
std::unique_ptr<ConvolutionKernel>
makeWinogradConvolution(const ConvolutionShape &shape, int results);
bool winogradApplies(const ConvolutionShape &shape, int results);

/// Products of bfloat16 numbers, to which inputs and weights are rounded, for
/// shapes without groups. With InstructionSet::avx512bf16 and ::amx.
std::unique_ptr<ConvolutionKernel>
makeDotConvolution(const ConvolutionShape &shape);
std::unique_ptr<ConvolutionKernel>
makeAmxConvolution(const ConvolutionShape &shape);

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_CONVOLUTIONKERNEL_H
