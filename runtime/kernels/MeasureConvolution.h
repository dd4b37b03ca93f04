//===- MeasureConvolution.h - How fast a convolution is here ----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_MEASURECONVOLUTION_H
#define CIM_RUNTIME_KERNELS_MEASURECONVOLUTION_H

#include "runtime/kernels/Convolution.h"

#include <cstdlib>
#include <memory>

namespace cim::kernels {

/// A convolution with operands of its own, to be timed.
class MeasuredConvolution {
public:
  MeasuredConvolution(const ConvolutionShape &shape,
                      ConvolutionAlgorithm algorithm, int images);

  /// Computes all images once. Returns 0 or the kernel's error code.
  int run(const Epilogue &epilogue = {}) const noexcept;

  const Convolution &kernel() const { return convolution; }
  const ImageView &result() const { return out; }

  /// Of input, packed weights and result.
  double bytes() const { return operandBytes; }

private:
  struct Free {
    void operator()(float *memory) const { std::free(memory); }
  };
  using Memory = std::unique_ptr<float[], Free>;
  static Memory allocate(size_t count);

  Convolution convolution;
  Memory input, output, packed, scratch;
  double operandBytes;
  ImageView in, out;
};

/// The least time of one image in passes of \p images images, on one core; it
/// tries for at least \p seconds seconds. Other programs only ever add time.
double measureSeconds(const ConvolutionShape &shape,
                      ConvolutionAlgorithm algorithm, int images,
                      double seconds = 0.05);

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_MEASURECONVOLUTION_H
