//===- DataSet.cpp - Labelled images -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/data/DataSet.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"
#include "runtime/tensor/Tensor.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <new>

using namespace cim;

static_assert(std::endian::native == std::endian::little,
              "sha256() and the file formats are little-endian");

namespace {

/// "3×32×32"
std::string describe(const std::vector<int64_t> &shape) {
  std::string text;
  for (int64_t dimension : shape)
    text += (text.empty() ? "" : "×") + std::to_string(dimension);
  return text.empty() ? "scalar" : text;
}

LabelledImages openStored(const DataSpec &spec, const DataOptions &options) {
  switch (spec.kind) {
  case DataKind::cifar10:
    return openCifar10(spec, options);
  case DataKind::mnist:
    return openMnist(spec, options);
  case DataKind::npy:
    return openNpy(spec, options);
  case DataKind::folder:
    return openFolder(spec, options);
  case DataKind::shapes:
    return openShapes(spec, options);
  }
  __builtin_unreachable();
}

/// Whether images of \p stored can be fed to an input of \p input: the same
/// shape, MNIST also when smaller, and anything of the right size where the
/// network sees no image but a row of numbers.
bool fits(DataKind kind, const std::vector<int64_t> &stored,
          const std::vector<int64_t> &input) {
  if (stored == input)
    return true;
  if (input.size() == 3 && kind == DataKind::mnist)
    return input[0] == stored[0] && input[1] >= stored[1] &&
           input[2] >= stored[2];
  return input.size() != 3 && elementCount(input) == elementCount(stored);
}

} // namespace

bool cim::hasSplits(const DataSpec &spec) {
  if (spec.kind != DataKind::folder)
    return spec.kind != DataKind::npy;
  const std::filesystem::path folder = spec.path;
  std::error_code ignored;
  return std::filesystem::is_directory(folder / "train", ignored) &&
         std::filesystem::is_directory(folder / "test", ignored);
}

DataSet DataSet::open(const DataSpec &spec, const DataOptions &options) try {
  const std::string named = "--data '" + spec.text + "': ";
  DataSet data;
  data.stored = openStored(spec, options);
  LabelledImages &stored = data.stored;
  if (stored.images.empty())
    throw InputError(named + "there are no images; name a data set with some");

  data.inputShape =
      options.inputShape.empty() ? stored.shape : options.inputShape;
  if (!fits(spec.kind, stored.shape, data.inputShape))
    throw InputError(named + "the images are " + describe(stored.shape) +
                     " but the network's input is " +
                     describe(data.inputShape) +
                     " (channels×height×width); use the data that the network "
                     "was trained on");

  // The data's own number of classes is a matter of a damaged file, the
  // network's one of the wrong network.
  for (size_t i = 0; i < stored.labels.size(); ++i) {
    const int64_t label = stored.labels[i];
    const bool known =
        label >= 0 && (stored.classes == 0 || label < stored.classes);
    if (known && (options.classes == 0 || label < options.classes))
      continue;
    throw InputError(
        "'" + stored.labelFile + "': the label of image " + std::to_string(i) +
        " is " + std::to_string(label) +
        (known
             ? ", but the network has only " + std::to_string(options.classes) +
                   " outputs; use the data that the network was trained on"
         : label < 0
             ? ", but labels count from 0; correct the file"
             : ", but there are only " + std::to_string(stored.classes) +
                   " classes; the file is damaged or of another kind"));
  }

  if (stored.isFloat) {
    if (options.normalization)
      throw InputError(named + "float32 images are used as they are, so "
                               "--normalize has no effect; leave it out, or "
                               "store the pixels as uint8");
    const size_t count = elementCount(stored.shape);
    for (size_t i = 0; i < stored.images.size(); ++i) {
      const float *pixels = reinterpret_cast<const float *>(stored.images[i]);
      for (size_t j = 0; j < count; ++j)
        if (!std::isfinite(pixels[j]))
          throw InputError("'" + spec.path + "': image " + std::to_string(i) +
                           " holds a value that is not finite (NaN or "
                           "infinity); correct the file");
    }
    return data;
  }

  data.normalizedBy =
      options.normalization.value_or(defaultNormalization(spec.kind));
  const Normalization &by = data.normalizedBy;
  const size_t channels = stored.shape.size() == 3 ? stored.shape[0] : 1;
  if (by.mean.size() != 1 && by.mean.size() != channels)
    throw InputError(named + "--normalize gives " +
                     std::to_string(by.mean.size()) +
                     " means and standard deviations, but the images have " +
                     std::to_string(channels) +
                     " channels; give one of each per channel, or one for all");
  data.normalized.resize(256 * channels);
  for (size_t channel = 0; channel < channels; ++channel)
    for (size_t pixel = 0; pixel < 256; ++pixel) {
      const size_t entry = by.mean.size() == 1 ? 0 : channel;
      data.normalized[256 * channel + pixel] = static_cast<float>(
          (pixel / 255.0 - by.mean[entry]) / by.deviation[entry]);
    }
  return data;
} catch (const std::bad_alloc &) {
  throw InputError("--data '" + spec.text +
                   "': the images do not fit into memory; use fewer with "
                   "--limit");
}

DataSet DataSet::part(int64_t first, int64_t count) const {
  assert(first >= 0 && count >= 0 && first + count <= images());
  DataSet part = *this;
  auto cut = [&](auto &list) {
    list.erase(list.begin() + first + count, list.end());
    list.erase(list.begin(), list.begin() + first);
  };
  cut(part.stored.images);
  cut(part.stored.labels);
  return part;
}

void DataSet::read(int64_t index, float *image) const {
  const std::byte *source = stored.images[index];
  const size_t count = elementCount(stored.shape);
  if (stored.isFloat) {
    std::memcpy(image, source, count * sizeof(float));
    return;
  }
  const uint8_t *pixels = reinterpret_cast<const uint8_t *>(source);
  const size_t channels = normalized.size() / 256;
  const size_t plane = count / channels;
  const bool padded = static_cast<size_t>(elementCount(inputShape)) != count;
  if (!padded) {
    for (size_t channel = 0; channel < channels; ++channel) {
      const float *table = &normalized[256 * channel];
      for (size_t i = 0; i < plane; ++i)
        *image++ = table[*pixels++];
    }
    return;
  }
  const int64_t height = stored.shape[1], width = stored.shape[2];
  const int64_t paddedHeight = inputShape[1], paddedWidth = inputShape[2];
  const int64_t top = (paddedHeight - height) / 2;
  const int64_t left = (paddedWidth - width) / 2;
  for (size_t channel = 0; channel < channels; ++channel) {
    const float *table = &normalized[256 * channel];
    float *target = image + channel * paddedHeight * paddedWidth;
    std::fill_n(target, paddedHeight * paddedWidth, table[0]);
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x)
        target[(top + y) * paddedWidth + left + x] = table[*pixels++];
  }
}

std::string DataSet::sha256() const {
  Sha256 hash;
  const size_t bytes =
      elementCount(stored.shape) * (stored.isFloat ? sizeof(float) : 1);
  for (size_t i = 0; i < stored.images.size(); ++i) {
    hash.update(std::as_bytes(std::span(&stored.labels[i], 1)));
    hash.update({stored.images[i], bytes});
  }
  return hash.finish();
}
