//===- Convolution.cpp - Convolution --------------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/reference/Operations.h"

#include <algorithm>

namespace cim::reference {

/// Extents of up to three spatial dimensions as three: missing ones in front
/// are \p filler.
static std::array<int64_t, 3> spatial(std::span<const int64_t> extents,
                                      int64_t filler) {
  std::array<int64_t, 3> result{filler, filler, filler};
  std::copy(extents.begin(), extents.end(), result.end() - extents.size());
  return result;
}

void conv(const Arguments &arguments) {
  const Tensor &x = arguments[0], &weights = arguments[1];
  Tensor &y = arguments.result;
  std::span<const int64_t> pads = arguments.integers("pads");
  auto [depth, height, width] = spatial(std::span(x.shape).subspan(2), 1);
  auto [kernelZ, kernelY, kernelX] =
      spatial(std::span(weights.shape).subspan(2), 1);
  auto [outDepth, outHeight, outWidth] =
      spatial(std::span(y.shape).subspan(2), 1);
  auto [strideZ, strideY, strideX] = spatial(arguments.integers("strides"), 1);
  auto [dilationZ, dilationY, dilationX] =
      spatial(arguments.integers("dilations"), 1);
  auto [padZ, padY, padX] = spatial(pads.first(pads.size() / 2), 0);

  int64_t images = x.shape[0], channels = x.shape[1], outputs = y.shape[1];
  int64_t groups = arguments.integer("groups");
  int64_t groupChannels = channels / groups, groupOutputs = outputs / groups;
  int64_t taps = groupChannels * kernelZ * kernelY * kernelX;
  y.numbers.assign(product(y.shape), 0);

  // The weights of one group with output channels innermost, and one row of
  // its results likewise, so that the inner loop is contiguous.
  std::vector<double> transposed(taps * groupOutputs);
  std::vector<double> row(outWidth * groupOutputs);
  for (int64_t group = 0; group < groups; ++group) {
    int64_t firstOutput = group * groupOutputs;
    for (int64_t m = 0; m < groupOutputs; ++m)
      for (int64_t tap = 0; tap < taps; ++tap)
        transposed[tap * groupOutputs + m] =
            weights.numbers[(firstOutput + m) * taps + tap];

    for (int64_t n = 0; n < images; ++n)
      for (int64_t oz = 0; oz < outDepth; ++oz)
        for (int64_t oy = 0; oy < outHeight; ++oy) {
          std::fill(row.begin(), row.end(), 0.0);
          for (int64_t c = 0; c < groupChannels; ++c)
            for (int64_t kz = 0; kz < kernelZ; ++kz)
              for (int64_t ky = 0; ky < kernelY; ++ky) {
                int64_t iz = oz * strideZ + kz * dilationZ - padZ;
                int64_t iy = oy * strideY + ky * dilationY - padY;
                if (iz < 0 || iz >= depth || iy < 0 || iy >= height)
                  continue; // x is zero outside of the image
                int64_t channel = n * channels + group * groupChannels + c;
                const double *input =
                    &x.numbers[((channel * depth + iz) * height + iy) * width];
                const double *weight =
                    &transposed[((c * kernelZ + kz) * kernelY + ky) * kernelX *
                                groupOutputs];
                for (int64_t kx = 0; kx < kernelX; ++kx, weight += groupOutputs)
                  for (int64_t ox = 0; ox < outWidth; ++ox) {
                    int64_t ix = ox * strideX + kx * dilationX - padX;
                    if (ix < 0 || ix >= width)
                      continue;
                    double value = input[ix];
                    double *sums = &row[ox * groupOutputs];
                    for (int64_t m = 0; m < groupOutputs; ++m)
                      sums[m] += value * weight[m];
                  }
              }
          for (int64_t m = 0; m < groupOutputs; ++m) {
            double bias = arguments.operands.size() > 2
                              ? arguments[2].numbers[firstOutput + m]
                              : 0;
            int64_t channel = n * outputs + firstOutput + m;
            double *output =
                &y.numbers[((channel * outDepth + oz) * outHeight + oy) *
                           outWidth];
            for (int64_t ox = 0; ox < outWidth; ++ox)
              output[ox] = row[ox * groupOutputs + m] + bias;
          }
        }
  }
}

} // namespace cim::reference
