//===- Shapes.h - Convolutions by name --------------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_BENCHKERNELS_SHAPES_H
#define CIM_TOOLS_BENCHKERNELS_SHAPES_H

#include "runtime/kernels/Convolution.h"
#include "runtime/kernels/InstructionSet.h"

#include <string>
#include <utility>
#include <vector>

namespace cim::bench {

/// Square images and kernels, "same" padding.
struct Shape {
  int channelsIn, channelsOut, size, kernel, stride, images;
  int groups = 1;

  kernels::ConvolutionShape convolution() const;
  /// "16to32at32_3x3_stride2_images8"
  std::string name() const;
  size_t weights() const;
  /// Of all images, computed directly.
  double flops() const;
};

using NamedAlgorithm = std::pair<const char *, kernels::ConvolutionAlgorithm>;
/// Those that have kernels of their own for \p shape with \p set, which is in
/// use.
std::vector<NamedAlgorithm> algorithmsOf(const Shape &shape,
                                         kernels::InstructionSet set);

} // namespace cim::bench

#endif // CIM_TOOLS_BENCHKERNELS_SHAPES_H
