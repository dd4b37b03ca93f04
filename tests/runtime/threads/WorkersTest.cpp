//===- WorkersTest.cpp - Every worker is called once ----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/threads/Workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <sched.h>
#include <stdexcept>

using namespace cim;

namespace {

TEST(Workers, callEveryWorkerOncePerTask) {
  for (unsigned count : {1u, 2u, 5u}) {
    Workers workers(count);
    ASSERT_EQ(workers.count(), count);
    std::vector<int> calls(count);
    for (int task = 1; task <= 200; ++task) {
      workers.run([&](unsigned worker) { ++calls[worker]; });
      EXPECT_EQ(calls, std::vector<int>(count, task));
    }
  }
}

TEST(Workers, passAnExceptionOnAndLiveOn) {
  Workers workers(3);
  for (unsigned thrower : {0u, 2u}) {
    std::atomic<int> finished = 0;
    EXPECT_THROW(workers.run([&](unsigned worker) {
      if (worker == thrower)
        throw std::runtime_error("no");
      ++finished;
    }),
                 std::runtime_error);
    EXPECT_EQ(finished, 2);
  }
  workers.run([](unsigned) {});
}

TEST(Workers, areAsManyAsTheCoresOfTheAffinity) {
  cpu_set_t all, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
  EXPECT_EQ(usableCores(), unsigned(CPU_COUNT(&all)));
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(usableCores(), 1u);
  EXPECT_EQ(Workers(0).count(), 1u);
  ASSERT_EQ(sched_setaffinity(0, sizeof(all), &all), 0);
}

} // namespace
