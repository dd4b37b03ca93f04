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
  std::vector<Traffic> steps(30, {200 * KB, 60 * KB});
  EXPECT_EQ(chooseMicroBatch(steps, MB), 4u);
  EXPECT_EQ(chooseMicroBatch(steps, 2 * MB), 8u);
}

TEST(MicroBatch, sharesLargeWeightsAmongManyImages) {
  std::vector<Traffic> steps(10, {100 * KB, 10 * MB});
  EXPECT_EQ(chooseMicroBatch(steps, MB), 32u);
}

TEST(MicroBatch, boundsMemory) {
  std::vector<Traffic> steps(10, {12 * MB, 100 * MB});
  EXPECT_EQ(chooseMicroBatch(steps, MB), 2u);
  steps.assign(10, {100 * MB, 100 * MB});
  EXPECT_EQ(chooseMicroBatch(steps, MB), 1u);
}

TEST(MicroBatch, knowsTheCache) {
  EXPECT_GE(secondLevelCache(), 128 * KB);
  EXPECT_LE(secondLevelCache(), 64 * MB);
}

} // namespace
