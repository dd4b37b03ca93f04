//===- CrossbarOptionsTest.cpp - What users may say about crossbars -------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/CrossbarOptions.h"

#include <gmock/gmock.h>

#include <random>

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

TEST(CrossbarOptions, arraysHaveRowsAndColumns) {
  ArraySize size = parseCrossbar("1152x64");
  EXPECT_EQ(size.rows, 1152u);
  EXPECT_EQ(size.columns, 64u);
  EXPECT_EQ(parseCrossbar("1x65536").columns, 65536u);
  for (const char *wrong :
       {"", "x", "128", "128x", "x128", "0x128", "128x0", "128x65537", "-1x8",
        "+1x8", "8x8x8", "8 x8", "1e2x8", "8.0x8", "4294967297x8", "128X128"})
    EXPECT_THAT(messageOf(parseCrossbar, wrong),
                HasSubstr("is not ROWSxCOLUMNS"))
        << wrong;
}

TEST(CrossbarOptions, cellsAreDifferentialOrOffset) {
  EXPECT_EQ(parseCells("differential").scheme,
            CellsOption::Scheme::differential);
  EXPECT_EQ(parseCells("offset").scheme, CellsOption::Scheme::offset);
  EXPECT_FALSE(parseCells("offset,reference=real").idealReference);
  EXPECT_TRUE(parseCells("offset,reference=ideal").idealReference);
  EXPECT_THAT(messageOf(parseCells, "ofset"),
              HasSubstr("did you mean 'offset'"));
  EXPECT_THAT(messageOf(parseCells, "differential,reference=ideal"),
              HasSubstr("have no reference"));
  EXPECT_THAT(messageOf(parseCells, "offset,reference=perfect"),
              HasSubstr("known: real, ideal"));
}

TEST(CrossbarOptions, wiresHaveResistance) {
  WireResistanceOption option = parseWireResistance("1.5");
  EXPECT_EQ(option.row, 1.5);
  EXPECT_EQ(option.column, 1.5);
  EXPECT_FALSE(option.driveBothEnds);
  EXPECT_FALSE(option.firstOrder);
  option = parseWireResistance("1.5,column=3,drive=both,mode=first-order");
  EXPECT_EQ(option.row, 1.5);
  EXPECT_EQ(option.column, 3);
  EXPECT_TRUE(option.driveBothEnds);
  EXPECT_TRUE(option.firstOrder);
  EXPECT_EQ(parseWireResistance("row=2,column=0").row, 2);
  EXPECT_FALSE(parseWireResistance("0").any());
  EXPECT_FALSE(parseWireResistance("1,drive=one,mode=exact").driveBothEnds);
  for (auto [wrong, message] : {std::pair("", "resistance (ohm)"),
                                {"-1", "resistance (ohm)"},
                                {"1e7", "resistance (ohm)"},
                                {"nan", "resistance (ohm)"},
                                {"1ohm", "resistance (ohm)"},
                                {"row=1", "the resistance is missing"},
                                {"drive=both", "the resistance is missing"},
                                {"1,drive=two", "known: one, both"},
                                {"1,mode=fast", "known: exact, first-order"},
                                {"1,colum=2", "did you mean 'column'"},
                                {"1,row=x", "row (ohm)"}})
    EXPECT_THAT(messageOf(parseWireResistance, wrong), HasSubstr(message))
        << wrong;
}

TEST(CrossbarOptions, windowsAscendFromZero) {
  ConductanceOption option = parseConductance("0.5:40,clip");
  EXPECT_EQ(option.lowest, 0.5);
  EXPECT_EQ(option.highest, 40);
  EXPECT_TRUE(option.clip);
  EXPECT_FALSE(parseConductance("0:1e6").clip);
  for (const char *wrong : {"40:1", "40:40", "0:0"})
    EXPECT_THAT(messageOf(parseConductance, wrong),
                HasSubstr("GMIN must be below GMAX"));
  for (const char *wrong : {"100:100.00001", "0:1e-40"})
    EXPECT_THAT(messageOf(parseConductance, wrong),
                HasSubstr("is too narrow for single precision"));
  EXPECT_THAT(messageOf(parseConductance, "-1:40"), HasSubstr("GMIN '-1'"));
  EXPECT_THAT(messageOf(parseConductance, "0:nan"), HasSubstr("GMAX 'nan'"));
  EXPECT_THAT(messageOf(parseConductance, "0:1e7"), HasSubstr("1e+06"));
  EXPECT_THAT(messageOf(parseConductance, "40"), HasSubstr("GMIN:GMAX"));
  EXPECT_THAT(messageOf(parseConductance, "1:2:3"), HasSubstr("GMIN:GMAX"));
  EXPECT_THAT(messageOf(parseConductance, "0:40,clap"),
              HasSubstr("did you mean 'clip'"));
  EXPECT_THAT(messageOf(parseConductance, "0:40,clip,clip"),
              HasSubstr("one parameter too many"));
}

TEST(CrossbarOptions, cellsStoreSomeBits) {
  EXPECT_EQ(parseCellBits("1"), 1u);
  EXPECT_EQ(parseCellBits("16"), 16u);
  for (const char *wrong : {"", "0", "17", "-2", "2.5", "two"})
    EXPECT_THAT(messageOf(parseCellBits, wrong), HasSubstr("from 1 to 16"));
}

TEST(CrossbarOptions, packingHasTwoWays) {
  EXPECT_EQ(parsePacking("naive"), Packing::naive);
  EXPECT_EQ(parsePacking("dense"), Packing::dense);
  EXPECT_THAT(messageOf(parsePacking, "dens"), HasSubstr("'dense'"));
}

/// Random words are read or refused in one line, never more.
TEST(CrossbarOptions, randomTextsNeverBreakTheGrammar) {
  std::mt19937 random(3);
  const char alphabet[] = "0123456789xx::,.-+ eclipofsetnadr=\n\x7f";
  int parsed = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (unsigned n = random() % 9; n > 0; --n)
      text += alphabet[random() % (sizeof alphabet - 1)];
    auto attempt = [&](auto parse) {
      std::string message = messageOf(parse, text);
      parsed += message == "accepted";
      EXPECT_THAT(message, Not(HasSubstr("\n"))) << text;
    };
    attempt(parseCrossbar);
    attempt(parseCells);
    attempt(parseConductance);
    attempt(parseCellBits);
    attempt(parsePacking);
  }
  EXPECT_GT(parsed, 100);
}

} // namespace
