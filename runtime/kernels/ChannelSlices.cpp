//===- ChannelSlices.cpp - Which channels meet which ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/ChannelSlices.h"

#include <algorithm>

namespace cim::kernels {

std::vector<ChannelSlice> channelSlices(const ConvolutionShape &shape) {
  const int inputs = shape.channelsIn / shape.groups;
  const int outputs = shape.channelsOut / shape.groups;
  std::vector<ChannelSlice> slices;
  size_t packed = 0;
  for (int begin = 0; begin < shape.channelsOut; begin += channelBlock) {
    const int last = std::min(begin + channelBlock, shape.channelsOut) - 1;
    const int block = begin / channelBlock;
    const ChannelSlice slice = {begin / outputs * inputs,
                                (last / outputs + 1) * inputs, block, block + 1,
                                packed};
    if (!slices.empty() && slices.back().inputBegin == slice.inputBegin &&
        slices.back().inputEnd == slice.inputEnd)
      slices.back().blockEnd = slice.blockEnd;
    else
      slices.push_back(slice);
    packed += weightsPerBlock(shape, slice);
  }
  return slices;
}

size_t weightsPerBlock(const ConvolutionShape &shape,
                       const ChannelSlice &slice) {
  return size_t(shape.kernelWidth) * shape.kernelHeight * slice.inputs() *
         channelBlock;
}

} // namespace cim::kernels
