//===- MicroBatchTest.cpp - How many images run side by side --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/MicroBatch.h"

#include <gtest/gtest.h>

using namespace cim;

namespace {

constexpr size_t KB = 1024, MB = 1024 * KB;

TEST(MicroBatch, fillsTheCache) {
  // Four images of 200 KB and their weights fit; eight do not.
  std::vector<Traffic> steps(30, {200 * KB, 80 * KB});
  EXPECT_EQ(chooseMicroBatch(steps, {MB, 16 * MB}, 600 * KB), 4u);
  EXPECT_EQ(chooseMicroBatch(steps, {2 * MB, 16 * MB}, 600 * KB), 8u);
}

TEST(MicroBatch, keepsActivationsBesideTheWeightsOfAllSteps) {
  // No weight has to be read twice, so images only fill what is left.
  std::vector<Traffic> steps(10, {100 * KB, 10 * KB});
  EXPECT_EQ(chooseMicroBatch(steps, {MB, 16 * MB}, 600 * KB), 8u);
  EXPECT_EQ(chooseMicroBatch(steps, {2 * MB, 16 * MB}, 600 * KB), 16u);
  steps.assign(10, {100 * KB, 100 * KB}); // 1,000 KB of weights
  EXPECT_EQ(chooseMicroBatch(steps, {2 * MB, 16 * MB}, 600 * KB), 8u);
  steps.assign(10, {900 * KB, 10 * KB});
  EXPECT_EQ(chooseMicroBatch(steps, {MB, 16 * MB}, 600 * KB), 1u);
}

TEST(MicroBatch, sharesLargeWeightsAmongManyImages) {
  std::vector<Traffic> steps(10, {100 * KB, 10 * MB});
  EXPECT_EQ(chooseMicroBatch(steps, {MB, 16 * MB}, 600 * KB), 32u);
}

TEST(MicroBatch, keepsActivationsOutOfMemory) {
  // Images in the third-level cache cost less than weights from there.
  std::vector<Traffic> steps(20, {900 * KB, 300 * KB});
  EXPECT_EQ(chooseMicroBatch(steps, {MB, 16 * MB}, 600 * KB), 8u);
}

TEST(MicroBatch, boundsMemory) {
  std::vector<Traffic> steps(10, {12 * MB, 100 * MB});
  EXPECT_EQ(chooseMicroBatch(steps, {MB, 16 * MB}, 14 * MB), 2u);
  EXPECT_EQ(chooseMicroBatch(steps, {MB, 16 * MB}, 100 * MB), 1u);
}

TEST(MicroBatch, knowsTheCaches) {
  CacheSizes one = cacheSizes(1), many = cacheSizes(1000);
  EXPECT_GE(one.second, 128 * KB);
  EXPECT_GE(one.third, one.second);
  EXPECT_EQ(many.third, many.second);
}

} // namespace
