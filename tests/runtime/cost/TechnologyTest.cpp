//===- TechnologyTest.cpp - Technology files ------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/cost/Technology.h"
#include "dialects/cim/grammar/ErrorOptions.h"
#include "runtime/tensor/Errors.h"
#include "tests/TemporaryFolder.h"

#include <fstream>
#include <gmock/gmock.h>
#include <sstream>

using namespace cim;
using testing::HasSubstr;

namespace {

std::string preset() {
  std::ifstream file(CIM_TECHNOLOGIES "/isaac2016.yaml");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The preset with one piece of its text replaced.
std::string edited(const std::string &from, const std::string &to) {
  std::string text = preset();
  const size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

Technology readText(const std::string &text) {
  const test::TemporaryFolder folder;
  return readTechnology(folder.write("technology.yaml", text));
}

std::string errorOf(const std::string &text) {
  try {
    readText(text);
  } catch (const InputError &error) {
    return error.what();
  }
  return "";
}

TEST(Technology, isaacIsAsPublished) {
  const Technology isaac = findTechnology("isaac2016");
  EXPECT_EQ(isaac.doi, "10.1109/ISCA.2016.12");
  EXPECT_DOUBLE_EQ(isaac.readTime.value, 100e-9);
  EXPECT_EQ(isaac.readTime.text, "100 ns");
  EXPECT_EQ(isaac.arrayRows * isaac.arrayColumns, 128u * 128);
  EXPECT_DOUBLE_EQ(isaac.arrayPower->value, 0.3e-3);
  EXPECT_DOUBLE_EQ(isaac.arrayArea->value, 25e-12);
  EXPECT_DOUBLE_EQ(isaac.dacPower->value, 3.9e-6);
  EXPECT_DOUBLE_EQ(isaac.dacArea->value, 0.17e-12);
  EXPECT_EQ(isaac.dacBits, 1u);
  EXPECT_EQ(isaac.adcBits, 8u);
  EXPECT_DOUBLE_EQ(isaac.adcRate->value, 1.2e9);
  const double picojoules[] = {0.79, 0.99, 1.20, 1.42, 1.67, 1.97, 2.38};
  for (int bits = 4; bits <= 10; ++bits)
    EXPECT_DOUBLE_EQ(isaac.adcEnergy.find(bits)->value,
                     picojoules[bits - 4] * 1e-12);
  EXPECT_EQ(isaac.adcEnergy.find(3), nullptr);
  EXPECT_DOUBLE_EQ(isaac.adcArea.find(5)->value, 1200e-12);
  EXPECT_DOUBLE_EQ(isaac.shiftAndAddEnergy->value, 0.021e-12);
  EXPECT_DOUBLE_EQ(isaac.shiftAndAddArea->value, 60e-12);
  EXPECT_TRUE(isaac.others.empty());
}

TEST(Technology, names) {
  EXPECT_GE(technologies().size(), 1u);
  EXPECT_EQ(findTechnology(CIM_TECHNOLOGIES "/isaac2016.yaml").name,
            "isaac2016");
  try {
    findTechnology("isac2016");
    FAIL();
  } catch (const GrammarError &error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'isaac2016'?"));
  }
  EXPECT_THROW(findTechnology("missing.yaml"), InputError);
}

TEST(Technology, optionalFields) {
  const Technology technology = readText(preset() + R"(
write: {energy: 1 nJ, time: 0.1 us}
others:
  - {name: buffer, per: input, energy: 2 pJ}
  - {name: router, per: layer, area: 0.001 mm2}
)");
  EXPECT_DOUBLE_EQ(technology.writeEnergy->value, 1e-9);
  EXPECT_DOUBLE_EQ(technology.writeTime->value, 1e-7);
  ASSERT_EQ(technology.others.size(), 2u);
  EXPECT_FALSE(technology.others[0].isArea());
  EXPECT_TRUE(technology.others[1].isArea());
  EXPECT_DOUBLE_EQ(technology.others[1].quantity.value, 1e-9);
}

/// Every mistake is found, with its line.
TEST(Technology, mistakes) {
  EXPECT_EQ(errorOf(preset()), "");
  struct {
    const char *from, *to, *message;
  } const mistakes[] = {
      {"format: 1", "format: 2", "line 2: this version reads format 1 only"},
      {"read_time: 100 ns", "read_time: 100", "line 11: write a number"},
      {"read_time: 100 ns", "read_time: 100 pJ", "one of the units ps, ns"},
      {"read_time: 100 ns", "read_time: -1 ns", "at least 0"},
      {"read_time: 100 ns", "reed_time: 100 ns", "did you mean 'read_time'?"},
      {"read_time: 100 ns", "", "'read_time' is missing"},
      {"input_bits: 16", "input_bits: 0", "line 12: write a whole number"},
      {"rows: 128", "rows: 1.5", "line 14: write a whole number"},
      {"power: 0.3 mW", "power: 0.3 nJ", "units nW, uW, mW, W"},
      {"power: 3.9 uW", "power: 3.9 uW\n  energy: 1 pJ", "not both"},
      {"rate: 1.2 GS/s", "rate: 0 GS/s", "a rate must be above 0"},
      {"4: 0.79 pJ", "4: 0.79", "units fJ, pJ, nJ"},
      {"4: 0.79 pJ", "four: 0.79 pJ", "'four' is not a number"},
      {"5: 0.99 pJ", "4: 0.99 pJ", "4 bits stand there twice"},
      {"  area: 60 um2", "  area: 60 um2\nothers: 5", "write a list here"},
      {"  area: 60 um2",
       "  area: 60 um2\nothers: [{name: a, per: day, energy: 1 pJ}]", "'day'"},
      {"  area: 60 um2",
       "  area: 60 um2\nothers: [{name: a, per: chip, energy: 1 pJ}]",
       "only area can be given per chip"},
      {"format: 1", "format: [1", "is no valid YAML"},
  };
  for (const auto &mistake : mistakes)
    EXPECT_THAT(errorOf(edited(mistake.from, mistake.to)),
                HasSubstr(mistake.message))
        << mistake.to;
  EXPECT_THAT(errorOf(""), HasSubstr("write a technology as a map"));
}

} // namespace
