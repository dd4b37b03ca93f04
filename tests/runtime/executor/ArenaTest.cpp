//===- ArenaTest.cpp - Buffers never overlap ------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Arena.h"

#include "runtime/tensor/Errors.h"

#include <gtest/gtest.h>

#include <random>

using namespace cim;

namespace {

std::vector<Lifetime> randomBuffers(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Lifetime> buffers(1 + random() % 60);
  for (Lifetime &buffer : buffers) {
    buffer.geometry = random() % 4;
    // Buffers of one geometry have one size.
    buffer.bytes =
        buffer.geometry ? 1000 * buffer.geometry : 1 + random() % 5000;
    buffer.first = random() % 50;
    buffer.last = buffer.first + random() % 8;
  }
  return buffers;
}

TEST(Arena, keepsLiveBuffersApartInRandomPrograms) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    auto buffers = randomBuffers(seed);
    ArenaLayout layout = layOut(buffers);
    for (size_t a = 0; a < buffers.size(); ++a) {
      ASSERT_EQ(layout.offsets[a] % arenaAlignment, 0u);
      ASSERT_LE(layout.offsets[a] + buffers[a].bytes, layout.bytes);
      for (size_t b = 0; b < a; ++b) {
        bool apart =
            layout.offsets[a] + buffers[a].bytes <= layout.offsets[b] ||
            layout.offsets[b] + buffers[b].bytes <= layout.offsets[a];
        bool alive = buffers[a].first <= buffers[b].last &&
                     buffers[b].first <= buffers[a].last;
        bool foreign = buffers[a].geometry != buffers[b].geometry;
        if (alive || foreign)
          ASSERT_TRUE(apart) << a << " and " << b;
        else if (buffers[a].geometry != 0)
          ASSERT_TRUE(apart || layout.offsets[a] == layout.offsets[b])
              << a << " and " << b << " would write into a border";
      }
    }
  }
}

TEST(Arena, reusesMemoryInAChain) {
  std::vector<Lifetime> chain;
  for (int step = 0; step < 100; ++step)
    chain.push_back({1024, step, step + 1, 0});
  EXPECT_EQ(layOut(chain).bytes, 2048u);
  for (Lifetime &buffer : chain)
    buffer.geometry = 1;
  EXPECT_EQ(layOut(chain).bytes, 2048u);
}

TEST(Arena, refusesSizesThatOverflow) {
  std::vector<Lifetime> buffers(3, {PTRDIFF_MAX - 5, 0, 1, 0});
  EXPECT_THROW(layOut(buffers), InputError);
  for (Lifetime &buffer : buffers)
    buffer.geometry = 1;
  EXPECT_THROW(layOut(buffers), InputError);
  EXPECT_THROW(AlignedMemory(SIZE_MAX), InputError);
  EXPECT_THROW(AlignedMemory(size_t(1) << 60), InputError);
}

TEST(Arena, memoryIsAlignedAndZero) {
  for (size_t bytes : {size_t(1), size_t(4097), size_t(5) << 20}) {
    AlignedMemory memory(bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory.data()) % arenaAlignment, 0u);
    for (size_t i = 0; i < bytes; ++i)
      ASSERT_EQ(memory.data()[i], std::byte(0));
    AlignedMemory moved = std::move(memory);
    moved.data()[bytes - 1] = std::byte(1);
  }
}

} // namespace
