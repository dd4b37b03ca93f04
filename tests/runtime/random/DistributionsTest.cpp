//===- DistributionsTest.cpp - Random numbers of a distribution -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/random/Distributions.h"
#include "tests/runtime/random/ReferenceDraw.h"

#include <gmock/gmock.h>

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <iostream>
#include <numeric>
#include <random>

using namespace cim;
using namespace cim::random;

namespace {

constexpr double RootHalf = std::numbers::sqrt2 / 2;

/// A distribution with what theory says about it.
struct Theory {
  std::string name;
  Distribution distribution;
  std::function<double(double)> cumulative;
  double kurtosis; ///< fourth central moment; 0: infinite or not checked
  std::function<double(const Coordinates &, uint64_t)> reference;
};

double normalCumulative(double x) { return std::erfc(-x * RootHalf) / 2; }

Theory lognormalTheory(double s) {
  double q = std::exp(s * s);
  return {"lognormal" + std::to_string(s), Distribution::lognormal(s),
          [=](double x) {
            double y = x * std::sqrt(std::expm1(s * s)) + 1;
            return y <= 0 ? 0 : normalCumulative((std::log(y) + s * s / 2) / s);
          },
          s < 0.5 ? q * q * q * q + 2 * q * q * q + 3 * q * q - 3 : 0,
          [=](const Coordinates &at, uint64_t cell) {
            return reference_draw::lognormal(at, cell, s);
          }};
}

Theory studentTheory(double df) {
  return {"student-t" + std::to_string(df), Distribution::studentT(df),
          [=](double x) {
            return boost::math::cdf(boost::math::students_t(df),
                                    x * std::sqrt(df / (df - 2)));
          },
          df > 8 ? 3 + 6 / (df - 4) : 0,
          [=](const Coordinates &at, uint64_t cell) {
            return reference_draw::studentT(at, cell, df);
          }};
}

std::vector<Theory> theories() {
  return {
      {"normal", Distribution::normal(), normalCumulative, 3,
       reference_draw::normal},
      {"uniform", Distribution::uniform(),
       [](double x) {
         return std::clamp((x / std::sqrt(3.0) + 1) / 2, 0.0, 1.0);
       },
       1.8, reference_draw::uniform},
      {"laplace", Distribution::laplace(),
       [](double x) {
         double tail = std::exp(-std::abs(x) * std::sqrt(2.0)) / 2;
         return x < 0 ? tail : 1 - tail;
       },
       6, reference_draw::laplace},
      lognormalTheory(0.25),
      lognormalTheory(1),
      studentTheory(4),
      studentTheory(12),
      studentTheory(2.5),
      studentTheory(100000),
  };
}

constexpr size_t Many = 1'000'000;

std::vector<float> draws(const Distribution &distribution,
                         const Coordinates &at, size_t count = Many) {
  std::vector<float> result(count);
  distribution.draw(Stream(at), 0, result);
  return result;
}

TEST(Distributions, FollowTheReference) {
  Coordinates at{.seed = 7, .trial = 3, .layer = 5};
  for (const Theory &theory : theories()) {
    std::vector<float> fast = draws(theory.distribution, at, 50000);
    for (size_t cell = 0; cell < fast.size(); ++cell) {
      double truth = theory.reference(at, cell);
      ASSERT_NEAR(fast[cell], truth, 2e-6 * std::max(1.0, std::abs(truth)))
          << theory.name << " cell " << cell;
    }
  }
}

TEST(Distributions, MomentsAreThoseOfTheory) {
  for (const Theory &theory : theories()) {
    if (theory.kurtosis == 0)
      continue;
    std::vector<float> values = draws(theory.distribution, {.seed = 1});
    double mean = std::accumulate(values.begin(), values.end(), 0.0) / Many;
    double variance = 0, third = 0;
    for (float value : values) {
      double d = value - mean;
      variance += d * d / Many;
      third += d * d * d / Many;
    }
    EXPECT_NEAR(mean, 0, 5 / std::sqrt(Many)) << theory.name;
    EXPECT_NEAR(variance, 1, 5 * std::sqrt((theory.kurtosis - 1) / Many))
        << theory.name;
    if (theory.name == "normal")
      EXPECT_NEAR(third, 0, 5 * std::sqrt(15.0 / Many));
  }
}

/// Kolmogorov and Smirnov: the largest distance between the empirical and the
/// exact cumulative distribution; sqrt(n) D exceeds 2.23 once in 10,000.
TEST(Distributions, KolmogorovSmirnov) {
  for (const Theory &theory : theories()) {
    std::vector<float> values = draws(theory.distribution, {.seed = 2});
    std::sort(values.begin(), values.end());
    double largest = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      double exact = theory.cumulative(values[i]);
      largest = std::max(
          {largest, exact - double(i) / Many, double(i + 1) / Many - exact});
    }
    EXPECT_LT(largest * std::sqrt(double(Many)), 2.23) << theory.name;
  }
}

/// As many draws beyond a tail's quantile as theory says.
TEST(Distributions, Tails) {
  for (const Theory &theory : theories()) {
    std::vector<float> values = draws(theory.distribution, {.seed = 3});
    for (double probability : {1e-2, 1e-3, 1e-4, 1e-5}) {
      auto countBeyond = [&](double p) {
        double low = -1e6, high = 1e6; // the quantile of p, by bisection
        for (int i = 0; i < 200; ++i) {
          double middle = (low + high) / 2;
          (theory.cumulative(middle) < p ? low : high) = middle;
        }
        return double(std::count_if(values.begin(), values.end(),
                                    [&](float v) { return v <= high; }));
      };
      double expected = probability * Many, spread = 5 * std::sqrt(expected);
      EXPECT_NEAR(countBeyond(probability), expected, spread) << theory.name;
      EXPECT_NEAR(Many - countBeyond(1 - probability), expected, spread)
          << theory.name;
    }
  }
}

TEST(Distributions, Empirical) {
  // Half of the mass below 0, a gap, then two steps.
  Distribution distribution =
      Distribution::empirical({0, 0.5, 0.5, 0.75, 1}, {-2, 0, 1, 2, 6});
  std::vector<float> values = draws(distribution, {.seed = 4});
  auto fraction = [&](double lowest, double highest) {
    return double(std::count_if(
               values.begin(), values.end(),
               [&](float v) { return v >= lowest && v < highest; })) /
           Many;
  };
  double spread = 5 * 0.5 / std::sqrt(Many);
  EXPECT_NEAR(fraction(-2, -1), 0.25, spread);
  EXPECT_NEAR(fraction(-1, 0), 0.25, spread);
  EXPECT_EQ(fraction(0.001, 0.999), 0);
  EXPECT_NEAR(fraction(1, 2), 0.25, spread);
  EXPECT_NEAR(fraction(2, 4), 0.125, spread);
  EXPECT_NEAR(fraction(4, 6.001), 0.125, spread);
  EXPECT_EQ(fraction(-1e9, -2) + fraction(6.001, 1e9), 0);
  Coordinates at{.seed = 4};
  for (size_t cell = 0; cell < 1000; ++cell) {
    double u = (reference_draw::word(at, cell) + 0.5) * 0x1p-32;
    double truth = u < 0.5    ? 4 * u - 2
                   : u < 0.75 ? 1 + 4 * (u - 0.5)
                              : 2 + 16 * (u - 0.75);
    ASSERT_NEAR(values[cell], truth, 1e-6);
  }
}

TEST(Distributions, EmpiricalOfOneValue) {
  Distribution distribution = Distribution::empirical({0, 1}, {3, 3});
  for (float value : draws(distribution, {}, 1000))
    EXPECT_EQ(value, 3);
}

/// Correlation of two sequences, in units of its sampling error.
double correlation(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += double(a[i]) * b[i];
  return sum / std::sqrt(double(a.size()));
}

TEST(Distributions, NeighbouringCoordinatesAreIndependent) {
  Distribution normal = Distribution::normal();
  std::vector<float> base = draws(normal, {});
  Coordinates others[] = {
      {.seed = 1},  {.seed = uint64_t(1) << 32}, {.trial = 1},
      {.layer = 1}, {.source = Source::faults},  {.epoch = 1},
      {.slice = 1}, {.negative = true}};
  auto squares = [](std::vector<float> values) {
    for (float &value : values) // zero mean, unit variance
      value = (value * value - 1) * float(RootHalf);
    return values;
  };
  std::vector<float> baseSquares = squares(base);
  for (const Coordinates &other : others) {
    std::vector<float> values = draws(normal, other);
    EXPECT_LT(std::abs(correlation(base, values)), 5);
    EXPECT_LT(std::abs(correlation(baseSquares, squares(values))), 5);
  }
  std::span<const float> cells(base), cellSquares(baseSquares);
  for (size_t distance : {1, 2, 15, 16, 17, 32, 48, 64, 576, 4096}) {
    size_t count = Many - distance;
    EXPECT_LT(std::abs(correlation(cells.first(count), cells.last(count))), 5)
        << distance;
    EXPECT_LT(std::abs(correlation(cellSquares.first(count),
                                   cellSquares.last(count))),
              5)
        << distance;
  }
}

/// Every distribution, empirical too.
std::vector<Distribution> everyDistribution() {
  std::vector<Distribution> result;
  for (Theory &theory : theories())
    result.push_back(theory.distribution);
  result.push_back(Distribution::empirical({0, 0.3, 1}, {-1, 0.1, 7}));
  return result;
}

/// Leaves the fastest kernels in use when a test ends.
struct DrawKernelsGuard {
  ~DrawKernelsGuard() { setDrawKernels(nullptr); }
};

TEST(Distributions, SameBitsOnEveryInstructionSet) {
  DrawKernelsGuard guard;
  std::vector<const DrawKernels *> faster;
  if (__builtin_cpu_supports("avx2"))
    faster.push_back(&avx2Draws);
  if (__builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    faster.push_back(&avx512Draws);
  if (faster.size() < 2)
    std::cerr << "this processor lacks AVX-512 or AVX2: not compared\n";
  for (const Distribution &distribution : everyDistribution()) {
    setDrawKernels(&baselineDraws);
    std::vector<float> baseline = draws(distribution, {.seed = 9}, 1 << 20);
    for (const DrawKernels *kernels : faster) {
      setDrawKernels(kernels);
      std::vector<float> other = draws(distribution, {.seed = 9}, 1 << 20);
      EXPECT_EQ(std::memcmp(baseline.data(), other.data(),
                            baseline.size() * sizeof(float)),
                0);
    }
  }
}

TEST(Distributions, SameBitsForAnySplit) {
  std::mt19937 generator(1);
  for (const Distribution &distribution : everyDistribution()) {
    std::vector<float> whole = draws(distribution, {.seed = 11}, 20000);
    std::vector<float> parts(whole.size());
    for (size_t begin = 0; begin < parts.size();) {
      size_t count = std::min<size_t>(generator() % 300, parts.size() - begin);
      distribution.draw(Stream({.seed = 11}), begin,
                        std::span(parts).subspan(begin, count));
      begin += count;
    }
    EXPECT_EQ(whole, parts);
  }
}

/// Published results depend on these: they never change.
TEST(Distributions, GoldenValues) {
  auto at = [](const Distribution &distribution, Coordinates coordinates,
               uint64_t cell) {
    float value;
    distribution.draw(Stream(coordinates), cell, {&value, 1});
    return value;
  };
  Coordinates chip{.seed = 42, .trial = 17, .layer = 31, .epoch = 1};
  EXPECT_EQ(at(Distribution::normal(), {}, 0), 0x1.d96d6p-1f);
  EXPECT_EQ(at(Distribution::normal(), {}, 1), 0x1.3aa6a6p-3f);
  EXPECT_EQ(at(Distribution::normal(), chip, 461871), -0x1.3f7eeap-2f);
  EXPECT_EQ(at(Distribution::uniform(), chip, 100), -0x1.7a9f1cp-1f);
  EXPECT_EQ(at(Distribution::lognormal(1), chip, 101), -0x1.e839fp-3f);
  EXPECT_EQ(at(Distribution::laplace(), chip, 102), 0x1.ae5808p-2f);
  EXPECT_EQ(at(Distribution::studentT(4), chip, 103), -0x1.f597a8p-3f);
  EXPECT_EQ(at(Distribution::empirical({0, 1}, {-1, 1}), chip, 104),
            -0x1.f29c2ap-1f);
}

} // namespace
