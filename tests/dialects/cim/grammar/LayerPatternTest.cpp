//===- LayerPatternTest.cpp - Which layers an option means ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/LayerPattern.h"
#include "dialects/cim/grammar/ErrorOptions.h"

#include <gmock/gmock.h>

#include <random>

using namespace cim;
using testing::HasSubstr;

namespace {

const std::vector<LayerIdentity> network = {{"conv1", ""},
                                            {"layer1.0.conv1", "C1"},
                                            {"layer1.0.conv2", "C2"},
                                            {"layer1.1.conv1", "C1"},
                                            {"layer1.1.conv2", "C2"},
                                            {"linear", ""}};

/// The selection as a text of one digit per layer.
std::string select(std::string_view pattern) {
  std::string result;
  for (bool selected : selectLayers(pattern, network))
    result += selected ? '1' : '0';
  return result;
}

std::string errorOf(std::string_view pattern,
                    std::span<const LayerIdentity> layers = network) {
  try {
    selectLayers(pattern, layers);
  } catch (const GrammarError &error) {
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

TEST(LayerPattern, Names) {
  EXPECT_EQ(select("conv1"), "100000");
  EXPECT_EQ(select("*"), "111111");
  EXPECT_EQ(select("layer1.?.conv2"), "001010");
  EXPECT_EQ(select("*conv1"), "110100");
  EXPECT_EQ(select("*1*1*"), "010110");
  EXPECT_EQ(select("conv1,linear"), "100001");
}

TEST(LayerPattern, RolesAndPositions) {
  EXPECT_EQ(select("role:C1"), "010100");
  EXPECT_EQ(select("role:C2"), "001010");
  EXPECT_EQ(select("first:2"), "110000");
  EXPECT_EQ(select("last:2"), "000011");
  EXPECT_EQ(select("last:999999999999999999999"), "111111");
}

TEST(LayerPattern, OneLayerWhateverItsName) {
  const LayerIdentity odd[] = {
      {"a,b", ""}, {"!x", ""}, {"first:2", ""}, {"*", ""}};
  for (size_t layer = 0; layer < std::size(odd); ++layer) {
    std::vector<bool> alone(std::size(odd));
    alone[layer] = true;
    EXPECT_EQ(selectLayers(patternOfLayer(layer), odd), alone);
  }
}

TEST(LayerPattern, Exclusion) {
  EXPECT_EQ(select("!conv1"), "011111");
  EXPECT_EQ(select("!conv1,!last:1"), "011110");
  EXPECT_EQ(select("role:C1,!layer1.0.*"), "000100");
  EXPECT_EQ(select("!layer1.0.*,role:C1"), "000100"); // in any order
}

TEST(LayerPattern, Errors) {
  EXPECT_THAT(errorOf("layer1.0.conv3"), HasSubstr("did you mean 'layer1."));
  EXPECT_THAT(errorOf("zzzzzz"), HasSubstr("layers are 'conv1'"));
  EXPECT_THAT(errorOf("conv1,nothing*"), HasSubstr("'nothing*'"));
  EXPECT_THAT(errorOf("!nothing"), HasSubstr("'nothing'"));
  EXPECT_THAT(errorOf("role:C3"), HasSubstr("unknown role 'C3'"));
  EXPECT_THAT(errorOf("first:0"), HasSubstr("first:'0' needs a whole number"));
  EXPECT_THAT(errorOf("last:-1"), HasSubstr("needs a whole number"));
  EXPECT_THAT(errorOf("last:"), HasSubstr("needs a whole number"));
  EXPECT_THAT(errorOf(""), HasSubstr("empty term"));
  EXPECT_THAT(errorOf("conv1,"), HasSubstr("empty term"));
  EXPECT_THAT(errorOf("conv1,!"), HasSubstr("empty term"));
  EXPECT_THAT(errorOf("conv1,!conv1"), HasSubstr("excludes every layer"));
  EXPECT_THAT(errorOf("*", {}), HasSubstr("no crossbar layer"));
  LayerIdentity plain[] = {{"fc", ""}};
  EXPECT_THAT(errorOf("role:C1", plain), HasSubstr("no layer has the role C1"));
}

TEST(LayerPattern, GrammarAloneIsChecked) {
  checkLayerPattern("no.such.layer,role:C2,!first:3");
  EXPECT_THROW(checkLayerPattern("role:c2"), GrammarError);
  EXPECT_THROW(checkLayerPattern("a,,b"), GrammarError);
}

TEST(LayerPattern, ManyStarsAreFast) {
  std::string pattern, name(10000, 'a');
  for (int i = 0; i < 1000; ++i)
    pattern += "*a";
  LayerIdentity layers[] = {{name, ""}};
  EXPECT_THROW(selectLayers(pattern + "b", layers), GrammarError);
  EXPECT_TRUE(selectLayers(pattern, layers)[0]);
}

/// The matcher agrees with its recursive definition.
bool matchesByDefinition(std::string_view pattern, std::string_view name) {
  if (pattern.empty())
    return name.empty();
  if (pattern[0] == '*')
    return matchesByDefinition(pattern.substr(1), name) ||
           (!name.empty() && matchesByDefinition(pattern, name.substr(1)));
  return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
         matchesByDefinition(pattern.substr(1), name.substr(1));
}

TEST(LayerPattern, MatcherAgreesWithItsDefinition) {
  std::mt19937 random(3);
  auto text = [&](std::string_view alphabet, unsigned longest) {
    std::string result;
    for (unsigned n = 1 + random() % longest; n > 0; --n)
      result += alphabet[random() % alphabet.size()];
    return result;
  };
  for (int i = 0; i < 50000; ++i) {
    std::string pattern = text("ab*?", 6);
    LayerIdentity layers[] = {{text("ab", 8), ""}};
    bool matched = true;
    try {
      selectLayers(pattern, layers);
    } catch (const GrammarError &) {
      matched = false;
    }
    ASSERT_EQ(matched, matchesByDefinition(pattern, layers[0].name))
        << pattern << " " << layers[0].name;
  }
}

TEST(LayerPattern, RandomTextsNeverBreakIt) {
  const char *pieces[] = {
      "conv1", "role:", "C1", "first:", "last:", "!",    ",",
      "*",     "?",     "3",  "-",      "\n",    "\xff", ":"};
  std::mt19937 random(4);
  for (int i = 0; i < 50000; ++i) {
    std::string pattern;
    for (unsigned n = random() % 8; n > 0; --n)
      pattern += pieces[random() % std::size(pieces)];
    try {
      EXPECT_EQ(selectLayers(pattern, network).size(), network.size());
    } catch (const GrammarError &error) {
      ASSERT_EQ(std::string_view(error.what()).find('\n'),
                std::string_view::npos);
    }
  }
}

} // namespace
