//===- ElementaryTest.cpp - Accuracy of the elementary functions ----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/random/Elementary.h"
#include "tests/runtime/Differences.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

using namespace cim::random;

namespace {

/// Largest distance of \p computed from \p exact over [lowest, highest], in
/// units in the last place of the exact result.
double largestUlps(Floats<4> (*computed)(Floats<4>),
                   const std::function<double(double)> &exact, float lowest,
                   float highest) {
  double largest = 0;
  constexpr int samples = 2'000'000;
  for (int i = 0; i < samples; i += 4) {
    Floats<4> x;
    for (int lane = 0; lane < 4; ++lane)
      x[lane] =
          float(lowest + (double(highest) - lowest) * (i + lane) / samples);
    Floats<4> y = computed(x);
    for (int lane = 0; lane < 4; ++lane) {
      double truth = exact(x[lane]);
      float size = std::abs(float(truth));
      double ulp =
          double(std::nextafter(size, std::numeric_limits<float>::infinity())) -
          size;
      largest =
          cim::test::largerError(largest, std::abs(y[lane] - truth) / ulp);
    }
  }
  return largest;
}

double logarithmError(float lowest, float highest) {
  return largestUlps([](Floats<4> x) { return logarithm<4>(x); },
                     [](double x) { return std::log(x); }, lowest, highest);
}

double exponentialError(float lowest, float highest) {
  return largestUlps([](Floats<4> x) { return exponentialMinus1<4>(x); },
                     [](double x) { return std::expm1(x); }, lowest, highest);
}

TEST(Elementary, Logarithm) {
  EXPECT_LE(logarithmError(0x1p-31f, 0x1p-20f), 1);
  EXPECT_LE(logarithmError(0x1p-20f, 0.01f), 1);
  EXPECT_LE(logarithmError(0.01f, 0.9f), 1);
  EXPECT_LE(logarithmError(0.9f, 1.1f), 1);
  EXPECT_LE(logarithmError(1.1f, 1e6f), 1);
  EXPECT_EQ(logarithm<4>(Floats<4>(1))[0], 0);
}

TEST(Elementary, ExponentialMinus1) {
  EXPECT_LE(exponentialError(-87, -1), 3);
  EXPECT_LE(exponentialError(-1, -1e-3f), 3);
  EXPECT_LE(exponentialError(-1e-3f, -1e-9f), 3);
  EXPECT_LE(exponentialError(1e-9f, 1e-3f), 3);
  EXPECT_LE(exponentialError(1e-3f, 1), 3);
  EXPECT_LE(exponentialError(1, 87), 3);
}

TEST(Elementary, SineAndCosine) {
  constexpr float eighth = std::numbers::pi_v<float> / 4;
  EXPECT_LE(largestUlps([](Floats<4> x) { return sine<4>(x); },
                        [](double x) { return std::sin(x); }, -eighth, eighth),
            1);
  EXPECT_LE(largestUlps([](Floats<4> x) { return cosine<4>(x); },
                        [](double x) { return std::cos(x); }, -eighth, eighth),
            1);
}

} // namespace
