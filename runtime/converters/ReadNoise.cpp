//===- ReadNoise.cpp - Noise of every read --------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/converters/ReadNoise.h"

#include "runtime/converters/LayerConverters.h"
#include "runtime/mapping/Tiles.h"
#include "runtime/plan/OneImage.h"
#include "runtime/random/Distributions.h"
#include "runtime/tensor/Errors.h"

#include <algorithm>

using namespace cim;

/// Numbers of one layer and image that are told apart.
static constexpr uint64_t mostReads = uint64_t(1) << 34;

/// The arrays of \p layer that are read one after the other.
static uint64_t arraysOf(const plan::Layer &layer) {
  const uint64_t applications =
      layer.has_dac() ? dacOf(layer).applications() : 1;
  // Without an ADC, nothing happens between arrays.
  return layer.has_adc()
             ? applications * countTiles(layer).rowTiles * slicesOf(layer)
             : applications;
}

/// Says how the result of \p step is divided among images.
static void setRows(const plan::Plan &plan, const plan::Step &step,
                    ReadNoise &noise) {
  const auto &shape = plan.values(step.outputs(0)).shape();
  const bool isConv = step.operation() == "conv";
  const uint64_t callImages = imagesPerCall(plan);
  const uint64_t rows = isConv ? std::max<int64_t>(shape[0], 1) : 1;
  noise.results = 1;
  for (int64_t extent : shape)
    noise.results *= extent;
  noise.results /= rows;
  const bool isShared = isConv && callImages > 0 && rows % callImages == 0;
  noise.rows = isShared ? rows / callImages : rows;
  noise.images = isShared ? 1 : callImages;
}

ReadNoise cim::readNoiseOf(const plan::Plan &plan, const plan::Step &step) {
  const plan::Layer &layer = plan.layers(step.layer());
  ReadNoise noise;
  noise.layer = layer.index();
  if (!hasReadNoise(layer))
    return noise;
  const uint64_t arrays = arraysOf(layer);
  for (const plan::Step &user : plan.steps()) {
    if (!user.has_layer() || user.layer() != step.layer())
      continue;
    setRows(plan, user, noise);
    const uint64_t perArray = noise.rows * noise.results;
    if (perArray > 0 && arrays > (mostReads - noise.first) / perArray)
      throw InputError("layer '" + layer.name() +
                       "' is read more often for an image than the 2^34 times "
                       "that random numbers tell apart");
    if (user.outputs(0) == step.outputs(0))
      break;
    noise.first += arrays * perArray;
  }
  return noise;
}

void ReadNoise::draw(uint64_t firstImage, uint64_t row, uint32_t array,
                     uint64_t begin, std::span<float> draws) const {
  const uint64_t image = firstImage + row / rows * images;
  // A read has no write epoch: its place in the counter holds the image.
  constexpr unsigned epochBits = 22;
  const random::Coordinates at = {.seed = chip.seed,
                                  .trial = chip.trial,
                                  .layer = layer,
                                  .source = random::Source::readNoise,
                                  .epoch =
                                      uint32_t(image & ((1u << epochBits) - 1)),
                                  .slice = uint32_t(image >> epochBits)};
  random::Distribution::normal().draw(
      at, first + (array * rows + row % rows) * results + begin, draws);
}
