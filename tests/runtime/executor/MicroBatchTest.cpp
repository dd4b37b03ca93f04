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

/// Steps 0, 1, ... in which nothing but their operands stands in memory.
std::vector<Traffic> steps(int count, size_t activations, size_t weights) {
  std::vector<Traffic> steps;
  for (int s = 0; s < count; ++s)
    steps.push_back({s, activations, weights, activations / 2});
  return steps;
}

/// The parts of \p steps, one after the other, of which one call takes \p
/// arenaPerCall.
std::vector<Part> choose(const std::vector<Traffic> &steps,
                         const CacheSizes &caches,
                         size_t arenaPerCall = 600 * KB) {
  std::vector<Part> parts = chooseParts(
      steps, {0, int(steps.size())}, caches, [&](std::span<const Part> parts) {
        return mostTogether(parts) * arenaPerCall;
      });
  EXPECT_EQ(parts.front().range.begin, 0);
  EXPECT_EQ(parts.back().range.end, int(steps.size()));
  for (size_t p = 1; p < parts.size(); ++p)
    EXPECT_EQ(parts[p].range.begin, parts[p - 1].range.end);
  return parts;
}

int64_t chooseOne(const std::vector<Traffic> &steps, const CacheSizes &caches,
                  size_t arenaPerCall = 600 * KB) {
  const std::vector<Part> parts = choose(steps, caches, arenaPerCall);
  EXPECT_EQ(parts.size(), 1u);
  return parts.front().together;
}

TEST(MicroBatch, fillsTheCache) {
  // Four images of 200 KB and their weights fit; eight do not.
  EXPECT_EQ(chooseOne(steps(30, 200 * KB, 80 * KB), {MB, 16 * MB}), 4);
  EXPECT_EQ(chooseOne(steps(30, 200 * KB, 80 * KB), {2 * MB, 16 * MB}), 8);
}

TEST(MicroBatch, keepsActivationsBesideTheWeightsOfAllSteps) {
  // No weight has to be read twice, so images only fill what is left.
  EXPECT_EQ(chooseOne(steps(10, 100 * KB, 10 * KB), {MB, 16 * MB}), 8);
  EXPECT_EQ(chooseOne(steps(10, 100 * KB, 10 * KB), {2 * MB, 16 * MB}), 16);
  // 1,000 KB of weights
  EXPECT_EQ(chooseOne(steps(10, 100 * KB, 100 * KB), {2 * MB, 16 * MB}), 8);
  EXPECT_EQ(chooseOne(steps(10, 900 * KB, 10 * KB), {MB, 16 * MB}), 1);
}

TEST(MicroBatch, sharesLargeWeightsAmongManyImages) {
  EXPECT_EQ(chooseOne(steps(10, 100 * KB, 10 * MB), {MB, 16 * MB}), 32);
}

TEST(MicroBatch, keepsActivationsOutOfMemory) {
  // Images in the third-level cache cost less than weights from there.
  EXPECT_EQ(chooseOne(steps(20, 900 * KB, 300 * KB), {MB, 16 * MB}), 8);
}

TEST(MicroBatch, boundsMemory) {
  const auto large = steps(10, 12 * MB, 100 * MB);
  EXPECT_EQ(chooseOne(large, {MB, 16 * MB}, 14 * MB), 2);
  EXPECT_EQ(chooseOne(large, {MB, 16 * MB}, 100 * MB), 1);
}

TEST(MicroBatch, isCutBetweenLargeMapsAndLargeWeights) {
  std::vector<Traffic> network = steps(10, 200 * KB, 40 * KB);
  for (Traffic deep : steps(10, 50 * KB, 600 * KB)) {
    deep.step += 10;
    network.push_back(deep);
  }
  const std::vector<Part> parts = choose(network, {512 * KB, 16 * MB});
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].range.end, 10);
  EXPECT_EQ(parts[0].together, 2);
  EXPECT_EQ(parts[1].together, 32);
  // Not where what stands between them is more than what is saved.
  for (Traffic &step : network)
    step.before = 10 * MB;
  EXPECT_EQ(choose(network, {512 * KB, 16 * MB}).size(), 1u);
}

TEST(MicroBatch, belongsToAllStepsOfTheRange) {
  EXPECT_EQ(chooseParts({}, {3, 7}, {MB, 16 * MB}, [](auto) { return 0; })[0]
                .range.end,
            7);
  // Steps 0, 4 and 9 share their operands' memory, so nothing runs.
  std::vector<Traffic> some;
  for (int step : {1, 2, 3, 5, 6, 7, 8})
    some.push_back({step, 100 * KB, step < 5 ? 0 : 10 * MB, 50 * KB});
  const std::vector<Part> parts =
      chooseParts(some, {0, 10}, {MB, 16 * MB}, [](auto) { return 0; });
  EXPECT_EQ(parts.front().range.begin, 0);
  EXPECT_EQ(parts.back().range.end, 10);
}

// Of a value of 2^26 numbers, 32 would be more than kernels can count.
TEST(MicroBatch, asksForNoMoreThanFits) {
  const std::vector<Part> parts =
      chooseParts(steps(10, 512 * MB, 10 * KB), {0, 10}, {MB, 16 * MB},
                  [](std::span<const Part> parts) {
                    EXPECT_EQ(mostTogether(parts), 1);
                    return 512 * MB;
                  });
  EXPECT_EQ(mostTogether(parts), 1);
}

TEST(MicroBatch, takesNoMoreCallsThanThereAre) {
  EXPECT_EQ(mostTogether(chooseParts(
                steps(10, 100 * KB, 10 * MB), {0, 10}, {MB, 16 * MB},
                [](auto) { return 0; }, 5)),
            4);
}

TEST(MicroBatch, knowsWhichPartAStepIsIn) {
  const std::vector<Part> parts = {{{2, 5}, 1}, {{5, 9}, 4}};
  EXPECT_EQ(&partOf(parts, 1), &parts[0]);
  EXPECT_EQ(&partOf(parts, 4), &parts[0]);
  EXPECT_EQ(&partOf(parts, 5), &parts[1]);
  EXPECT_EQ(&partOf(parts, 9), &parts[1]);
  EXPECT_EQ(mostTogether(parts), 4);
}

TEST(MicroBatch, knowsTheCaches) {
  CacheSizes one = cacheSizes(1), many = cacheSizes(1000);
  EXPECT_GE(one.second, 128 * KB);
  EXPECT_GE(one.third, one.second);
  EXPECT_EQ(many.third, many.second);
}

} // namespace
