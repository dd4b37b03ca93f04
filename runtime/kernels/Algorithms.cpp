//===- Algorithms.cpp - Which algorithm suits a convolution ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Algorithms.h"
#include "runtime/kernels/ConvolutionKernel.h"
#include "runtime/kernels/InstructionSet.h"
#include "runtime/kernels/WinogradTransforms.h"

#include <algorithm>
#include <cstdint>

namespace cim::kernels {

/// Speed where tiles fit, in percent of the peak if all multiply-adds of a
/// direct convolution were done. Transforms cost the less the more channels
/// share them. Measured on Zen 4 and Zen 5 with AVX-512 (`bench-kernels`);
/// AVX2's and SSE's have the same order.
struct WinogradSpeed {
  int channelsIn; ///< at least
  int two, four;
};
static constexpr WinogradSpeed winogradSpeeds[] = {
    {128, 210, 350}, {64, 200, 335}, {32, 180, 295}, {0, 155, 240}};
static constexpr int directSpeed = 95;

/// Of products of bfloat16: AMX's is an estimate (docs/kernels.md).
static constexpr double dotSpeed = 180, amxSpeed = 800;

/// In the same unit: what remains of it when each result is also stored and its
/// share of the input rounded, which of few channels is done pixel by pixel.
/// Of one block of channels, dot products load an input for each of them.
static double bfloat16Speed(const ConvolutionShape &shape) {
  const double products =
      double(shape.channelsIn) * shape.kernelWidth * shape.kernelHeight;
  const bool isAmx = instructionSet() == InstructionSet::amx;
  const double aside = shape.channelsIn >= channelBlock ? 0.12
                       : isAmx                          ? 0.2
                                                        : 0.5;
  const double speed =
      1 / (1 / (isAmx ? amxSpeed : dotSpeed) + aside / products);
  return shape.channelsOut <= channelBlock && !isAmx ? 0.65 * speed : speed;
}

/// Pixels that are computed for one image: without stride also those between
/// two rows (Bfloat16Convolution.h).
static double bfloat16Pixels(const ConvolutionShape &shape) {
  const int width = shape.widthOut(), height = shape.heightOut();
  const int together = instructionSet() == InstructionSet::amx ? 16 : 4;
  if (shape.strideX != 1 || shape.strideY != 1)
    return double((width + together - 1) / together * together) * height;
  const BorderWidths border = windowBorder(shape);
  return double(height - 1) * (border.left + shape.widthIn + border.right) +
         width;
}

/// Pixels that tiles of \p results × \p results compute, per image.
static double tiledPixels(const ConvolutionShape &shape, int results,
                          int tileBlock, int images) {
  const int64_t tiles = int64_t((shape.widthOut() + results - 1) / results) *
                        ((shape.heightOut() + results - 1) / results) * images;
  const int64_t whole = (tiles + tileBlock - 1) / tileBlock * tileBlock;
  return double(whole) * results * results / images;
}

bool applies(ConvolutionAlgorithm algorithm, const ConvolutionShape &shape) {
  switch (algorithm) {
  case ConvolutionAlgorithm::winograd2:
    return winogradApplies(shape, winograd::Two::results);
  case ConvolutionAlgorithm::winograd4:
    return winogradApplies(shape, winograd::Four::results);
  case ConvolutionAlgorithm::bfloat16:
    return instructionSet() >= InstructionSet::avx512bf16 && shape.groups == 1;
  case ConvolutionAlgorithm::direct:
  case ConvolutionAlgorithm::automatic:
    break;
  }
  return true;
}

double estimatedTime(ConvolutionAlgorithm algorithm,
                     const ConvolutionShape &shape, int images) {
  const double useful = double(shape.widthOut()) * shape.heightOut();
  double pixels = useful, speed = directSpeed;
  const WinogradSpeed &row =
      *std::ranges::find_if(winogradSpeeds, [&](auto &row) {
        return shape.channelsIn >= row.channelsIn;
      });
  if (algorithm == ConvolutionAlgorithm::winograd2) {
    using winograd::Two;
    pixels = tiledPixels(shape, Two::results, Two::tileBlock, images);
    speed = row.two;
  } else if (algorithm == ConvolutionAlgorithm::winograd4) {
    using winograd::Four;
    pixels = tiledPixels(shape, Four::results, Four::tileBlock, images);
    speed = row.four;
  } else if (algorithm == ConvolutionAlgorithm::bfloat16) {
    pixels = bfloat16Pixels(shape);
    speed = bfloat16Speed(shape);
  }
  return shape.multiplyAdds() * pixels / useful * 100 / speed;
}

ConvolutionAlgorithm fastestAlgorithm(const ConvolutionShape &shape) {
  constexpr int images = 8;
  auto time = [&](ConvolutionAlgorithm algorithm) {
    return estimatedTime(algorithm, shape, images);
  };
  ConvolutionAlgorithm best = ConvolutionAlgorithm::direct;
  for (ConvolutionAlgorithm algorithm : algorithms)
    if (algorithm != ConvolutionAlgorithm::bfloat16 &&
        applies(algorithm, shape) && time(algorithm) < time(best))
      best = algorithm;
  return best;
}

ConvolutionAlgorithm chosenAlgorithm(const AlgorithmChoice *choice,
                                     const ConvolutionShape &shape,
                                     bool bfloat16) {
  if (!choice)
    return ConvolutionAlgorithm::automatic;
  const auto found = choice->find(shape);
  if (found == choice->end() || !applies(found->second, shape) ||
      (found->second == ConvolutionAlgorithm::bfloat16 && !bfloat16))
    return ConvolutionAlgorithm::automatic;
  return found->second;
}

} // namespace cim::kernels
