//===- LayerSelectionTest.cpp - Which layers are retrained ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/LayerSelection.h"
#include "dialects/cim/grammar/ErrorOptions.h"

#include <gmock/gmock.h>

using namespace cim;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// A network of two blocks, measured but for its first and last layer.
const std::vector<SelectableLayer> network = {
    {"conv1", "", 10, {}},      {"a.conv1", "C1", 100, 0.80},
    {"a.conv2", "C2", 100, .9}, {"b.conv1", "C1", 400, 0.85},
    {"b.conv2", "C2", 400, .7}, {"fc", "", 50, {}}};

Selection resolve(std::string_view plan,
                  std::span<const SelectableLayer> layers = network) {
  return resolveSelection(parseSelection(plan), layers);
}

/// The selection as a text of one digit per layer.
std::string select(std::string_view plan) {
  std::string result;
  for (bool selected : resolve(plan).selected)
    result += selected ? '1' : '0';
  return result;
}

std::string errorOf(std::string_view plan,
                    std::span<const SelectableLayer> layers = network) {
  try {
    resolve(plan, layers);
  } catch (const GrammarError &error) {
    return error.what();
  }
  ADD_FAILURE() << plan << " is no error";
  return "";
}

TEST(LayerSelection, ByDepth) {
  EXPECT_EQ(select("last:1"), "000001");
  EXPECT_EQ(select("last:4"), "001111");
  EXPECT_EQ(select("last:100"), "111111");
  EXPECT_EQ(select("last:18446744073709551615"), "111111");
}

TEST(LayerSelection, ByRoleAmongTheLast) {
  EXPECT_EQ(select("c2:2"), "000010");
  EXPECT_EQ(select("c2:6"), "001010");
  EXPECT_EQ(select("c1:6"), "010100");
  EXPECT_EQ(select("c1:3"), "000100");
}

TEST(LayerSelection, ByName) {
  EXPECT_EQ(select("a.conv2"), "001000");
  EXPECT_EQ(select("a.*"), "011000");
  EXPECT_EQ(select("role:C1"), "010100");
  EXPECT_EQ(select("first:2"), "110000");
}

TEST(LayerSelection, UnionsAndExclusions) {
  EXPECT_EQ(select("c2:2,a.conv1"), "010010");
  EXPECT_EQ(select("c2:1,fc"), "000001") << "a role that nobody has";
  EXPECT_EQ(select("last:4,!fc"), "001110");
  EXPECT_EQ(select("!fc,last:4"), "001110") << "order does not matter";
  EXPECT_EQ(select("last:4,!c2:6"), "000101");
  EXPECT_EQ(select("!last:2"), "111100");
}

// The more tolerant half of those measured among the last K.
TEST(LayerSelection, ByTolerance) {
  EXPECT_EQ(select("tolerant:6"), "001100");
  EXPECT_EQ(select("tolerant:3"), "000100");
  EXPECT_EQ(select("tolerant:4"), "001100") << "of an odd number the median";
}

TEST(LayerSelection, ByToleranceWithinABudget) {
  EXPECT_EQ(select("tolerant:6:100"), "001000");
  EXPECT_EQ(select("tolerant:6:200"), "011000") << "what fits after it";
  EXPECT_EQ(select("tolerant:6:500"), "001100");
  EXPECT_EQ(select("tolerant:6:1000"), "011110");
}

TEST(LayerSelection, CountsParametersAndDepth) {
  const Selection selection = resolve("c2:6,conv1");
  EXPECT_EQ(selection.parameters, 510u);
  EXPECT_EQ(selection.depth, 6u);
  EXPECT_EQ(resolve("c2:5").depth, 4u) << "to the earliest selected";
  EXPECT_EQ(resolve("b.conv1").depth, 3u);
}

TEST(LayerSelection, SaysWhy) {
  EXPECT_THAT(resolve("c2:2,fc").reasons,
              ElementsAre("not C2, not named by 'fc'",
                          "not C2, not named by 'fc'",
                          "not among the last 2 layers, not named by 'fc'",
                          "not C2, not named by 'fc'",
                          "C2 among the last 2 layers", "named by 'fc'"));
  EXPECT_THAT(
      resolve("tolerant:5,!a.*").reasons,
      ElementsAre("not among the last 5 layers", "excluded: named by 'a.*'",
                  "excluded: named by 'a.*'",
                  "85.00 % with errors in it alone, at least the median of "
                  "82.50 %",
                  "70.00 % with errors in it alone, below the median of 82.50 "
                  "%",
                  "tolerance not measured"));
  EXPECT_EQ(resolve("tolerant:6:450").reasons[3],
            "85.00 % with errors in it alone, 400 weights do not fit into the "
            "350 left");
}

TEST(LayerSelection, RefusesWhatIsNoPlan) {
  for (const char *plan : {"", ",", "last:2,", "!", "last:2,!"})
    EXPECT_THAT(errorOf(plan), HasSubstr("empty term")) << plan;
  for (const char *plan : {"last:", "c2:0", "c1:-1", "last:2x", "tolerant:x",
                           "last:99999999999999999999"})
    EXPECT_THAT(errorOf(plan), HasSubstr("whole number of layers")) << plan;
  EXPECT_THAT(errorOf("tolerant:4:"), HasSubstr("whole number of weights"));
  EXPECT_THAT(errorOf("tolerant:4:0"), HasSubstr("whole number of weights"));
  EXPECT_THAT(errorOf("role:C9"), HasSubstr("role"));
}

TEST(LayerSelection, ComparesOneMeasurement) {
  std::vector<SelectableLayer> mixed = network;
  for (SelectableLayer &layer : mixed)
    layer.measurement = "noise normal:0.06ns";
  EXPECT_EQ(resolve("tolerant:6", mixed).selected,
            resolve("tolerant:6").selected);
  mixed[1].measurement = "noise normal:0.03ns";
  EXPECT_EQ(resolve("tolerant:4", mixed).selected,
            resolve("tolerant:4").selected);
  EXPECT_EQ(errorOf("tolerant:6", mixed),
            "'tolerant:6' compares what was measured differently: 'a.conv1' "
            "with noise normal:0.03ns, 'a.conv2' with noise normal:0.06ns; "
            "measure all layers with one cim tolerance MODEL ... -o "
            "annotated.mlir");
}

TEST(LayerSelection, RefusesToSelectNothing) {
  EXPECT_THAT(errorOf("b.conv3"), HasSubstr("did you mean 'b.conv"));
  EXPECT_THAT(errorOf("c2:1"), HasSubstr("'c2:1' selects nothing"));
  EXPECT_THAT(errorOf("last:2,!last:3"), HasSubstr("excludes every layer"));
  EXPECT_THAT(errorOf("tolerant:1"), HasSubstr("cim tolerance"));
  EXPECT_THAT(errorOf("tolerant:6:99"), HasSubstr("more weights than that"));
  EXPECT_THAT(errorOf("last:1", {}), HasSubstr("no crossbar layer"));
}

} // namespace
