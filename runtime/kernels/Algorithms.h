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

/// Part of every result's identity, so that stores never mix bits. Raise it
/// with every change by which a layer may get other last bits on the same
/// instruction set: another order of sums, transform or rounding in a kernel,
/// or another choice by the table in Algorithms.cpp or the rules around it
/// (BindStep.cpp, TiledConvolution.cpp). Faster kernels of the same bits leave
/// it as it is.
inline constexpr int kernelRevision = 1;

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

/// What a network's layers of some shapes get in place of the built-in choice:
/// all that results depend on of measured times.
using AlgorithmChoice = std::map<ConvolutionShape, ConvolutionAlgorithm>;

/// What \p choice, which may be null, says of \p shape; `automatic` where that
/// is nothing, or cannot be done. \p bfloat16: inputs and weights are such
/// numbers.
ConvolutionAlgorithm chosenAlgorithm(const AlgorithmChoice *choice,
                                     const ConvolutionShape &shape,
                                     bool bfloat16);

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_ALGORITHMS_H
