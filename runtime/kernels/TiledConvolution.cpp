//===- TiledConvolution.cpp - A convolution in tiles of its inputs --------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/TiledConvolution.h"
#include "runtime/kernels/Algorithms.h"
#include "runtime/kernels/ConvolutionKernel.h"

#include <algorithm>
#include <cstddef>

namespace cim::kernels {

/// Kernels want their weights aligned to 64 bytes.
static size_t aligned(size_t floats) { return (floats + 15) / 16 * 16; }

TiledConvolution::TiledConvolution(const ConvolutionShape &shape,
                                   int64_t tileRows, bool strict)
    : shape(shape) {
  const int64_t rows = int64_t(shape.channelsIn / shape.groups) *
                       shape.kernelHeight * shape.kernelWidth;
  for (int64_t row = 0; row < rows; row += tileRows)
    parts.push_back(
        makePart(row, std::min(row + tileRows, rows), packedWeights(), strict));
}

TiledConvolution::Part TiledConvolution::makePart(int64_t rowBegin,
                                                  int64_t rowEnd, size_t packed,
                                                  bool strict) const {
  const int64_t taps = int64_t(shape.kernelHeight) * shape.kernelWidth;
  ConvolutionShape part = shape;
  int first = 0;
  // Groups read channels that do not follow each other: theirs stay whole.
  if (shape.groups == 1) {
    first = rowBegin / taps;
    part.channelsIn = (rowEnd + taps - 1) / taps - first;
  }
  // Winograd takes whole blocks of channels, which must be there; it pays where
  // most of them are wanted.
  ConvolutionShape whole = part;
  whole.channelsIn = paddedChannels(part.channelsIn);
  const bool winogradFits = !strict && shape.groups == 1 &&
                            2 * part.channelsIn > whole.channelsIn &&
                            shape.channelsIn >= channelBlock;
  const ConvolutionAlgorithm algorithm =
      winogradFits ? fastestAlgorithm(whole) : ConvolutionAlgorithm::direct;
  if (algorithm != ConvolutionAlgorithm::direct) {
    part = whole;
    first = std::min(first, paddedChannels(shape.channelsIn) - part.channelsIn);
  }
  return {rowBegin, rowEnd, first, part, Convolution(part, algorithm), packed};
}

BorderWidths TiledConvolution::border() const { return windowBorder(shape); }

size_t TiledConvolution::packedWeights() const {
  return parts.empty() ? 0
                       : aligned(parts.back().packed +
                                 parts.back().convolution.packedWeights());
}

size_t TiledConvolution::scratch(int images) const {
  size_t most = 0;
  for (const Part &part : parts)
    most = std::max(most, part.convolution.scratch(images));
  return most;
}

void TiledConvolution::pack(const float *weights, float *packed, int begin,
                            int end) const {
  const int64_t taps = int64_t(shape.kernelHeight) * shape.kernelWidth;
  const int64_t rows = shape.channelsIn / shape.groups * taps;
  std::vector<float> own;
  for (const Part &part : parts) {
    if (shape.inputMajor) {
      part.convolution.pack(weights + part.rowBegin * shape.channelsOut,
                            packed + part.packed);
      continue;
    }
    // The tile's rows among those of the channels that it touches.
    const int64_t partRows = part.shape.channelsIn / part.shape.groups * taps;
    const int64_t shift = part.rowBegin - part.firstChannel * taps;
    own.assign((end - begin) * partRows, 0.0f);
    for (int64_t output = begin; output < end; ++output)
      std::copy(weights + output * rows + part.rowBegin,
                weights + output * rows + part.rowEnd,
                own.begin() + (output - begin) * partRows + shift);
    part.convolution.pack(own.data() - begin * partRows, packed + part.packed,
                          begin, end);
  }
}

int TiledConvolution::run(int tile, const ImageView &in, const float *packed,
                          const ImageView &out, float *scratch) const noexcept {
  const Part &part = parts[tile];
  ImageView seen = in;
  seen.data += part.firstChannel;
  seen.channels = part.shape.channelsIn;
  return part.convolution.run(seen, packed + part.packed, {}, out, scratch);
}

std::string TiledConvolution::description() const {
  std::string text;
  for (size_t first = 0, end; first < parts.size(); first = end) {
    const std::string kernel = parts[first].convolution.description();
    for (end = first + 1; end < parts.size(); ++end)
      if (parts[end].convolution.description() != kernel)
        break;
    if (first > 0)
      text += ", ";
    if (end - first > 1)
      text += std::to_string(end - first) + " x ";
    text += kernel;
  }
  return text;
}

} // namespace cim::kernels
