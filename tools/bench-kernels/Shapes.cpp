//===- Shapes.cpp - Convolutions by name ----------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/bench-kernels/Shapes.h"

#include "runtime/kernels/Algorithms.h"

namespace cim::bench {

using namespace kernels;

ConvolutionShape Shape::convolution() const {
  ConvolutionShape s;
  s.channelsIn = channelsIn;
  s.channelsOut = channelsOut;
  s.groups = groups;
  s.widthIn = s.heightIn = size;
  s.kernelWidth = s.kernelHeight = kernel;
  s.strideX = s.strideY = stride;
  const int pad = kernel / 2;
  s.pads = {pad, pad, pad, pad};
  return s;
}

std::string Shape::name() const {
  auto text = [](int value) { return std::to_string(value); };
  return text(channelsIn) + "to" + text(channelsOut) + "at" + text(size) + "_" +
         text(kernel) + "x" + text(kernel) +
         (stride > 1 ? "_stride" + text(stride) : "") +
         (groups > 1 ? "_groups" + text(groups) : "") + "_images" +
         text(images);
}

size_t Shape::weights() const {
  return size_t(channelsOut) * (channelsIn / groups) * kernel * kernel;
}

double Shape::flops() const {
  return 2 * convolution().multiplyAdds() * images;
}

std::vector<NamedAlgorithm> algorithmsOf(const Shape &shape,
                                         InstructionSet set) {
  std::vector<NamedAlgorithm> found;
  for (NamedAlgorithm named :
       {NamedAlgorithm("direct", ConvolutionAlgorithm::direct),
        NamedAlgorithm("winograd2", ConvolutionAlgorithm::winograd2),
        NamedAlgorithm("winograd4", ConvolutionAlgorithm::winograd4),
        NamedAlgorithm("bfloat16", ConvolutionAlgorithm::bfloat16)}) {
    // Only products of bfloat16 differ beyond AVX-512.
    const bool isOwn = (named.second == ConvolutionAlgorithm::bfloat16) ==
                       (set > InstructionSet::avx512);
    if (isOwn && applies(named.second, shape.convolution()))
      found.push_back(named);
  }
  return found;
}

} // namespace cim::bench
