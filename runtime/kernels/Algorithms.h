//===- Algorithms.h - Which algorithm suits a convolution -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_ALGORITHMS_H
#define CIM_RUNTIME_KERNELS_ALGORITHMS_H

#include "runtime/kernels/Convolution.h"

#include <map>
#include <utility>

namespace cim::kernels {

/// Those that layers can choose from; bfloat16 only where numbers are rounded
/// to it anyway.
inline constexpr ConvolutionAlgorithm algorithms[] = {
    ConvolutionAlgorithm::direct, ConvolutionAlgorithm::winograd2,
    ConvolutionAlgorithm::winograd4, ConvolutionAlgorithm::bfloat16};

/// Whether \p algorithm (not `automatic`) computes \p shape; where it does not,
/// Convolution takes the direct one.
bool applies(ConvolutionAlgorithm algorithm, const ConvolutionShape &shape);

/// Time per image that \p algorithm takes for \p shape in passes of \p images
/// images, from a built-in table of measured speeds: in multiply-adds that a
/// core does in that time at its peak.
double estimatedTime(ConvolutionAlgorithm algorithm,
                     const ConvolutionShape &shape, int images);

/// Times that were measured on this machine, in the unit of estimatedTime.
using MeasuredTimes =
    std::map<std::pair<ConvolutionShape, ConvolutionAlgorithm>, double>;

/// The one of least estimated time, for a handful of images per pass.
ConvolutionAlgorithm fastestAlgorithm(const ConvolutionShape &shape);

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_ALGORITHMS_H
