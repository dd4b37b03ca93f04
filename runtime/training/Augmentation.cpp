//===- Augmentation.cpp - Other views of the same images ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/Augmentation.h"

#include "runtime/random/Distributions.h"

#include <algorithm>
#include <numeric>
#include <utility>

using namespace cim;

static random::Stream streamOf(const TrainingStream &stream,
                               random::Source source, uint32_t epoch) {
  return random::Stream({.seed = stream.seed,
                         .trial = stream.trial,
                         .source = source,
                         .epoch = epoch});
}

std::vector<int64_t> cim::shuffledOrder(const TrainingStream &stream,
                                        uint32_t epoch, int64_t images) {
  std::vector<uint32_t> words(images);
  random::drawWords(streamOf(stream, random::Source::trainingOrder, epoch), 0,
                    words);
  std::vector<int64_t> order(images);
  std::iota(order.begin(), order.end(), 0);
  for (int64_t i = images - 1; i > 0; --i)
    std::swap(order[i], order[uint64_t(words[i]) * (i + 1) >> 32]);
  return order;
}

Augmentation::Augmentation(const DataSet &data,
                           const AugmentationOptions &options,
                           const TrainingStream &stream)
    : data(data), options(options), stream(stream) {
  // Only images can be turned and moved.
  if (data.shape().size() != 3) {
    this->options = {false, 0};
    return;
  }
  const Normalization &by = data.normalization();
  for (int64_t c = 0; c < data.shape()[0]; ++c) {
    const size_t entry = by.mean.size() == 1 ? 0 : c;
    black.push_back(
        data.asStored().isFloat ? 0 : -by.mean[entry] / by.deviation[entry]);
  }
}

uint32_t Augmentation::word(uint32_t epoch, int64_t index) const {
  uint32_t word;
  random::drawWords(streamOf(stream, random::Source::augmentation, epoch),
                    index, {&word, 1});
  return word;
}

void Augmentation::read(uint32_t epoch, int64_t index, float *image) const {
  data.read(index, image);
  if (!options.flip && options.crop == 0)
    return;
  const uint32_t word = this->word(epoch, index);
  const bool flip = options.flip && (word & 1);
  // Fifteen bits for each direction.
  const int64_t shifts = 2 * options.crop + 1;
  const int64_t dx = ((word >> 1 & 0x7fff) * shifts >> 15) - options.crop;
  const int64_t dy = ((word >> 16 & 0x7fff) * shifts >> 15) - options.crop;
  const int64_t height = data.shape()[1], width = data.shape()[2];
  std::vector<float> plane(dx != 0 || dy != 0 ? height * width : 0);
  for (int64_t c = 0; c < data.shape()[0]; ++c, image += height * width) {
    if (!plane.empty()) {
      std::copy_n(image, height * width, plane.begin());
      std::fill_n(image, height * width, black[c]);
      const int64_t first = std::max<int64_t>(0, -dx),
                    last = std::min(width, width - dx);
      for (int64_t y = std::max<int64_t>(0, -dy);
           y < std::min(height, height - dy); ++y)
        if (first < last)
          std::copy_n(plane.begin() + (y + dy) * width + first + dx,
                      last - first, image + y * width + first);
    }
    if (flip)
      for (int64_t y = 0; y < height; ++y)
        std::reverse(image + y * width, image + (y + 1) * width);
  }
}
