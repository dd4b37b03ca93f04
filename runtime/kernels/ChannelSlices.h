//===- ChannelSlices.h - Which channels meet which ----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_KERNELS_CHANNELSLICES_H
#define CIM_RUNTIME_KERNELS_CHANNELSLICES_H

#include "runtime/kernels/Convolution.h"

#include <vector>

namespace cim::kernels {

/// Consecutive blocks of output channels that read the same input channels: all
/// of them without groups, a group's where groups are whole blocks. A block
/// that straddles groups reads the channels of them all, with weight zero where
/// an output has no such input, which makes every grouping a few dense
/// convolutions.
struct ChannelSlice {
  int inputBegin, inputEnd; ///< channels
  int blockBegin, blockEnd;
  size_t packed; ///< where its weights begin

  int inputs() const { return inputEnd - inputBegin; }
  int blocks() const { return blockEnd - blockBegin; }
};

/// The slices of a convolution whose weights are packed as (lane, c, dx, dy,
/// block), slice after slice.
std::vector<ChannelSlice> channelSlices(const ConvolutionShape &shape);

/// Packed weights of one block of \p slice.
size_t weightsPerBlock(const ConvolutionShape &shape,
                       const ChannelSlice &slice);

} // namespace cim::kernels

#endif // CIM_RUNTIME_KERNELS_CHANNELSLICES_H
