//===- Convolution.cpp - Convolutions and dense layers ---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Convolution.h"
#include "runtime/kernels/Algorithms.h"
#include "runtime/kernels/ConvolutionKernel.h"
#include "runtime/kernels/HalideView.h"
#include "runtime/kernels/InstructionSet.h"

#include <algorithm>

namespace cim::kernels {

/// Pixels that a window covers.
static int span(int kernel, int dilation) {
  return (kernel - 1) * dilation + 1;
}

int ConvolutionShape::widthOut() const {
  return (pads.left + widthIn + pads.right - span(kernelWidth, dilationX)) /
             strideX +
         1;
}

int ConvolutionShape::heightOut() const {
  return (pads.top + heightIn + pads.bottom - span(kernelHeight, dilationY)) /
             strideY +
         1;
}

double ConvolutionShape::multiplyAdds() const {
  return double(widthOut()) * heightOut() * channelsOut * channelsIn / groups *
         kernelWidth * kernelHeight;
}

BorderWidths windowBorder(const ConvolutionShape &shape) {
  const int right = (shape.widthOut() - 1) * shape.strideX +
                    span(shape.kernelWidth, shape.dilationX) - shape.pads.left -
                    shape.widthIn;
  const int bottom = (shape.heightOut() - 1) * shape.strideY +
                     span(shape.kernelHeight, shape.dilationY) -
                     shape.pads.top - shape.heightIn;
  return {shape.pads.left, shape.pads.top, std::max(right, 0),
          std::max(bottom, 0)};
}

static std::unique_ptr<ConvolutionKernel>
makeKernel(const ConvolutionShape &shape, ConvolutionAlgorithm algorithm) {
  // Images of fewer channels than a block may come without padding.
  if (shape.groups == shape.channelsIn && shape.groups == shape.channelsOut &&
      shape.groups >= channelBlock)
    return makeDepthwiseConvolution(shape);
  if (algorithm == ConvolutionAlgorithm::automatic)
    algorithm = fastestAlgorithm(shape);
  if (algorithm == ConvolutionAlgorithm::direct || !applies(algorithm, shape))
    return makeDirectConvolution(shape);
  if (algorithm == ConvolutionAlgorithm::bfloat16)
    return instructionSet() == InstructionSet::amx ? makeAmxConvolution(shape)
                                                   : makeDotConvolution(shape);
  return makeWinogradConvolution(
      shape, algorithm == ConvolutionAlgorithm::winograd2 ? 2 : 4);
}

Convolution::Convolution(const ConvolutionShape &shape,
                         ConvolutionAlgorithm algorithm)
    : channelsOut(shape.channelsOut), kernel(makeKernel(shape, algorithm)) {}
Convolution::~Convolution() = default;
Convolution::Convolution(Convolution &&) noexcept = default;
Convolution &Convolution::operator=(Convolution &&) noexcept = default;

BorderWidths Convolution::border() const { return kernel->border(); }

size_t Convolution::packedWeights() const { return kernel->packedWeights(); }

size_t Convolution::scratch(int images) const {
  return kernel->scratch(images);
}

void Convolution::pack(const float *weights, float *packed, int begin,
                       int end) const noexcept {
  kernel->pack(weights, packed, begin, end);
}

void Convolution::pack(const float *weights, float *packed) const noexcept {
  kernel->pack(weights, packed, 0, channelsOut);
}

int Convolution::run(const ImageView &in, const float *packed,
                     const Epilogue &epilogue, const ImageView &out,
                     float *scratch) const noexcept {
  const int status = kernel->run(in, packed, epilogue, out, scratch);
  clearPadding(epilogue, out);
  return status;
}

bool Convolution::takesBfloat16() const { return kernel->takesBfloat16(); }

size_t Convolution::readsBeyond() const { return kernel->readsBeyond(); }

std::string Convolution::description() const { return kernel->description(); }

} // namespace cim::kernels
