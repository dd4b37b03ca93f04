//===- BatchNormBenchmarks.cpp - Training of batch normalisation ----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What runtime/training/BatchNormSteps.cpp calls for every pass; between passes
// it only works on a few numbers per channel.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Gradients.h"
#include "tools/bench-kernels/Benchmarks.h"
#include "tools/bench-kernels/Measure.h"

using namespace cim;
using namespace cim::bench;
using namespace cim::kernels;

namespace {

/// Images of a pass and numbers per channel.
struct Operands {
  Operands(int channels, int size, int images)
      : x(channels, size, images), gradient(channels, size, images),
        out(channels, size, images), mean(paddedChannels(channels)),
        factor(paddedChannels(channels)), shift(paddedChannels(channels)),
        sums(2 * paddedChannels(channels)) {}

  Images x, gradient, out;
  Floats mean, factor, shift, sums;
};

/// One image at a time, as training does, so that no float adds up too much.
int addUp(const Operands &on, ImageView a, ImageView b, const float *centerA,
          const float *centerB) {
  const int images = a.images;
  a.images = b.images = 1;
  int status = 0;
  for (int n = 0; n < images && status == 0; ++n) {
    status = channelSums(a, b, centerA, centerB, on.sums.data());
    a.data += a.imageStride;
    b.data += b.imageStride;
  }
  return status;
}

int addUpStatistics(const Operands &on) {
  return addUp(on, on.x.view, on.x.view, on.mean.data(), on.mean.data());
}
int normalise(const Operands &on) {
  Epilogue epilogue;
  epilogue.scale = on.factor.data();
  epilogue.offset = on.shift.data();
  epilogue.lowest = 0;
  return scaleOffset(on.x.view, epilogue, on.out.view);
}
int addUpGradients(const Operands &on) {
  return addUp(on, on.gradient.view, on.x.view, nullptr, on.mean.data());
}
int normaliseBackward(const Operands &on) {
  return normalizationGradient(
      on.gradient.view, on.x.view,
      {on.factor.data(), on.shift.data(), on.mean.data(), on.factor.data()},
      on.out.view);
}

struct Step {
  const char *name;
  int streams; ///< images that it reads and writes
  int (*run)(const Operands &);
};
constexpr Step steps[] = {
    {"statistics", 1, addUpStatistics},
    {"normalise_relu", 2, normalise},
    {"backward_sums", 2, addUpGradients},
    {"backward", 3, normaliseBackward},
};

constexpr ImagesShape layers[] = {
    {16, 32, 4}, {32, 16, 4}, {64, 8, 4}, {64, 56, 1}, {256, 14, 1}};

void run(benchmark::State &state, const ImagesShape &layer, const Step &step) {
  const Operands on(layer.channels, layer.size, layer.images);
  const double best = bestTime(state, [&] { return step.run(on); });
  reportBytes(state, step.streams * on.x.bytes(), best);
}

} // namespace

void bench::addBatchNorm(InstructionSet set) {
  for (const Step &step : steps)
    for (const ImagesShape &layer : layers)
      add(prefix("batch_norm", set) + step.name + "/" + imagesName(layer), set,
          [=](benchmark::State &state) { run(state, layer, step); });
}
