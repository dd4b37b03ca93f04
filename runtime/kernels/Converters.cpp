//===- Converters.cpp - Around the arrays of a layer ----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Converters.h"
#include "runtime/kernels/ConverterLoops.h"
#include "runtime/kernels/InstructionSet.h"

#include <cstddef>

namespace cim::kernels {

static const ConverterTable &loops() {
  switch (instructionSet()) {
  case InstructionSet::amx:
  case InstructionSet::avx512bf16:
  case InstructionSet::avx512:
    return avx512Converters;
  case InstructionSet::avx2:
    return avx2Converters;
  case InstructionSet::baseline:
    break;
  }
  return baselineConverters;
}

int64_t drive(const ImageView &in, const Drive &drive,
              const ImageView &out) noexcept {
  const ConverterTable &table = loops();
  const int stored = paddedChannels(in.channels);
  const bool isPadded = in.pixelStride == stored && out.pixelStride == stored;
  // Padding channels of images are zeros, which every DAC leaves alone, or not
  // a number, which is never clipped. Those of a lone pixel may be what is
  // behind a row, anything: they do not count.
  const bool isOneRun = isPadded && (in.width > 1 || in.channels == stored);
  int64_t clipped = 0;
  for (ptrdiff_t n = 0; n < in.images; ++n)
    for (ptrdiff_t y = 0; y < in.height; ++y) {
      const float *from = in.data + n * in.imageStride + y * in.rowStride;
      float *to = out.data + n * out.imageStride + y * out.rowStride;
      if (isOneRun) {
        clipped += table.drive(from, int64_t(in.width) * stored, drive, to);
        continue;
      }
      for (ptrdiff_t x = 0; x < in.width; ++x)
        clipped += table.drive(from + x * in.pixelStride, in.channels, drive,
                               to + x * out.pixelStride);
      if (isPadded)
        table.drive(from + in.channels, stored - in.channels, drive,
                    to + in.channels);
    }
  return clipped;
}

int64_t convert(const float *sums, int64_t pixels, int channels,
                const AdcColumns &columns, float factor, bool isFirst,
                float *total) noexcept {
  return loops().convert(sums, pixels, paddedChannels(channels) / channelBlock,
                         columns, factor, isFirst, total);
}

void accumulate(const float *sums, int64_t pixels, int channels, float factor,
                bool isFirst, float *total) noexcept {
  loops().accumulate(sums, pixels * paddedChannels(channels), factor, isFirst,
                     total);
}

void addNoise(const float *variance, bool isPerPixel, float factor,
              const float *draws, int64_t pixels, int channels,
              float *sums) noexcept {
  loops().addNoise(variance, isPerPixel, factor, draws, pixels,
                   paddedChannels(channels) / channelBlock, sums);
}

} // namespace cim::kernels
