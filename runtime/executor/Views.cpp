//===- Views.cpp - Values as the kernels see them -------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Views.h"

#include "runtime/tensor/Errors.h"

#include <climits>

using namespace cim;

/// Kernels count in 32 bits.
static int narrow(int64_t number) {
  if (number > INT_MAX)
    throw InputError("an activation of the network is too large: one image of "
                     "it has more than 2^31 numbers");
  return static_cast<int>(number);
}

PlacedView cim::imagesOf(const Placement &place) {
  const Geometry &geometry = place.geometry;
  narrow(geometry.images * geometry.imageStride());
  kernels::ImageView view;
  view.isBfloat16 = geometry.isBfloat16;
  view.channels = geometry.channels;
  view.width = geometry.width;
  view.height = geometry.height;
  view.images = geometry.images;
  view.pixelStride = geometry.stride;
  view.rowStride = geometry.paddedWidth() * geometry.stride;
  view.imageStride = geometry.imageStride();
  return {view, place, geometry.interior() * geometry.numberBytes()};
}

PlacedView cim::pixelsOf(const Placement &place, int64_t pixels,
                         int64_t channels) {
  kernels::ImageView view;
  view.channels = narrow(channels);
  view.width = narrow(pixels);
  view.height = 1;
  view.images = 1;
  view.imageStride = narrow(place.geometry.bytes / sizeof(float));
  // A lone pixel has room for its padding up to the next call's.
  view.pixelStride =
      pixels == 1 ? view.imageStride : static_cast<int>(channels);
  view.rowStride = view.imageStride;
  return {view, place};
}

PlacedView cim::elementsOf(const Placement &place) {
  return place.geometry.channelsLast()
             ? imagesOf(place)
             : pixelsOf(place, 1, place.geometry.elements);
}

PlacedView cim::rowsOf(const Placement &place) {
  const Geometry &geometry = place.geometry;
  if (geometry.channelsLast() || geometry.images <= 1)
    return elementsOf(place);
  kernels::ImageView view;
  view.channels = narrow(geometry.elements / geometry.images);
  view.width = 1;
  view.height = 1;
  view.images = narrow(geometry.images);
  view.pixelStride = view.rowStride = view.imageStride = view.channels;
  return {view, place};
}

kernels::ImageView cim::part(kernels::ImageView view, int64_t first,
                             int64_t count) {
  view.data += first * view.imageStride;
  view.images = int(count);
  return view;
}

int64_t cim::elementChannels(const plan::Value &value) {
  if (value.layout() == plan::CHANNELS_LAST)
    return value.shape(1);
  Pixels pixels = pixelsOf(value);
  return pixels.count * pixels.channels;
}

Pixels cim::pixelsOf(const plan::Value &value) {
  Pixels pixels;
  for (int d = 0; d + 1 < value.shape_size(); ++d)
    pixels.count *= value.shape(d);
  if (value.shape_size() > 0)
    pixels.channels = value.shape(value.shape_size() - 1);
  return pixels;
}

BoundEpilogue::BoundEpilogue(const Program &program, const plan::Step &step,
                             int64_t channels, std::span<const float> factors,
                             std::span<const float> terms) {
  const plan::Epilogue &source = step.epilogue();
  const int64_t padded = kernels::paddedChannels(narrow(channels));
  std::span<const float> scales, offsets;
  if (source.has_scale())
    scales = program.constant(source.scale()).as<float>();
  if (source.has_offset())
    offsets = program.constant(source.offset()).as<float>();
  auto at = [](std::span<const float> numbers, int64_t c, double otherwise) {
    return numbers.empty() ? otherwise : numbers[c];
  };
  if (!scales.empty() || !factors.empty()) {
    scale.resize(padded);
    for (int64_t c = 0; c < channels; ++c)
      scale[c] = at(factors, c, 1) * at(scales, c, 1);
  }
  if (!offsets.empty() || !terms.empty()) {
    offset.resize(padded);
    for (int64_t c = 0; c < channels; ++c)
      offset[c] = at(terms, c, 0) * at(scales, c, 1) + at(offsets, c, 0);
  }
  if (source.has_residual())
    residualIndex = source.residual();
  switch (source.activation()) {
  case plan::RELU:
    epilogue.lowest = 0;
    break;
  case plan::CLIP:
    epilogue.lowest = source.lowest();
    epilogue.highest = source.highest();
    break;
  case plan::LEAKY_RELU:
    epilogue.slope = source.lowest();
    break;
  default:
    break;
  }
}

bool BoundEpilogue::isSupported(const Program &program,
                                const plan::Step &step) {
  return !step.epilogue().has_residual() ||
         !program.isConstant(step.epilogue().residual());
}

void BoundEpilogue::place(
    std::span<const Placement> values,
    const std::function<PlacedView(const Placement &)> &view) {
  if (residualIndex)
    residual = view(values[*residualIndex]);
}

kernels::Epilogue BoundEpilogue::in(const Pass &pass) const {
  kernels::Epilogue result = epilogue;
  result.scale = scale.empty() ? nullptr : scale.data();
  result.offset = offset.empty() ? nullptr : offset.data();
  if (residualIndex) {
    kernels::ImageView view = residual.in(pass);
    result.residual = view.data;
    result.residualPixelStride = view.pixelStride;
    result.residualRowStride = view.rowStride;
    result.residualImageStride = view.imageStride;
    result.residualIsBfloat16 = view.isBfloat16;
  }
  return result;
}
