//===- ErrorOptionsTest.cpp - The grammar of memory errors ----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/grammar/ErrorOptions.h"
#include "tests/TemporaryFolder.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

using namespace cim;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// The message of the GrammarError that \p parse throws; one line.
template <typename Parse> std::string messageOf(Parse parse) {
  try {
    parse();
  } catch (const GrammarError &error) {
    std::string message = error.what();
    EXPECT_EQ(message.find_first_of("\n\r"), std::string::npos) << message;
    return message;
  }
  ADD_FAILURE() << "no error";
  return "";
}

std::string noiseError(std::string_view text) {
  return messageOf([&] { parseNoise(text); });
}
std::string quantizeError(std::string_view text) {
  return messageOf([&] { parseQuantize(text); });
}
std::string shiftError(std::string_view text) {
  return messageOf([&] { parseShift(text); });
}
std::string faultsError(std::string_view text) {
  return messageOf([&] { parseFaults(text); });
}

/// A CSV file that lives as long as this object.
struct CsvFile {
  test::TemporaryFolder folder;
  std::string path;
  explicit CsvFile(std::string_view text)
      : path(folder.write("table.csv", text)) {}
};

TEST(Quantize, Spellings) {
  QuantizeOption option = parseQuantize("5");
  EXPECT_EQ(option.bits, 5u);
  EXPECT_EQ(option.mode, QuantizeOption::Mode::minmax);
  EXPECT_FALSE(option.perChannel);
  option = parseQuantize("4,mode=symmetric,per=channel");
  EXPECT_EQ(option.mode, QuantizeOption::Mode::symmetric);
  EXPECT_TRUE(option.perChannel);
  option = parseQuantize("8,percentile=99.5,mode=percentile,per=tensor");
  EXPECT_EQ(option.mode, QuantizeOption::Mode::percentile);
  EXPECT_EQ(option.percentile, 99.5);
  EXPECT_FALSE(option.perChannel);
  EXPECT_EQ(parseQuantize("3,mode=lloyd").mode, QuantizeOption::Mode::lloyd);
  EXPECT_EQ(parseQuantize("1").bits, 1u);
  EXPECT_EQ(parseQuantize("16").bits, 16u);
}

TEST(Quantize, LevelsComeFromAFile) {
  CsvFile file("# measured\nlevel\n-1\r\n -0.5 \n\n0.25\n1e0\n");
  QuantizeOption option = parseQuantize("levels=" + file.path);
  EXPECT_EQ(option.mode, QuantizeOption::Mode::levels);
  EXPECT_EQ(option.bits, 0u);
  EXPECT_THAT(option.levels, ElementsAre(-1, -0.5, 0.25, 1));
}

TEST(Quantize, Errors) {
  EXPECT_THAT(quantizeError(""), HasSubstr("number of bits is missing"));
  for (const char *bits : {"0", "17", "-3", "2.5", "five", "nan",
                           "normal:", "1qs", "1e99", "0x4", " 5", "5 "})
    EXPECT_THAT(quantizeError(bits),
                HasSubstr("is not a whole number from 1 to 16"));
  EXPECT_THAT(quantizeError("5,mode=minmx"), HasSubstr("mean 'minmax'"));
  EXPECT_THAT(quantizeError("5,mod=minmax"), HasSubstr("mean 'mode'"));
  EXPECT_THAT(quantizeError("5,mode"), HasSubstr("is not NAME=VALUE"));
  EXPECT_THAT(quantizeError("5,"), HasSubstr("nothing after a comma"));
  EXPECT_THAT(quantizeError("5,per=row"), HasSubstr("known: tensor, channel"));
  EXPECT_THAT(quantizeError("5,per=tensor,per=channel"), HasSubstr("twice"));
  EXPECT_THAT(quantizeError("5,mode=percentile"),
              HasSubstr("needs percentile=P"));
  EXPECT_THAT(quantizeError("5,percentile=99"),
              HasSubstr("without mode=percentile"));
  for (const char *percentile :
       {"101", "-1", "nan", "normal:", "1qs", "inf", "", "0"})
    EXPECT_THAT(quantizeError("5,mode=percentile,percentile=" +
                              std::string(percentile)),
                HasSubstr("percentile"));
  EXPECT_THAT(quantizeError("1,mode=symmetric"), HasSubstr("at least 2 bits"));
  EXPECT_THAT(quantizeError("levels=/no/such/file.csv"),
              HasSubstr("'/no/such/file.csv' is not there"));
  EXPECT_THAT(quantizeError("levels="), HasSubstr("name is missing"));
  EXPECT_THAT(quantizeError("levels=/tmp"), HasSubstr("not a regular file"));
  EXPECT_THAT(quantizeError("levels=/dev/zero"),
              HasSubstr("not a regular file"));
}

TEST(Quantize, LevelFilesAreChecked) {
  auto errorOf = [](std::string_view text) {
    CsvFile file(text);
    return quantizeError("levels=" + file.path);
  };
  EXPECT_THAT(errorOf(""), HasSubstr("has no rows"));
  EXPECT_THAT(errorOf("1\n"), HasSubstr("one level only"));
  EXPECT_THAT(errorOf("1\n2\n2\n"), HasSubstr("line 3: is not above"));
  EXPECT_THAT(errorOf("1\n\n2,3\n"), HasSubstr("line 3: has 2 columns"));
  EXPECT_THAT(errorOf("1,2\n"), HasSubstr("more than one column"));
  EXPECT_THAT(errorOf("1\nnan\n"), HasSubstr("line 2: 'nan'"));
  EXPECT_THAT(errorOf("1\n1e999\n"), HasSubstr("line 2: '1e999'"));
  EXPECT_THAT(errorOf("1\n1e31\n"), HasSubstr("up to 1e30"));
  EXPECT_THAT(errorOf(std::string_view("1\n\0\n", 4)), HasSubstr("line 2"));
  std::string many;
  for (int i = 0; i < 65537; ++i)
    many += std::to_string(i) + "\n";
  EXPECT_THAT(errorOf(many), HasSubstr("line 65537: is one row more"));
  EXPECT_THAT(errorOf(std::string((8 << 20) + 1, '\n')),
              HasSubstr("larger than 8 MiB"));
}

TEST(Noise, Spellings) {
  NoiseOption option = parseNoise("normal:0.25qs");
  EXPECT_EQ(option.distribution, NoiseOption::Distribution::normal);
  EXPECT_EQ(option.width.value, 0.25);
  EXPECT_EQ(option.width.unit, Unit::quantizationStep);
  EXPECT_EQ(parseNoise("uniform:1/4ns").width.value, 0.25);
  EXPECT_EQ(parseNoise("uniform:1/4ns").width.unit, Unit::normalisedScale);
  EXPECT_EQ(parseNoise("laplace:1e-3abs").width.unit, Unit::absolute);
  EXPECT_EQ(parseNoise("laplace:1e-3abs").width.value, 1e-3);
  EXPECT_EQ(parseNoise("normal:.5uS").width.unit, Unit::microsiemens);
  EXPECT_EQ(parseNoise("normal:0qs").width.value, 0);
  EXPECT_EQ(parseNoise("student-t:0.03ns,df=4").parameter, 4);
  EXPECT_EQ(parseNoise("lognormal:1qs").parameter, 1);
  EXPECT_EQ(parseNoise("lognormal:1qs,shape=0.5").parameter, 0.5);
}

TEST(Noise, MissingAndUnknownUnits) {
  EXPECT_EQ(noiseError("normal:0.25"),
            "width '0.25' has no unit; write 0.25qs, 0.25ns, 0.25abs or "
            "0.25uS");
  EXPECT_EQ(noiseError("normal:1/4qz"),
            "width '1/4qz' has the unknown unit 'qz'; write 1/4qs, 1/4ns, "
            "1/4abs or 1/4uS");
}

TEST(Noise, Errors) {
  EXPECT_THAT(noiseError("nromal:1qs"), HasSubstr("did you mean 'normal'?"));
  EXPECT_THAT(noiseError(""), HasSubstr("unknown distribution ''"));
  EXPECT_THAT(noiseError("normal"), HasSubstr("the width is missing"));
  EXPECT_THAT(noiseError("normal:"), HasSubstr("is not a number with a unit"));
  EXPECT_THAT(noiseError("normal:-0.25qs"), HasSubstr("is negative"));
  EXPECT_THAT(noiseError("normal:nanqs"), HasSubstr("is not a number"));
  EXPECT_THAT(noiseError("normal:infqs"), HasSubstr("is not a number"));
  EXPECT_THAT(noiseError("normal:1e999qs"), HasSubstr("is out of range"));
  EXPECT_THAT(noiseError("normal:1e31qs"), HasSubstr("is out of range"));
  EXPECT_THAT(noiseError("normal:1/1e-300qs"), HasSubstr("is out of range"));
  EXPECT_THAT(noiseError("normal:1/0qs"), HasSubstr("divides by zero"));
  EXPECT_THAT(noiseError("normal:1/qs"), HasSubstr("is not a number"));
  EXPECT_THAT(noiseError("normal:1/2/3qs"), HasSubstr("unknown unit '/3qs'"));
  EXPECT_THAT(noiseError("normal:1qs,df=4"), HasSubstr("parameter 'df'"));
  EXPECT_THAT(noiseError("student-t:1qs"), HasSubstr("needs its degrees"));
  EXPECT_THAT(noiseError("student-t:1qs,df=2"), HasSubstr("above 2"));
  EXPECT_THAT(noiseError("student-t:1qs,df=nan"), HasSubstr("df 'nan'"));
  EXPECT_THAT(noiseError("lognormal:1qs,shape=0"), HasSubstr("shape '0'"));
  EXPECT_THAT(noiseError("lognormal:1qs,shape=6"), HasSubstr("shape '6'"));
  EXPECT_THAT(noiseError("empirical:1qs"), HasSubstr("needs its distribution"));
  EXPECT_THAT(noiseError("no\nrm\x01l:1qs"), HasSubstr("'no?rm?l'"));
}

TEST(Noise, CumulativeDistributionFile) {
  CsvFile file("value,probability\n-2,0\n0,0.25\n1,0.25\n3,1\n");
  NoiseOption option = parseNoise("empirical:1qs,file=" + file.path);
  EXPECT_THAT(option.quantileValue, ElementsAre(-2, 0, 1, 3));
  EXPECT_THAT(option.quantileProbability, ElementsAre(0, 0.25, 0.25, 1));
}

TEST(Noise, HistogramFile) {
  CsvFile file("low,high,count\n-1,0,3\n1,2,1\n");
  NoiseOption option = parseNoise("empirical:1qs,file=" + file.path);
  EXPECT_THAT(option.quantileValue, ElementsAre(-1, 0, 1, 2));
  EXPECT_THAT(option.quantileProbability, ElementsAre(0, 0.75, 0.75, 1));
}

TEST(Noise, DistributionFilesAreChecked) {
  auto errorOf = [](std::string_view text) {
    CsvFile file(text);
    return noiseError("empirical:1qs,file=" + file.path);
  };
  EXPECT_THAT(errorOf("1\n2\n"), HasSubstr("line 1: has one column"));
  EXPECT_THAT(errorOf("0,0.5\n1,1\n"), HasSubstr("line 1: must have"));
  EXPECT_THAT(errorOf("0,0\n1,0.9\n"), HasSubstr("line 2: must have"));
  EXPECT_THAT(errorOf("0,0\n1,1.1\n"), HasSubstr("line 2: has a probability"));
  EXPECT_THAT(errorOf("0,0\n1,0.5\n0.5,1\n"), HasSubstr("line 3: descends"));
  EXPECT_THAT(errorOf("0,0\n1,0.5\n2,0.4\n"), HasSubstr("line 3: descends"));
  EXPECT_THAT(errorOf("0,0\n"), HasSubstr("another row 1"));
  EXPECT_THAT(errorOf("1,0,2\n"), HasSubstr("end is below"));
  EXPECT_THAT(errorOf("0,1,2\n0.5,2,3\n"), HasSubstr("line 2: overlaps"));
  EXPECT_THAT(errorOf("0,1,-2\n"), HasSubstr("negative count"));
  EXPECT_THAT(errorOf("0,1,0\n"), HasSubstr("counts nothing"));
  EXPECT_THAT(errorOf("0,1,0,4\n"), HasSubstr("more than three columns"));
  EXPECT_THAT(errorOf("0,0\n1,x\n"), HasSubstr("line 2: 'x'"));
}

TEST(Noise, WidthPerLevel) {
  CsvFile file("1\n0.5\n2\n"), negative("1\n-1\n");
  EXPECT_THAT(parseNoise("normal:1qs,level=" + file.path).levelFactor,
              ElementsAre(1, 0.5, 2));
  EXPECT_THAT(noiseError("normal:1qs,level=" + negative.path),
              HasSubstr("line 2: is negative"));
  EXPECT_THAT(parseShift("1qs,level=" + negative.path).levelFactor,
              ElementsAre(1, -1));
}

TEST(Shift, Spellings) {
  EXPECT_EQ(parseShift("+1/64qs").amount.value, 1.0 / 64);
  EXPECT_EQ(parseShift("-1/64qs").amount.value, -1.0 / 64);
  EXPECT_EQ(parseShift("-0.01ns").amount.value, -0.01);
  EXPECT_EQ(parseShift("-0.01ns").amount.unit, Unit::normalisedScale);
  EXPECT_EQ(parseShift("0.5abs").amount.value, 0.5);
}

TEST(Shift, Errors) {
  for (const char *text :
       {"", "+", "-", "+-1qs", "--1qs", "qs", "/2qs", "1/-2qs"})
    EXPECT_THAT(shiftError(text), HasSubstr("is not a number with a unit"))
        << text;
  EXPECT_THAT(shiftError("1 qs"), HasSubstr("unknown unit"));
  EXPECT_THAT(shiftError("1qs,levels=a"), HasSubstr("did you mean 'level'?"));
}

TEST(Faults, Spellings) {
  FaultsOption option = parseFaults("low=0.01,high=2e-3");
  EXPECT_EQ(option.low, 0.01);
  EXPECT_EQ(option.high, 2e-3);
  EXPECT_EQ(option.flip, 0);
  EXPECT_EQ(parseFaults("flip=1").flip, 1);
}

TEST(Faults, Errors) {
  EXPECT_THAT(faultsError("low=-0.1"), HasSubstr("not a number from 0 to 1"));
  EXPECT_THAT(faultsError("low=1.1"), HasSubstr("not a number from 0 to 1"));
  EXPECT_THAT(faultsError("low=1%"), HasSubstr("not a number from 0 to 1"));
  EXPECT_THAT(faultsError("low=nan"), HasSubstr("not a number from 0 to 1"));
  EXPECT_THAT(faultsError("low=0.6,high=0.6"), HasSubstr("more than all"));
  EXPECT_THAT(faultsError("hihg=0.6"), HasSubstr("did you mean 'high'?"));
  EXPECT_THAT(faultsError(""), HasSubstr("low=..."));
}

/// Random texts of the grammar's own pieces either parse to finite values or
/// throw GrammarError: nothing else ever.
TEST(Grammar, RandomTextsNeverBreakIt) {
  const char *pieces[] = {
      "normal",    "uniform",    "lognormal", "student-t", ":",    ",",
      "=",         "/",          "+",         "-",         ".",    "1",
      "0",         "9e",         "308",       "qs",        "ns",   "abs",
      "uS",        "df",         "shape",     "level",     "file", "mode",
      "symmetric", "percentile", "per",       "channel",   "low",  "high",
      "flip",      "levels",     "nan",       "normal:",   "1qs",  "inf",
      "\xff",      " ",          "\n",        "e-5"};
  std::mt19937 random(1);
  int parsed = 0;
  for (int i = 0; i < 50000; ++i) {
    std::string text;
    for (unsigned n = random() % 9; n > 0; --n)
      text += pieces[random() % std::size(pieces)];
    if (random() % 8 == 0 && !text.empty())
      text[random() % text.size()] = char(random());
    auto attempt = [&](auto parse, auto check) {
      try {
        check(parse(text));
        ++parsed;
      } catch (const GrammarError &error) {
        std::string_view message = error.what();
        ASSERT_EQ(message.find('\n'), std::string_view::npos) << message;
      }
    };
    attempt(parseQuantize, [](const QuantizeOption &option) {
      EXPECT_TRUE(option.bits >= 1 && option.bits <= 16);
    });
    attempt(parseNoise, [](const NoiseOption &option) {
      EXPECT_TRUE(option.width.value >= 0 && option.width.value <= 1e30);
      EXPECT_TRUE(std::isfinite(option.parameter));
    });
    attempt(parseShift, [](const ShiftOption &option) {
      EXPECT_LE(std::abs(option.amount.value), 1e30);
    });
    attempt(parseFaults, [](const FaultsOption &option) {
      EXPECT_LE(option.low + option.high, 1);
      EXPECT_TRUE(option.flip >= 0 && option.flip <= 1);
    });
  }
  EXPECT_GT(parsed, 100); // the generator does reach the grammar
}

/// A random file is read or refused, never more.
TEST(Grammar, RandomFilesNeverBreakIt) {
  std::mt19937 random(2);
  const char alphabet[] = "0123456789.,,\n\n-+e# a";
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (unsigned n = random() % 40; n > 0; --n)
      text += alphabet[random() % (sizeof alphabet - 1)];
    CsvFile file(text);
    auto attempt = [](auto parse) {
      try {
        parse();
      } catch (const GrammarError &) {
      }
    };
    attempt([&] { parseQuantize("levels=" + file.path); });
    attempt([&] { parseNoise("empirical:1qs,file=" + file.path); });
    attempt([&] { parseShift("1qs,level=" + file.path); });
  }
}

} // namespace
