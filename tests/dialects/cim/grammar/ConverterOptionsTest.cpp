//===- ConverterOptionsTest.cpp - What users may say about converters -----===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/ConverterOptions.h"
#include "tests/TemporaryFolder.h"

#include <filesystem>
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

TEST(ConverterOptions, dacsHaveBitsARangeAndAMode) {
  EXPECT_EQ(parseDac("8").bits, 8u);
  EXPECT_FALSE(parseDac("8").range.has_value());
  EXPECT_FALSE(parseDac("8").isSigned.has_value());
  const DacOption all = parseDac("4,range=2.5,inputs=unsigned,mode=serial");
  EXPECT_EQ(all.range, 2.5);
  EXPECT_EQ(all.isSigned, false);
  EXPECT_TRUE(all.isSerial);
  EXPECT_EQ(parseDac("none").bits, 0u);
  for (const char *wrong : {"", "0", "17", "-1", "8.0", "8b", "max"})
    EXPECT_THAT(messageOf(parseDac, wrong), HasSubstr("from 1 to 16")) << wrong;
  EXPECT_THAT(messageOf(parseDac, "8,range=0"), HasSubstr("range '0'"));
  EXPECT_THAT(messageOf(parseDac, "8,range=-1"), HasSubstr("range '-1'"));
  EXPECT_THAT(messageOf(parseDac, "8,range=nan"), HasSubstr("range 'nan'"));
  EXPECT_THAT(messageOf(parseDac, "8,mode=seriel"),
              HasSubstr("did you mean 'serial'"));
  EXPECT_THAT(messageOf(parseDac, "1,inputs=signed"),
              HasSubstr("no place for a sign"));
  EXPECT_EQ(parseDac("1").bits, 1u);
}

TEST(ConverterOptions, adcsHaveOneKindOfRange) {
  using Range = AdcOption::Range;
  EXPECT_EQ(parseAdc("8").range, Range::max);
  EXPECT_EQ(parseAdc("8,range=max").range, Range::max);
  EXPECT_EQ(parseAdc("8,range=0.25").range, Range::fraction);
  EXPECT_EQ(parseAdc("8,range=0.25").value, 0.25);
  EXPECT_EQ(parseAdc("8,percentile=99.9").range, Range::percentile);
  EXPECT_EQ(parseAdc("8,percentile=99.9").value, 99.9);
  EXPECT_THAT(parseAdc("8,limit=1.5/3").limits, ElementsAre(1.5, 3));
  EXPECT_TRUE(parseAdc("8,per=tile").perTile);
  EXPECT_FALSE(parseAdc("8,per=layer").perTile);
  EXPECT_EQ(parseAdc("none").bits, 0u);
  EXPECT_THAT(messageOf(parseAdc, "1"), HasSubstr("from 2 to 16"));
  for (const char *wrong : {"8,range=0", "8,range=1.5", "8,range=minmax",
                            "8,range=-0.5", "8,range="})
    EXPECT_THAT(messageOf(parseAdc, wrong), HasSubstr("neither max nor"))
        << wrong;
  EXPECT_THAT(messageOf(parseAdc, "8,range=max,percentile=99"),
              HasSubstr("give one of them"));
  EXPECT_THAT(messageOf(parseAdc, "8,percentile=0"),
              HasSubstr("from 1 to 100"));
  EXPECT_THAT(messageOf(parseAdc, "8,limit=1//2"), HasSubstr("limit ''"));
}

TEST(ConverterOptions, mismatchesAreWidths) {
  const MismatchOption option = parseMismatch("gain=0.01,inl=0.5");
  EXPECT_EQ(option.gain, 0.01);
  EXPECT_EQ(option.offset, 0);
  EXPECT_EQ(option.nonlinearity, 0.5);
  EXPECT_THAT(messageOf(parseMismatch, "gain=-1"), HasSubstr("gain '-1'"));
  EXPECT_THAT(messageOf(parseMismatch, "0.5"), HasSubstr("is not NAME=VALUE"));
  EXPECT_THAT(messageOf(parseMismatch, "gian=1"),
              HasSubstr("did you mean 'gain'"));
}

TEST(ConverterOptions, readNoiseIsAConductance) {
  EXPECT_EQ(parseReadNoise("0.5uS"), 0.5);
  EXPECT_EQ(parseReadNoise("1/4uS"), 0.25);
  EXPECT_THAT(messageOf(parseReadNoise, "0.5"), HasSubstr("has no unit"));
  EXPECT_THAT(messageOf(parseReadNoise, "0.5ns"), HasSubstr("is not in uS"));
  EXPECT_THAT(messageOf(parseReadNoise, "-1uS"), HasSubstr("0uS to 1e6uS"));
}

TEST(ConverterOptions, curvesGoThroughTheOrigin) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("curve.csv");
  auto messageOfFile = [&](const std::string &text) {
    return messageOf(parseCurrentVoltage, folder.write("curve.csv", text));
  };
  EXPECT_EQ(messageOfFile("input,current\n0,0\n0.5,0.4\n1,1\n"), "accepted");
  EXPECT_THAT(parseCurrentVoltage(path).input, ElementsAre(0, 0.5, 1));
  EXPECT_THAT(parseCurrentVoltage(path).current, ElementsAre(0, 0.4, 1));
  EXPECT_EQ(messageOfFile("-1,-0.8\n0,0\n1,1\n"), "accepted");
  EXPECT_THAT(messageOfFile("0,0\n1,1\n1,2\n"),
              HasSubstr("line 3: is not above the input before it"));
  EXPECT_THAT(messageOfFile("0,0.1\n1,1\n"),
              HasSubstr("line 1: has a current without any input"));
  EXPECT_THAT(messageOfFile("0,0\n2,1\n"), HasSubstr("does not reach"));
  EXPECT_THAT(messageOfFile("0.5,0.5\n1,1\n"), HasSubstr("does not reach"));
  EXPECT_THAT(messageOfFile("-1,-1\n1,1\n"), HasSubstr("does not reach"));
  EXPECT_THAT(messageOfFile("0\n1\n"), HasSubstr("two columns"));
  std::filesystem::remove(path);
  EXPECT_THAT(messageOf(parseCurrentVoltage, path), HasSubstr("is not there"));
}

} // namespace
