//===- WinogradConvolution.cpp - 3x3 convolutions with a quarter of the products
//---*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/ConvolutionKernel.h"
#include "runtime/kernels/HalideHandlers.h"
#include "runtime/kernels/HalideView.h"
#include "runtime/kernels/InstructionSet.h"
#include "runtime/kernels/WinogradTransforms.h"

#include "cim_winograd2_1.h"
#include "cim_winograd2_2.h"
#include "cim_winograd4_1.h"
#include "cim_winograd4_2.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace cim::kernels {

namespace {

using namespace winograd;

/// Where a tile begins in each operand, relative to its base, in floats.
struct TileBegin {
  int32_t input, residual, output;
};

/// \p F: Two or Four.
template <typename F> class WinogradConvolution : public ConvolutionKernel {
  static constexpr int results = F::results, points = F::points;
  static constexpr int tileBlock = F::tileBlock;

public:
  explicit WinogradConvolution(const ConvolutionShape &shape)
      : shape(shape), inputs(paddedChannels(shape.channelsIn)),
        blocks(paddedChannels(shape.channelsOut) / channelBlock),
        groupBlocks(groupOf(blocks)) {}

  BorderWidths border() const override { return windowBorder(shape); }

  size_t packedWeights() const override {
    return size_t(points) * points * inputs * blocks * channelBlock;
  }

  size_t scratch(int images) const override {
    return transformedInputs() + tileBegins(images);
  }

  void pack(const float *weights, float *packed, int begin,
            int end) const noexcept override;

  int run(const ImageView &in, const float *packed, const Epilogue &epilogue,
          const ImageView &out, float *scratch) const noexcept override;

  std::string description() const override {
    const std::string size = std::to_string(results);
    return "winograd " + size + "x" + size + "x" +
           std::to_string(groupBlocks * channelBlock);
  }

private:
  int tilesX() const { return (shape.widthOut() + results - 1) / results; }
  int tilesY() const { return (shape.heightOut() + results - 1) / results; }

  /// Floats of them, with a tile between two points (see the generator).
  size_t transformedInputs() const {
    return size_t(points) * points * inputs * (tileBlock + 1);
  }

  /// Floats that hold the TileBegins of \p images images.
  size_t tileBegins(int images) const {
    const size_t tiles = size_t(tilesX()) * tilesY() * images;
    return (tiles + tileBlock) * sizeof(TileBegin) / sizeof(float);
  }

  /// Blocks of output channels that are computed together. Two share what is
  /// loaded of the inputs, but 16 registers do not hold enough of their sums.
  static int groupOf(int blocks) {
    return blocks % 2 == 0 && instructionSet() >= InstructionSet::avx512 ? 2
                                                                         : 1;
  }

  ConvolutionShape shape;
  int inputs, blocks, groupBlocks;
};

/// One number per lane of a block of output channels.
using Lanes = double[channelBlock];

/// A kernel's row or column at the points of F. All but the first and the last
/// point are pairs p and -p, which share the even part and the odd one.
template <typename F>
void transformWeights(const Lanes (&kernel)[taps],
                      Lanes (&atPoint)[F::points]) {
  constexpr auto &factors = F::weightTransform;
  constexpr int last = F::points - 1;
  for (int lane = 0; lane < channelBlock; ++lane) {
    atPoint[0][lane] = factors[0][0] * kernel[0][lane];
    for (int i = 1; i < last; i += 2) {
      const double even =
          factors[i][0] * kernel[0][lane] + factors[i][2] * kernel[2][lane];
      const double odd = factors[i][1] * kernel[1][lane];
      atPoint[i][lane] = even + odd;
      atPoint[i + 1][lane] = even - odd;
    }
    atPoint[last][lane] = factors[last][2] * kernel[2][lane];
  }
}

/// (lane, block in group, input channel, point, group)
template <typename F>
void WinogradConvolution<F>::pack(const float *weights, float *packed,
                                  int begin, int end) const noexcept {
  const size_t pointStride = size_t(inputs) * groupBlocks * channelBlock;
  for (int block = begin / channelBlock; block * channelBlock < end; ++block) {
    float *base = packed + block / groupBlocks * pointStride * points * points +
                  block % groupBlocks * channelBlock;
    for (int c = 0; c < inputs; ++c) {
      Lanes kernel[taps][taps] = {}; // (column, row)
      for (int lane = 0; lane < channelBlock; ++lane) {
        const int k = block * channelBlock + lane;
        if (c >= shape.channelsIn || k >= shape.channelsOut)
          continue;
        const float *from =
            weights + (size_t(k) * shape.channelsIn + c) * taps * taps;
        for (int t = 0; t < taps * taps; ++t)
          kernel[t % taps][t / taps][lane] = from[t];
      }
      Lanes columns[taps][points];
      for (int x = 0; x < taps; ++x)
        transformWeights<F>(kernel[x], columns[x]);
      for (int j = 0; j < points; ++j) {
        Lanes row[taps], values[points];
        for (int x = 0; x < taps; ++x)
          std::ranges::copy(columns[x][j], row[x]);
        transformWeights<F>(row, values);
        for (int i = 0; i < points; ++i) {
          float *to = base + (j * points + i) * pointStride +
                      c * groupBlocks * channelBlock;
          std::ranges::transform(values[i], to,
                                 [](double value) { return float(value); });
        }
      }
    }
  }
}

template <typename F>
int WinogradConvolution<F>::run(const ImageView &in, const float *packed,
                                const Epilogue &epilogue, const ImageView &out,
                                float *scratch) const noexcept {
  // The kernel counts floats from the first tile in 32 bits.
  constexpr int64_t most = int64_t(1) << 30;
  const int64_t largest =
      std::max({in.imageStride, out.imageStride, epilogue.residualImageStride});
  if (largest > most)
    return halide_error_code_buffer_extents_too_large;
  if (largest * out.images > most) {
    const int half = out.images / 2;
    auto part = [](ImageView view, int first, int count) {
      view.data += ptrdiff_t(first) * view.imageStride;
      view.images = count;
      return view;
    };
    Epilogue rest = epilogue;
    if (rest.residual)
      rest.residual += ptrdiff_t(half) * rest.residualImageStride;
    const int status =
        run(part(in, 0, half), packed, epilogue, part(out, 0, half), scratch);
    return status ? status
                  : run(part(in, half, out.images - half), packed, rest,
                        part(out, half, out.images - half), scratch);
  }

  // The last tile of a row or column is moved inwards until it fits.
  auto *begins = reinterpret_cast<TileBegin *>(scratch + transformedInputs());
  int tiles = 0;
  for (int n = 0; n < out.images; ++n)
    for (int tileY = 0; tileY < tilesY(); ++tileY)
      for (int tileX = 0; tileX < tilesX(); ++tileX) {
        const int y = std::min(tileY * results, out.height - results);
        const int x = std::min(tileX * results, out.width - results);
        begins[tiles++] = {
            n * in.imageStride + y * in.rowStride + x * in.pixelStride,
            n * epilogue.residualImageStride + y * epilogue.residualRowStride +
                x * epilogue.residualPixelStride,
            n * out.imageStride + y * out.rowStride + x * out.pixelStride};
      }
  for (; tiles % tileBlock != 0; ++tiles)
    begins[tiles] = begins[tiles - 1];

  constexpr Extent everything = {std::numeric_limits<int32_t>::max(), 1};
  HalideView<1> input(in.data - ptrdiff_t(shape.pads.top) * in.rowStride -
                          ptrdiff_t(shape.pads.left) * in.pixelStride,
                      {{everything}});
  const int group = groupBlocks * channelBlock;
  HalideView<5> weights(
      packed, {{laneExtent,
                {groupBlocks, channelBlock},
                {inputs, group},
                {points * points, inputs * group},
                {blocks / groupBlocks, points * points * inputs * group}}});
  HalideView<2> scale = channelView(epilogue.scale, ones, out.channels);
  HalideView<2> offset = channelView(epilogue.offset, zeros, out.channels);
  const bool hasResidual = epilogue.residual;
  HalideView<1> residual(hasResidual ? epilogue.residual : zeros,
                         {{everything}});
  HalideView<3> tileView(
      reinterpret_cast<const int32_t *>(begins),
      {{{3, 1}, {tileBlock, 3}, {tiles / tileBlock, 3 * tileBlock}}});
  HalideView<1> output(out.data, {{everything}});
  const ScratchScope scope(scratch, transformedInputs());
  const auto &kernel =
      results == 2 ? (groupBlocks == 2 ? cim_winograd2_2 : cim_winograd2_1)
                   : (groupBlocks == 2 ? cim_winograd4_2 : cim_winograd4_1);
  return kernel(input, weights, scale, offset, residual, tileView,
                in.pixelStride, in.rowStride,
                hasResidual ? epilogue.residualPixelStride : 0,
                hasResidual ? epilogue.residualRowStride : 0,
                hasResidual ? channelBlock : 0, out.pixelStride, out.rowStride,
                epilogue.slope, epilogue.lowest, epilogue.highest, output);
}

} // namespace

bool winogradApplies(const ConvolutionShape &shape, int results) {
  return shape.kernelWidth == taps && shape.kernelHeight == taps &&
         shape.strideX == 1 && shape.strideY == 1 && shape.dilationX == 1 &&
         shape.dilationY == 1 && shape.groups == 1 &&
         shape.channelsIn >= channelBlock && shape.widthOut() >= results &&
         shape.heightOut() >= results;
}

std::unique_ptr<ConvolutionKernel>
makeWinogradConvolution(const ConvolutionShape &shape, int results) {
  if (results == Two::results)
    return std::make_unique<WinogradConvolution<Two>>(shape);
  return std::make_unique<WinogradConvolution<Four>>(shape);
}

} // namespace cim::kernels
