//===- CodebookTest.cpp - Quantization levels at any distance -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/programming/Codebook.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>

using namespace cim;

namespace {

std::vector<float> normalWeights(size_t count) {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal;
  std::vector<float> weights(count);
  for (float &weight : weights)
    weight = normal(generator);
  return weights;
}

double squaredError(const Codebook &codebook,
                    const std::vector<float> &weights) {
  double sum = 0;
  for (float weight : weights)
    sum += std::pow(weight - codebook[codebook.nearest(weight)], 2);
  return sum / double(weights.size());
}

TEST(Codebook, NearestLevel) {
  Codebook codebook({-1, 0, 3});
  EXPECT_EQ(codebook.nearest(-100), 0u);
  EXPECT_EQ(codebook.nearest(-0.51), 0u);
  EXPECT_EQ(codebook.nearest(-0.5), 0u); // half-way: the lower
  EXPECT_EQ(codebook.nearest(-0.49), 1u);
  EXPECT_EQ(codebook.nearest(1.6), 2u);
  EXPECT_EQ(codebook.nearest(100), 2u);
}

/// J. Max, Quantizing for minimum distortion, IRE Trans. Inf. Theory 6 (1960),
/// table I: a normal variable loses 0.3634, 0.1175, 0.03454 of its variance
/// with 2, 4, 8 levels.
TEST(Codebook, LloydReachesTheKnownErrorOfNormalWeights) {
  std::vector<float> weights = normalWeights(400000);
  EXPECT_NEAR(squaredError(Codebook::lloyd(weights, 2), weights), 0.3634,
              0.003);
  EXPECT_NEAR(squaredError(Codebook::lloyd(weights, 4), weights), 0.1175,
              0.001);
  EXPECT_NEAR(squaredError(Codebook::lloyd(weights, 8), weights), 0.03454,
              0.0004);
}

TEST(Codebook, LloydLevelsAreTheMeansOfTheirWeights) {
  std::vector<float> weights = normalWeights(2000);
  Codebook codebook = Codebook::lloyd(weights, 16);
  std::vector<double> sum(16), count(16);
  for (float weight : weights) {
    sum[codebook.nearest(weight)] += weight;
    ++count[codebook.nearest(weight)];
  }
  for (unsigned code = 0; code < 16; ++code)
    if (count[code] > 0)
      EXPECT_NEAR(codebook[code], sum[code] / count[code], 1e-9);
}

TEST(Codebook, LloydNeverLosesMoreThanEqualSteps) {
  std::vector<float> weights = normalWeights(5000);
  auto [lowest, highest] = std::minmax_element(weights.begin(), weights.end());
  for (unsigned count : {2u, 3u, 8u, 32u, 1024u, 65536u}) {
    std::vector<double> equal;
    for (unsigned i = 0; i < count; ++i)
      equal.push_back(*lowest + double(*highest - *lowest) * i / (count - 1));
    EXPECT_LE(squaredError(Codebook::lloyd(weights, count), weights),
              squaredError(Codebook(equal), weights) * (1 + 1e-12));
  }
}

TEST(Codebook, LloydKeepsFewDistinctWeights) {
  std::vector<float> weights = {-1, -1, 0.25, 2, 2, 2};
  Codebook codebook = Codebook::lloyd(weights, 16);
  for (float weight : weights)
    EXPECT_EQ(codebook[codebook.nearest(weight)], weight);
}

} // namespace
