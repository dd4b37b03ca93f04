//===- ReadNoise.cpp - Noise of every read --------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/converters/ReadNoise.h"

#include "runtime/random/Distributions.h"

using namespace cim;

void ReadNoise::draw(uint64_t image, uint32_t array, uint64_t begin,
                     std::span<float> draws) const {
  // A read has no write epoch: its place in the counter holds the image.
  constexpr unsigned epochBits = 22;
  const random::Coordinates at = {.seed = chip.seed,
                                  .trial = chip.trial,
                                  .layer = layer,
                                  .source = random::Source::readNoise,
                                  .epoch =
                                      uint32_t(image & ((1u << epochBits) - 1)),
                                  .slice = uint32_t(image >> epochBits)};
  random::Distribution::normal().draw(at, array * results + begin, draws);
}
