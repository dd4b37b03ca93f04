//===- CellChoiceTest.cpp - Which cells are worth another write -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/CellChoice.h"

#include <gmock/gmock.h>

#include <random>

using namespace cim;
using namespace testing;

namespace {

CellFacts facts() {
  // Distances 1, 3, 2 in a, 3, 3 in b.
  return {.wanted = {{"a", {0, 0, 0}}, {"b", {1, 1}}},
          .held = {{"a", {1, -3, 2}}, {"b", {4, -2}}},
          .curvature = {{"a", {1, 1, 1}}, {"b", {10, 0.5}}},
          .writeVariance = {{"a", 1.5}, {"b", 1.5}}};
}

TEST(CellChoice, takesTheCellsThatCostMost) {
  EXPECT_THAT(cellsWorthWriting(facts(), 1),
              ElementsAre(Pair("a", ElementsAre(false, false, false)),
                          Pair("b", ElementsAre(true, false))));
  EXPECT_THAT(cellsWorthWriting(facts(), 2),
              ElementsAre(Pair("a", ElementsAre(false, true, false)),
                          Pair("b", ElementsAre(true, false))));
}

TEST(CellChoice, leavesCellsThatAWriteWouldWorsen) {
  const CellSet all = cellsWorthWriting(facts(), 100);
  EXPECT_THAT(all.at("a"), ElementsAre(false, true, true));
  EXPECT_EQ(countCells(all), 4);
}

TEST(CellChoice, takesTheFirstAmongEqualCells) {
  CellFacts equal{.wanted = {{"a", std::vector<float>(100)}},
                  .held = {{"a", std::vector<float>(100, 2)}},
                  .curvature = {{"a", std::vector<float>(100, 1)}},
                  .writeVariance = {{"a", 1}}};
  const CellSet chosen = cellsWorthWriting(equal, 40);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(chosen.at("a")[i], i < 40) << i;
}

TEST(CellChoice, roundsShareTheBudget) {
  EXPECT_EQ(writesOfRound(1000, 0, 1), 1000);
  EXPECT_EQ(writesOfRound(1390, 0, 3), 1000);
  EXPECT_EQ(writesOfRound(1390, 1, 3), 300);
  EXPECT_EQ(writesOfRound(1390, 2, 3), 90);
}

TEST(CellChoice, takesCellsThatChange) {
  // Ranges: 10 in a.
  const CellFacts facts{.wanted = {{"a", {0, 10, 5}}},
                        .held = {{"a", {0.5, 8, 5}}}};
  EXPECT_THAT(changedCells(facts, 0).at("a"), ElementsAre(true, true, true));
  EXPECT_THAT(changedCells(facts, 0.04).at("a"),
              ElementsAre(true, true, false));
  EXPECT_THAT(changedCells(facts, 0.1).at("a"),
              ElementsAre(false, true, false));
}

TEST(CellChoice, takesTheLayersThatWereWrittenWorst) {
  // Relative to their weights: 1 %, 100 %, 4 %.
  const CellFacts facts{.wanted = {{"a", {10}}, {"b", {1}}, {"c", {5, 5}}},
                        .held = {{"a", {11}}, {"b", {2}}, {"c", {6, 4}}}};
  EXPECT_THAT(worstLayers(facts),
              ElementsAre(Pair("a", ElementsAre(false)),
                          Pair("b", ElementsAre(true)),
                          Pair("c", ElementsAre(true, true))));
}

TEST(CellChoice, takesCellsThatAreInBothSets) {
  EXPECT_THAT(inBoth({{"a", {true, true, false}}, {"b", {true}}},
                     {{"a", {false, true, true}}, {"b", {false}}}),
              ElementsAre(Pair("a", ElementsAre(false, true, false)),
                          Pair("b", ElementsAre(false))));
}

/// So that the other layer, whose errors stay, is the worst from then on.
TEST(CellChoice, wantsOfOtherCellsWhatItDid) {
  CellFacts facts{.wanted = {{"a", {10}}, {"b", {10}}},
                  .held = {{"a", {13}}, {"b", {12}}}};
  const CellSet first = worstLayers(facts);
  EXPECT_TRUE(first.at("a")[0]);
  setWanted(facts, first, {{"a", {14}}, {"b", {12}}});
  EXPECT_THAT(facts.wanted, ElementsAre(Pair("a", ElementsAre(14)),
                                        Pair("b", ElementsAre(10))));
  facts.held["a"] = {13.9f};
  EXPECT_TRUE(worstLayers(facts).at("b")[0]);
}

/// Of cells with normal errors, the 40 % with the largest are written again.
TEST(CellChoice, lowersTheErrorAsExpected) {
  constexpr int cells = 200'000;
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> held(cells);
  for (float &value : held)
    value = normal(random);
  CellFacts facts{.wanted = {{"a", std::vector<float>(cells)}},
                  .held = {{"a", held}},
                  .curvature = {{"a", std::vector<float>(cells, 1)}},
                  .writeVariance = {{"a", 0}}};
  const CellSet chosen = cellsWorthWriting(facts, cells * 2 / 5);
  double squares = 0;
  for (int i = 0; i < cells; ++i)
    squares += chosen.at("a")[i] ? 1 : held[i] * held[i];
  // The integral of x^2 between the quantiles at 0.2 and 0.8, plus 0.4.
  EXPECT_NEAR(squares / cells, 0.5288, 0.005);
}

} // namespace
