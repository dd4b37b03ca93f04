//===- ConverterBenchmarks.cpp - DACs, ADCs and read noise ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Converters.h"
#include "tools/bench-kernels/AdcConstants.h"
#include "tools/bench-kernels/Benchmarks.h"
#include "tools/bench-kernels/Measure.h"

using namespace cim;
using namespace cim::bench;
using namespace cim::kernels;

namespace {

/// As many images as the executor lets through together (chunkFloats).
constexpr ImagesShape imagesShapes[] = {{16, 32, 2}, {32, 16, 4}, {64, 8, 8}};

/// What one of the loops works on.
struct Operands {
  Operands(const ImagesShape &shape)
      : sums(shape.channels, shape.size, shape.images),
        total(shape.channels, shape.size, shape.images),
        draws(shape.channels, shape.size, shape.images),
        variance(sums.memory.size(), 0.25f), adc(shape.channels) {}

  Images sums, total, draws;
  Floats variance;
  AdcConstants adc;
  Floats curve{255};
};

/// A signed DAC of 8 bits.
Drive eightBits() {
  Drive drive;
  drive.perInput = 254;
  drive.lowest = -127;
  drive.highest = 127;
  drive.step = 1.0f / 254;
  return drive;
}

void driveLinearly(const Operands &on) {
  drive(on.sums.view, eightBits(), on.total.view);
}
void driveAlongCurve(const Operands &on) {
  Drive curved = eightBits();
  curved.curve = on.curve.data();
  drive(on.sums.view, curved, on.total.view);
}
void driveOneBit(const Operands &on) {
  Drive bit = eightBits();
  bit.bit = 3;
  drive(on.sums.view, bit, on.total.view);
}

void convertSums(const Operands &on, bool isBent, bool isFirst) {
  convert(on.sums.view.data, on.sums.pixels(), on.sums.view.channels,
          on.adc.view(isBent), 1, isFirst, on.total.view.data);
}
void convertFirst(const Operands &on) { convertSums(on, false, true); }
void convertMore(const Operands &on) { convertSums(on, false, false); }
void convertBent(const Operands &on) { convertSums(on, true, false); }

void accumulateMore(const Operands &on) {
  accumulate(on.sums.view.data, on.sums.pixels(), on.sums.view.channels, 1,
             false, on.total.view.data);
}

void addNoiseTo(const Operands &on, bool isPerPixel) {
  addNoise(on.variance.data(), isPerPixel, 4, on.draws.view.data,
           on.sums.pixels(), on.sums.view.channels, on.total.view.data);
}
void addNoisePerSum(const Operands &on) { addNoiseTo(on, false); }
void addNoisePerPixel(const Operands &on) { addNoiseTo(on, true); }

struct Loop {
  const char *name;
  double streams; ///< numbers that it reads and writes for each
  void (*run)(const Operands &);
};
constexpr Loop loops[] = {
    {"dac", 2, driveLinearly},
    {"dac_curve", 2, driveAlongCurve},
    {"dac_one_bit", 2, driveOneBit},
    {"adc_first", 2, convertFirst},
    {"adc", 3, convertMore},
    {"adc_bent", 3, convertBent},
    {"accumulate", 3, accumulateMore},
    {"noise_per_sum", 4, addNoisePerSum},
    {"noise_per_pixel", 3, addNoisePerPixel}, // and a variance per pixel
};

void run(benchmark::State &state, const ImagesShape &shape, const Loop &loop) {
  const Operands on(shape);
  const double best = bestTime(state, [&] {
    loop.run(on);
    return 0;
  });
  reportBytes(state, loop.streams * on.sums.bytes(), best);
}

} // namespace

void bench::addConverters(InstructionSet set) {
  for (const Loop &loop : loops)
    for (const ImagesShape &shape : imagesShapes)
      add(prefix("converters", set) + loop.name + "/" + imagesName(shape), set,
          [=](benchmark::State &state) { run(state, shape, loop); });
}
