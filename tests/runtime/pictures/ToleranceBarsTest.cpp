//===- ToleranceBarsTest.cpp - Drawing the tolerance of layers ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/pictures/ToleranceBars.h"
#include "tests/runtime/pictures/SvgText.h"

using namespace cim;
using namespace cim::test;

namespace {

std::string drawn(const std::string &name, double lowest, double highest) {
  const ToleranceBar bar{name, "C1", 0.9, lowest, highest};
  return drawTolerance({&bar, 1}, 0.95, "noise", PictureFormat::svg);
}

TEST(ToleranceBars, LongNamesLeaveRoomForTheAxis) {
  const std::string svg = drawn(std::string(100, 'x') + "conv7", 0.8, 0.92);
  const SvgText name = textWith(svg, "conv7");
  EXPECT_TRUE(name.text.starts_with("...x"));
  EXPECT_GT(name.left(), 0);
  const SvgText axis = textWith(svg, "accuracy with errors");
  EXPECT_LT(axis.right(), widthOf(svg));
}

TEST(ToleranceBars, WhiskersEndWhereAccuraciesDo) {
  EXPECT_EQ(drawn("a", -3, 1.5), drawn("a", 0, 1));
  EXPECT_NE(drawn("a", 0.1, 1), drawn("a", 0, 1));
}

} // namespace
