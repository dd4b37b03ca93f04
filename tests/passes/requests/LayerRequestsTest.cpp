//===- LayerRequestsTest.cpp - What is asked of selected layers -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/requests/LayerRequests.h"

#include "tests/passes/requests/ThreeLayers.h"

#include <gmock/gmock.h>

using namespace cim;
using namespace testing;

namespace {

/// What requests change.
struct State {
  int bits = 0;
  std::string mode;
  bool isAskedFor = false;
};

int parseBits(const std::string &text) {
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos)
    throw GrammarError("is no number of bits");
  return std::stoi(text);
}

std::string parseMode(const std::string &text) { return text; }

struct LayerRequests : test::ThreeLayers {
  /// Asks the layers of \p pattern for \p bits and \p mode, where not empty.
  bool ask(const std::string &bits, const std::string &mode,
           const char *pattern) {
    LayerRequest<State> request(module->getLoc());
    return succeeded(request.set("bits", bits, parseBits, &State::bits)) &&
           succeeded(request.set("mode", mode, parseMode, &State::mode)) &&
           succeeded(request.apply(layers, pattern, states));
  }

  std::vector<State> states{3};
};

auto is(int bits, const char *mode, bool isAskedFor) {
  return AllOf(Field(&State::bits, bits), Field(&State::mode, mode),
               Field(&State::isAskedFor, isAskedFor));
}

TEST_F(LayerRequests, overrideEarlierOnesOptionByOption) {
  EXPECT_TRUE(ask("4", "fine", "a,b"));
  EXPECT_TRUE(ask("6", "", "role:C2"));
  EXPECT_THAT(states, ElementsAre(is(4, "fine", true), is(6, "fine", true),
                                  is(0, "", false)));
  EXPECT_EQ(said, "");
}

TEST_F(LayerRequests, withoutOptionsAskForNothing) {
  EXPECT_TRUE(ask("", "", "*"));
  EXPECT_THAT(states, Each(is(0, "", false)));
}

TEST_F(LayerRequests, areReportedWithTheirOption) {
  EXPECT_FALSE(ask("four", "", "*"));
  EXPECT_THAT(said, HasSubstr("bits 'four': is no number of bits"));
  EXPECT_THAT(states, Each(is(0, "", false)));
}

TEST_F(LayerRequests, areReportedWhenNoLayerIsMeant) {
  EXPECT_FALSE(ask("4", "", "d"));
  EXPECT_THAT(said, HasSubstr("layers 'd': "));
  EXPECT_THAT(states, Each(is(0, "", false)));
}

TEST_F(LayerRequests, seeNamesAndRoles) {
  auto selected = [&](const char *pattern) {
    return *selectLayersOf(module->getLoc(), layers, pattern);
  };
  EXPECT_THAT(selected("!c"), ElementsAre(true, true, false));
  EXPECT_THAT(selected("role:C1,c"), ElementsAre(true, false, true));
}

} // namespace
