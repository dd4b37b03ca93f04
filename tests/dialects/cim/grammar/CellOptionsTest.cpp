//===- CellOptionsTest.cpp - What users may say about cells -------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/CellOptions.h"

#include <gmock/gmock.h>

using namespace cim;
using namespace testing;

namespace {

template <typename Parse>
std::string messageOf(Parse parse, const std::string &text) {
  try {
    parse(text);
  } catch (const GrammarError &error) {
    return error.what();
  }
  return "accepted";
}

TEST(CellOptions, correlatedErrorsHaveOneUnit) {
  const CorrelatedOption option = parseCorrelated("die=2uS,column=0.5uS");
  EXPECT_EQ(option.column, 0.5);
  EXPECT_EQ(option.array, 0);
  EXPECT_EQ(option.die, 2);
  EXPECT_EQ(option.unit, Unit::microsiemens);
  EXPECT_EQ(parseCorrelated("column=1/4qs").unit, Unit::quantizationStep);
  for (auto [wrong, message] : {std::pair("", "nothing after a comma"),
                                {"column", "not NAME=VALUE"},
                                {"row=1uS", "unknown parameter 'row'"},
                                {"column=1", "has no unit"},
                                {"column=-1uS", "is negative"},
                                {"column=nanuS", "column"},
                                {"column=1uS,die=1ns", "has another unit"},
                                {"column=1uS,column=2uS", "given twice"},
                                {"array=1ns", "give it in uS"}})
    EXPECT_THAT(messageOf(parseCorrelated, wrong), HasSubstr(message)) << wrong;
}

TEST(CellOptions, cellsAreVerifiedToAConductance) {
  EXPECT_EQ(parseWriteVerify("0.5uS").tolerance.value, 0.5);
  EXPECT_EQ(parseWriteVerify("0.5uS").pulses, 20u);
  EXPECT_EQ(parseWriteVerify("1uS,pulses=64").pulses, 64u);
  for (auto [wrong, message] :
       {std::pair("", "tolerance"),
        {"1", "has no unit"},
        {"0uS", "not a conductance of at least"},
        {"1e-50uS", "not a conductance of at least 1e-30uS"},
        {"-1uS", "not a conductance of at least"},
        {"1ns", "not a conductance of at least"},
        {"1uS,pulses=0", "pulses"},
        {"1uS,pulses=65", "pulses"},
        {"1uS,pulses=1.5", "not a whole number"},
        {"1uS,10", "not NAME=VALUE"}})
    EXPECT_THAT(messageOf(parseWriteVerify, wrong), HasSubstr(message))
        << wrong;
}

TEST(CellOptions, readsDisturb) {
  ReadDisturbOption option = parseReadDisturb("-0.5uS");
  EXPECT_EQ(option.amount.value, -0.5);
  EXPECT_EQ(option.per, 1);
  EXPECT_EQ(option.exponent, 1);
  EXPECT_FALSE(option.reads);
  option = parseReadDisturb("1/8qs,per=1e6,exponent=0.5,reads=1e9");
  EXPECT_EQ(option.amount.value, 0.125);
  EXPECT_EQ(option.per, 1e6);
  EXPECT_EQ(option.exponent, 0.5);
  EXPECT_EQ(option.reads, 1e9);
  for (auto [wrong, message] : {std::pair("", "shift"),
                                {"1", "has no unit"},
                                {"1uS,per=0", "per"},
                                {"1uS,exponent=-1", "exponent"},
                                {"1uS,exponent=5", "exponent"},
                                {"1uS,reads=-1", "reads"},
                                {"1uS,reads=many", "reads"},
                                {"1uS,raeds=1", "did you mean 'reads'"}})
    EXPECT_THAT(messageOf(parseReadDisturb, wrong), HasSubstr(message))
        << wrong;
}

} // namespace
