//===- PhiloxTest.cpp - The generator and its coordinates -----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/random/Philox.h"
#include "runtime/random/Coordinates.h"
#include "runtime/random/Distributions.h"
#include "tests/runtime/random/ReferenceDraw.h"

#include <gmock/gmock.h>

#include <set>

using namespace cim;
using namespace cim::random;
using testing::ElementsAre;

namespace {

/// Published with Random123 (file kat_vectors, "philox4x32 10").
TEST(Philox, PublishedVectors) {
  EXPECT_THAT(philox4x32({0, 0, 0, 0}, {0, 0}),
              ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  constexpr uint32_t ones = 0xffffffff;
  EXPECT_THAT(philox4x32({ones, ones, ones, ones}, {ones, ones}),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                         {0xa4093822, 0x299f31d0}),
              ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

/// The vector kernels compute the published function at the promised place.
TEST(Philox, KernelsAgreeWithTheDefinition) {
  Coordinates at{.seed = 0x0123456789abcdef,
                 .trial = 0xfedcba98,
                 .layer = 0xabcdef,
                 .source = Source::flip,
                 .epoch = 0x3fffff,
                 .slice = 63,
                 .negative = true};
  std::vector<uint32_t> words(1000);
  for (uint64_t begin :
       {uint64_t(0), uint64_t(12345), (uint64_t(1) << 34) - 1000}) {
    drawWords(Stream(at), begin, words);
    for (size_t i = 0; i < words.size(); ++i) {
      ASSERT_EQ(words[i], reference_draw::word(at, begin + i)) << begin + i;
      Address address = addressOf(begin + i);
      Stream stream(at);
      ASSERT_EQ(words[i],
                philox4x32({address.block, stream.counter1, stream.counter2,
                            stream.counter3},
                           {stream.key[0], stream.key[1]})[address.word]);
    }
  }
}

TEST(Coordinates, NoTwoCellsShareAWord) {
  std::set<uint64_t> seen;
  for (uint64_t cell = 0; cell < 100000; ++cell) {
    Address address = addressOf(cell);
    EXPECT_LT(address.word, 4u);
    EXPECT_TRUE(seen.insert(uint64_t(address.block) * 4 + address.word).second);
  }
  EXPECT_EQ(*seen.rbegin() / 4, addressOf(99999 / 64 * 64 + 63).block);
}

TEST(Coordinates, EveryOneMatters) {
  auto firstWord = [](Coordinates at) {
    uint32_t word;
    drawWords(Stream(at), 0, {&word, 1});
    return word;
  };
  std::set<uint32_t> seen = {firstWord({}),
                             firstWord({.seed = 1}),
                             firstWord({.seed = uint64_t(1) << 32}),
                             firstWord({.trial = 1}),
                             firstWord({.layer = 1}),
                             firstWord({.source = Source::faults}),
                             firstWord({.source = Source::flip}),
                             firstWord({.epoch = 1}),
                             firstWord({.slice = 1}),
                             firstWord({.negative = true})};
  EXPECT_EQ(seen.size(), 10u);
}

TEST(Coordinates, InjectedPulsesAreNotThoseOfRewrites) {
  constexpr uint32_t firstInjected = 1u << 21;
  std::set<uint32_t> seen;
  for (uint32_t write = 0; write < 1000; ++write)
    for (unsigned pulse = 1; pulse < 64; ++pulse)
      for (uint32_t epoch : {write, firstInjected + write}) {
        EXPECT_LT(epochOfPulse(epoch, pulse), 1u << 22);
        EXPECT_TRUE(seen.insert(epochOfPulse(epoch, pulse)).second);
      }
}

} // namespace
