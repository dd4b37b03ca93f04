//===- WordsTest.cpp - Words, numbers and near names ----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/Words.h"

#include <gmock/gmock.h>

using namespace cim;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

TEST(NearNames, BestFirst) {
  std::vector<std::string> names = {"quantize", "noise", "shift", "faults"};
  EXPECT_THAT(nearNames("niose", names), ElementsAre("noise"));
  EXPECT_THAT(nearNames("Quantise", names), ElementsAre("quantize"));
  EXPECT_THAT(nearNames("xyz", names), IsEmpty());
  EXPECT_THAT(nearNames("", names), IsEmpty());
  std::vector<std::string> many = {"conv9", "conv12", "conv1", "conv2"};
  EXPECT_THAT(nearNames("conv1", many),
              ElementsAre("conv1", "conv9", "conv12"));
  EXPECT_THAT(nearNames(std::string(1 << 20, 'a'), names), IsEmpty());
}

TEST(WholeNumber, IsDigitsAlone) {
  EXPECT_EQ(grammar::parseWholeNumber("0"), 0u);
  EXPECT_EQ(grammar::parseWholeNumber("18446744073709551615"), ~uint64_t(0));
  for (const char *text : {"", "18446744073709551616", "-1", "+1", " 1", "1 ",
                           "1.0", "1e3", "0x10"})
    EXPECT_FALSE(grammar::parseWholeNumber(text)) << text;
}

} // namespace
