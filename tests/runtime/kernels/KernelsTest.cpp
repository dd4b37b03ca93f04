//===- KernelsTest.cpp - Kernels without weights against plain loops ---*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Kernels.h"
#include "tests/runtime/kernels/PoolingWindows.h"

#include <string>

namespace cim::kernels {
namespace {

class WeightlessKernels : public EveryInstructionSet {};

TEST_P(WeightlessKernels, Pooling) {
  Random random(1);
  for (int i = 0; i < 200; ++i) {
    PoolingShape s;
    s.kernelWidth = pick(random, {1, 2, 2, 3, 3, 5});
    s.kernelHeight = pick(random, {1, 2, 2, 3, 3, 5});
    s.strideX = pick(random, {1, 2, 3});
    s.strideY = pick(random, {1, 2, 3});
    s.dilationX = pick(random, {1, 1, 2});
    s.dilationY = pick(random, {1, 1, 3});
    s.pads = {int(random() % s.kernelWidth), int(random() % s.kernelHeight),
              int(random() % s.kernelWidth), int(random() % s.kernelHeight)};
    s.countIncludesPads = random() % 2;
    const bool ceil = random() % 2;
    const int spanX = (s.kernelWidth - 1) * s.dilationX + 1;
    const int spanY = (s.kernelHeight - 1) * s.dilationY + 1;
    const int width = spanX + random() % 8, height = spanY + random() % 8;
    const int channels = pick(random, {1, 16, 17, 40, 64, 100});
    Images in(channels, width, height, 3, {1, 1, 1, 1}, true, 1);
    in.fill(random);
    Images out(
        channels,
        countWindows(width, s.pads.left, s.pads.right, spanX, s.strideX, ceil),
        countWindows(height, s.pads.top, s.pads.bottom, spanY, s.strideY, ceil),
        3, {2, 1, 0, 1}, true, 1);
    ASSERT_EQ(maxPool(s, in.view, out.view), 0);
    out.expectSurroundingsUntouched();
    out.forEach([&](int n, int y, int x, int c) {
      const Window window = look(s, in, n, y, x, c);
      // No tap inside: -inf, or a row of such taps.
      ASSERT_EQ(out.at(n, y, x, c), float(window.largest));
    });
    ASSERT_EQ(averagePool(s, in.view, out.view), 0);
    out.expectSurroundingsUntouched();
    out.forEach([&](int n, int y, int x, int c) {
      const Window window = look(s, in, n, y, x, c);
      ASSERT_NEAR(out.at(n, y, x, c), window.sum / std::max(window.counted, 1),
                  1e-6);
    });
  }
}

TEST_P(WeightlessKernels, GlobalAverage) {
  Random random(2);
  for (int channels : {1, 16, 17, 64, 100, 512})
    for (int size : {1, 7, 8, 13}) {
      Images in(channels, size, size + 1, 3, {1, 0, 1, 0});
      Images out(channels, 1, 1, 3, {1, 1, 1, 1});
      in.fill(random);
      ASSERT_EQ(globalAveragePool(in.view, out.view), 0);
      out.expectSurroundingsUntouched();
      out.forEach([&](int n, int, int, int c) {
        double sum = 0;
        for (int y = 0; y < in.view.height; ++y)
          for (int x = 0; x < in.view.width; ++x)
            sum += in.at(n, y, x, c);
        ASSERT_NEAR(out.at(n, 0, 0, c), sum / (size * (size + 1)), 1e-6);
      });
    }
}

TEST_P(WeightlessKernels, LocalResponseNormalization) {
  Random random(3);
  for (int channels : {1, 5, 16, 17, 96, 100})
    for (int size : {1, 2, 5, 8, 21, 33, 500, 1 << 29}) {
      LrnParameters p = {size, 0.5f, 0.75f, 2.0f};
      Images in(channels, 5, 4, 2, {1, 1, 1, 1}), out(channels, 5, 4, 2);
      in.fill(random);
      ASSERT_EQ(lrn(p, in.view, out.view), 0);
      out.expectSurroundingsUntouched();
      out.forEach([&](int n, int y, int x, int c) {
        double squares = 0;
        const int first = c - (size - 1) / 2;
        for (int i = std::max(first, 0); i < std::min(first + size, channels);
             ++i)
          squares += double(in.at(n, y, x, i)) * in.at(n, y, x, i);
        ASSERT_NEAR(out.at(n, y, x, c),
                    in.at(n, y, x, c) /
                        std::pow(p.bias + p.alpha / size * squares, p.beta),
                    1e-6);
      });
    }
}

TEST_P(WeightlessKernels, Elementwise) {
  Random random(4);
  for (int i = 0; i < 60; ++i) {
    const int channels = pick(random, {1, 16, 17, 64, 100});
    const int width = 1 + random() % 9, height = 1 + random() % 5;
    Images a(channels, width, height, 3, {1, 1, 1, 1}, true, 1);
    Images b(channels, width, height, 3, {0, 2, 0, 1});
    Images out(channels, width, height, 3, {2, 0, 1, 1});
    a.fill(random);
    b.fill(random);
    RandomEpilogue epilogue(random, out);
    auto expect = [&](auto &&compute) {
      out.expectSurroundingsUntouched();
      out.forEach([&](int n, int y, int x, int c) {
        ASSERT_NEAR(out.at(n, y, x, c),
                    epilogue.apply(compute(n, y, x, c), n, y, x, c), 2e-6);
      });
    };
    ASSERT_EQ(binary(BinaryOperation::add, a.view, b.view, epilogue.epilogue,
                     out.view),
              0);
    expect([&](int n, int y, int x, int c) {
      return double(a.at(n, y, x, c)) + b.at(n, y, x, c);
    });
    ASSERT_EQ(binary(BinaryOperation::subtract, a.view, b.view,
                     epilogue.epilogue, out.view),
              0);
    expect([&](int n, int y, int x, int c) {
      return double(a.at(n, y, x, c)) - b.at(n, y, x, c);
    });
    ASSERT_EQ(scaleOffset(a.view, epilogue.epilogue, out.view), 0);
    expect([&](int n, int y, int x, int c) { return a.at(n, y, x, c); });

    // One pixel times all pixels, as squeeze-and-excitation does it.
    ImageView broadcast = b.view;
    broadcast.pixelStride = broadcast.rowStride = 0;
    ASSERT_EQ(binary(BinaryOperation::multiply, a.view, broadcast,
                     epilogue.epilogue, out.view),
              0);
    expect([&](int n, int y, int x, int c) {
      return double(a.at(n, y, x, c)) * b.at(n, 0, 0, c);
    });
  }
}

/// What is not a number stays so behind every activation, as in onnxruntime: a
/// ReLU must not turn it into 0.
TEST_P(WeightlessKernels, KeepsNotANumber) {
  Random random(8);
  Images a(20, 5, 3, 2), out(20, 5, 3, 2);
  a.fill(random);
  a.at(1, 2, 3, 17) = Images::nan();
  Epilogue none, relu, clip, leaky;
  relu.lowest = clip.lowest = 0;
  clip.highest = 6;
  leaky.slope = 0.1f;
  for (const Epilogue &epilogue : {none, relu, clip, leaky}) {
    auto expect = [&] {
      out.forEach([&](int n, int y, int x, int c) {
        ASSERT_EQ(std::isnan(out.at(n, y, x, c)),
                  n == 1 && y == 2 && x == 3 && c == 17);
      });
    };
    ASSERT_EQ(scaleOffset(a.view, epilogue, out.view), 0);
    expect();
    ASSERT_EQ(binary(BinaryOperation::add, a.view, a.view, epilogue, out.view),
              0);
    expect();
  }
}

TEST_P(WeightlessKernels, ElementwiseInPlace) {
  Random random(5);
  Images a(20, 9, 3, 2, {1, 1, 1, 1}), sum(20, 9, 3, 2, {1, 1, 1, 1});
  a.fill(random);
  sum.fill(random);
  std::vector<float> old;
  sum.forEach(
      [&](int n, int y, int x, int c) { old.push_back(sum.at(n, y, x, c)); });
  ASSERT_EQ(binary(BinaryOperation::add, a.view, sum.view, {}, sum.view), 0);
  size_t i = 0;
  sum.forEach([&](int n, int y, int x, int c) {
    ASSERT_EQ(sum.at(n, y, x, c), old[i++] + a.at(n, y, x, c));
  });
}

TEST_P(WeightlessKernels, Relayout) {
  Random random(6);
  for (int channels : {1, 3, 16, 17, 64}) {
    const int width = 7, height = 5, images = 2;
    const std::vector<float> dense =
        drawMany(random, channels * width * height * images);
    for (bool padded : {true, false}) {
      Images last(channels, width, height, images, {1, 2, 3, 1}, padded, 1);
      ASSERT_EQ(toChannelsLast(dense.data(), last.view), 0);
      last.expectSurroundingsUntouched();
      last.forEach([&](int n, int y, int x, int c) {
        ASSERT_EQ(last.at(n, y, x, c),
                  dense[((n * channels + c) * height + y) * width + x]);
      });
      std::vector<float> back(dense.size());
      ASSERT_EQ(toRowMajor(last.view, back.data()), 0);
      EXPECT_EQ(back, dense);
    }
  }
}

/// An operand that Halide cannot address is an error, not the process's end.
TEST_P(WeightlessKernels, RefuseWhatIsTooLarge) {
  Images small(16, 2, 2, 1);
  ImageView large = small.view;
  large.width = large.height = 1 << 16;
  large.rowStride = 1 << 30;
  EXPECT_NE(maxPool({}, large, large), 0);
}

CIM_FOR_EVERY_INSTRUCTION_SET(WeightlessKernels);

} // namespace
} // namespace cim::kernels
