//===- Geometry.cpp - How a value lies in memory --------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Geometry.h"

#include "runtime/executor/Arena.h"
#include "runtime/kernels/ImageView.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Tensor.h"

#include <cassert>
#include <cstring>

using namespace cim;

Geometry::Geometry(const plan::Value &value, int64_t channelBlock)
    : layout(value.layout()), type(value.element_type()), elements(1) {
  for (int64_t extent : value.shape())
    elements *= extent; // verified to be at most 2^31
  images = value.shape_size() > 0 ? value.shape(0) : 1;
  if (channelsLast()) {
    channels = value.shape(1);
    stride = (channels + channelBlock - 1) / channelBlock * channelBlock;
    height = value.shape(2);
    width = value.shape(3);
  }
  updateBytes();
}

void Geometry::widen(const Border &wanted) {
  border.include(wanted);
  updateBytes();
}

void Geometry::shorten() {
  isBfloat16 = true;
  updateBytes();
}

size_t Geometry::numberBytes() const {
  return isBfloat16 ? sizeof(uint16_t) : byteWidth(type);
}

bool Geometry::hasPixelBehind() const {
  return isBfloat16 && stride % (2 * kernels::channelBlock) != 0;
}

void Geometry::updateBytes() {
  size_t total = numberBytes();
  auto multiply = [&](size_t factor) {
    if (__builtin_mul_overflow(total, factor, &total) ||
        total > PTRDIFF_MAX / 2)
      throw InputError("the network's activations do not fit into memory");
  };
  if (channelsLast()) {
    for (int64_t extent : {images, paddedHeight(), paddedWidth(), stride})
      multiply(extent);
  } else {
    multiply(elements);
  }
  if (hasPixelBehind())
    total += stride * numberBytes();
  bytes = (total + arenaAlignment - 1) / arenaAlignment * arenaAlignment;
}

void cim::store(const Geometry &geometry, const std::byte *dense,
                std::byte *stored) {
  assert(!geometry.isBfloat16);
  if (!geometry.channelsLast()) {
    if (geometry.elements > 0) // else there may be no bytes at all
      std::memcpy(stored, dense, geometry.elements * byteWidth(geometry.type));
    return;
  }
  const float *from = reinterpret_cast<const float *>(dense);
  float *to = reinterpret_cast<float *>(stored);
  const int64_t C = geometry.channels, S = geometry.stride;
  const int64_t H = geometry.height, W = geometry.width;
  for (int64_t n = 0; n < geometry.images; ++n)
    for (int64_t y = 0; y < H; ++y) {
      float *row = to + n * geometry.imageStride() + geometry.interior() +
                   y * geometry.paddedWidth() * S;
      for (int64_t c = 0; c < S; ++c) {
        if (c >= C) {
          for (int64_t x = 0; x < W; ++x)
            row[x * S + c] = 0;
          continue;
        }
        const float *plane = from + ((n * C + c) * H + y) * W;
        for (int64_t x = 0; x < W; ++x)
          row[x * S + c] = plane[x];
      }
    }
}

void cim::load(const Geometry &geometry, const std::byte *stored,
               std::byte *dense) {
  assert(!geometry.isBfloat16);
  if (!geometry.channelsLast()) {
    if (geometry.elements > 0) // else there may be no bytes at all
      std::memcpy(dense, stored, geometry.elements * byteWidth(geometry.type));
    return;
  }
  const float *from = reinterpret_cast<const float *>(stored);
  float *to = reinterpret_cast<float *>(dense);
  const int64_t C = geometry.channels, S = geometry.stride;
  const int64_t H = geometry.height, W = geometry.width;
  for (int64_t n = 0; n < geometry.images; ++n)
    for (int64_t c = 0; c < C; ++c)
      for (int64_t y = 0; y < H; ++y) {
        const float *row = from + n * geometry.imageStride() +
                           geometry.interior() +
                           y * geometry.paddedWidth() * S + c;
        float *plane = to + ((n * C + c) * H + y) * W;
        for (int64_t x = 0; x < W; ++x)
          plane[x] = row[x * S];
      }
}
