//===- GradientsTest.cpp - Backward through steps without weights -*- C++
//-*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Gradients.h"
#include "tests/runtime/kernels/PoolingWindows.h"

#include <array>
#include <functional>
#include <map>

namespace cim::kernels {
namespace {

class Gradients : public EveryInstructionSet {};

TEST_P(Gradients, ofActivations) {
  Random random(1);
  for (int channels : {3, 16, 40}) {
    Images y(channels, 5, 4, 2, {1, 1, 0, 0}), g(channels, 5, 4, 2),
        out(channels, 5, 4, 2, {0, 1, 1, 0});
    y.fill(random);
    g.fill(random);
    y.at(0, 0, 0, 0) = 0;
    y.at(0, 0, 1, 0) = 0.5f;
    for (auto [slope, lowest, highest] : {std::array{1.0f, 0.0f, INFINITY},
                                          {1.0f, 0.0f, 0.5f},
                                          {0.1f, -INFINITY, INFINITY}}) {
      Epilogue epilogue;
      epilogue.slope = slope;
      epilogue.lowest = lowest;
      epilogue.highest = highest;
      ASSERT_EQ(activationGradient(g.view, y.view, epilogue, out.view), 0);
      out.expectSurroundingsUntouched();
      out.forEach([&](int n, int y_, int x, int c) {
        const float at = y.at(n, y_, x, c), above = g.at(n, y_, x, c);
        const float expected = at <= lowest || at >= highest ? 0
                               : at < 0                      ? slope * above
                                                             : above;
        ASSERT_EQ(out.at(n, y_, x, c), expected);
      });
    }
  }
}

TEST_P(Gradients, sumsOfChannels) {
  Random random(2);
  for (int channels : {3, 16, 32, 48, 64, 100}) {
    Images a(channels, 5, 4, 3, {1, 1, 0, 0}), b(channels, 5, 4, 3);
    a.fill(random);
    b.fill(random);
    AlignedFloats centerA(paddedChannels(channels)),
        centerB(paddedChannels(channels)),
        sums(2 * paddedChannels(channels), Images::nan());
    for (int c = 0; c < channels; ++c) {
      centerA.data()[c] = draw(random);
      centerB.data()[c] = draw(random);
    }
    ASSERT_EQ(channelSums(a.view, b.view, centerA.data(), centerB.data(),
                          sums.data()),
              0);
    std::vector<double> first(channels), second(channels);
    a.forEach([&](int n, int y, int x, int c) {
      const double left = double(a.at(n, y, x, c)) - centerA[c];
      first[c] += left;
      second[c] += left * (double(b.at(n, y, x, c)) - centerB[c]);
    });
    for (int c = 0; c < channels; ++c) {
      EXPECT_NEAR(sums[c], first[c], 1e-4);
      EXPECT_NEAR(sums[paddedChannels(channels) + c], second[c], 1e-4);
    }
  }
}

TEST_P(Gradients, ofNormalization) {
  Random random(3);
  const int channels = 20;
  Images g(channels, 3, 4, 2), x(channels, 3, 4, 2, {1, 1, 1, 1}),
      out(channels, 3, 4, 2);
  g.fill(random);
  x.fill(random);
  AlignedFloats terms[4] = {AlignedFloats(32), AlignedFloats(32),
                            AlignedFloats(32), AlignedFloats(32)};
  for (AlignedFloats &term : terms)
    for (int c = 0; c < channels; ++c)
      term.data()[c] = draw(random);
  ASSERT_EQ(normalizationGradient(g.view, x.view,
                                  {terms[0].data(), terms[1].data(),
                                   terms[2].data(), terms[3].data()},
                                  out.view),
            0);
  out.expectSurroundingsUntouched();
  out.forEach([&](int n, int y, int x_, int c) {
    EXPECT_NEAR(out.at(n, y, x_, c),
                terms[0][c] * (g.at(n, y, x_, c) - terms[1][c] -
                               (x.at(n, y, x_, c) - terms[2][c]) * terms[3][c]),
                1e-5);
  });
}

/// Calls \p visit(iy, ix, tap) for the pixels that window (y, x) sees.
void forEachTap(const PoolingShape &s, const ImageView &in, int y, int x,
                const std::function<void(int, int, int)> &visit) {
  for (int dy = 0; dy < s.kernelHeight; ++dy)
    for (int dx = 0; dx < s.kernelWidth; ++dx) {
      const int iy = y * s.strideY + dy * s.dilationY - s.pads.top;
      const int ix = x * s.strideX + dx * s.dilationX - s.pads.left;
      if (iy >= 0 && iy < in.height && ix >= 0 && ix < in.width)
        visit(iy, ix, dy * s.kernelWidth + dx);
    }
}

TEST_P(Gradients, ofPooling) {
  Random random(4);
  for (int i = 0; i < 100; ++i) {
    PoolingShape s;
    s.kernelWidth = pick(random, {1, 2, 2, 3});
    s.kernelHeight = pick(random, {1, 2, 2, 3});
    s.strideX = pick(random, {1, 2, 3});
    s.strideY = pick(random, {1, 2, 3});
    s.dilationX = pick(random, {1, 1, 2});
    s.dilationY = pick(random, {1, 1, 2});
    s.pads = {int(random() % s.kernelWidth), int(random() % s.kernelHeight),
              int(random() % s.kernelWidth), int(random() % s.kernelHeight)};
    s.countIncludesPads = random() % 2;
    const int spanX = (s.kernelWidth - 1) * s.dilationX + 1,
              spanY = (s.kernelHeight - 1) * s.dilationY + 1;
    // Now and then a window is the whole image.
    const bool isWhole = i % 8 == 0;
    if (isWhole)
      s.pads = {};
    const int width = spanX + (isWhole ? 0 : random() % 8),
              height = spanY + (isWhole ? 0 : random() % 8);
    const int channels = pick(random, {1, 16, 40, 64, 100});
    Images in(channels, width, height, 2, {1, 1, 1, 1}, true, 1),
        out(channels, width, height, 2, {1, 0, 1, 1}, true, 1);
    // Few different values, so that windows have several largest pixels.
    in.forEach([&](int n, int y, int x, int c) {
      in.at(n, y, x, c) = int(random() % 4);
    });
    const bool ceil = random() % 2;
    Images gradient(
        channels,
        countWindows(width, s.pads.left, s.pads.right, spanX, s.strideX, ceil),
        countWindows(height, s.pads.top, s.pads.bottom, spanY, s.strideY, ceil),
        2, {1, 1, 0, 0});
    gradient.fill(random);
    Images taps(channels, gradient.view.width, gradient.view.height, 2);

    std::map<std::array<int, 4>, double> largest, average;
    gradient.forEach([&](int n, int y, int x, int c) {
      int best[2] = {-1, -1};
      forEachTap(s, in.view, y, x, [&](int iy, int ix, int) {
        if (best[0] < 0 || in.at(n, iy, ix, c) > in.at(n, best[0], best[1], c))
          best[0] = iy, best[1] = ix;
      });
      const int counted = look(s, in, n, y, x, c).counted;
      if (best[0] >= 0)
        largest[{n, best[0], best[1], c}] += gradient.at(n, y, x, c);
      forEachTap(s, in.view, y, x, [&](int iy, int ix, int) {
        average[{n, iy, ix, c}] += gradient.at(n, y, x, c) / counted;
      });
    });
    auto check = [&](auto &expected) {
      out.expectSurroundingsUntouched();
      out.forEach([&](int n, int y, int x, int c) {
        ASSERT_NEAR(out.at(n, y, x, c), (expected[{n, y, x, c}]), 1e-5);
      });
    };
    ASSERT_EQ(largestTaps(s, in.view, taps.view), 0);
    ASSERT_EQ(maxPoolGradient(s, gradient.view, taps.view, out.view), 0);
    check(largest);
    ASSERT_EQ(averagePoolGradient(s, gradient.view, out.view), 0);
    check(average);
  }
}

TEST_P(Gradients, ofGlobalAverages) {
  Random random(5);
  Images gradient(20, 1, 1, 2), out(20, 3, 5, 2, {1, 1, 1, 1});
  gradient.fill(random);
  ASSERT_EQ(globalAveragePoolGradient(gradient.view, out.view), 0);
  out.expectSurroundingsUntouched();
  out.forEach([&](int n, int y, int x, int c) {
    EXPECT_NEAR(out.at(n, y, x, c), gradient.at(n, 0, 0, c) / 15, 1e-6);
  });
}

CIM_FOR_EVERY_INSTRUCTION_SET(Gradients);

} // namespace
} // namespace cim::kernels
