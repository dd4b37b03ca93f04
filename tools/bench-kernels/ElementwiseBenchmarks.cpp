//===- ElementwiseBenchmarks.cpp - One number for each --------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Bfloat16.h"
#include "runtime/kernels/Gradients.h"
#include "runtime/kernels/Kernels.h"
#include "tools/bench-kernels/Benchmarks.h"
#include "tools/bench-kernels/Measure.h"

using namespace cim;
using namespace cim::bench;
using namespace cim::kernels;

namespace {

/// In the second-level cache, and beyond it.
constexpr ImagesShape imagesShapes[] = {
    {16, 32, 2}, {64, 8, 8}, {256, 56, 1}, {64, 56, 8}};

/// Of one size all.
struct Operands {
  const ImageView &a, &b, &out;
  const float *scale, *offset;

  Epilogue relu() const {
    Epilogue epilogue;
    epilogue.lowest = 0;
    return epilogue;
  }
};

int addResidual(const Operands &on) {
  return binary(BinaryOperation::add, on.a, on.b, on.relu(), on.out);
}
int multiply(const Operands &on) {
  return binary(BinaryOperation::multiply, on.a, on.b, {}, on.out);
}
/// A batch normalisation that no convolution takes with it.
int normalise(const Operands &on) {
  Epilogue epilogue = on.relu();
  epilogue.scale = on.scale;
  epilogue.offset = on.offset;
  return scaleOffset(on.a, epilogue, on.out);
}
int reluGradient(const Operands &on) {
  return activationGradient(on.a, on.b, on.relu(), on.out);
}
int normaliseResponses(const Operands &on) { return lrn({}, on.a, on.out); }
int fromRowMajor(const Operands &on) {
  return toChannelsLast(on.a.data, on.out);
}
int intoRowMajor(const Operands &on) { return toRowMajor(on.a, on.out.data); }
int roundInPlace(const Operands &on) {
  roundToBfloat16(on.out.data, size_t(on.out.imageStride) * on.out.images);
  return 0;
}

struct Operation {
  const char *name;
  int operands; ///< images that it reads; it writes as many as one
  int (*run)(const Operands &);
};
constexpr Operation operations[] = {
    {"add_relu", 2, addResidual},        {"multiply", 2, multiply},
    {"scale_offset_relu", 1, normalise}, {"relu_gradient", 2, reluGradient},
    {"lrn", 1, normaliseResponses},      {"to_channels_last", 1, fromRowMajor},
    {"to_row_major", 1, intoRowMajor},   {"round_bfloat16", 1, roundInPlace},
};

void run(benchmark::State &state, const ImagesShape &shape,
         const Operation &operation) {
  const Images a(shape.channels, shape.size, shape.images),
      b(shape.channels, shape.size, shape.images),
      out(shape.channels, shape.size, shape.images);
  const Floats scale(paddedChannels(shape.channels)),
      offset(paddedChannels(shape.channels));
  const Operands on = {a.view, b.view, out.view, scale.data(), offset.data()};
  const double best = bestTime(state, [&] { return operation.run(on); });
  reportBytes(state, (operation.operands + 1) * out.bytes(), best);
}

} // namespace

void bench::addElementwise(InstructionSet set) {
  for (const Operation &operation : operations)
    for (const ImagesShape &shape : imagesShapes)
      add(prefix("elementwise", set) + operation.name + "/" + imagesName(shape),
          set, [=](benchmark::State &state) { run(state, shape, operation); });
}
