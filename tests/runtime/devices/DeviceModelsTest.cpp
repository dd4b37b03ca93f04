//===- DeviceModelsTest.cpp - Files, names and times of devices -----------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/devices/DeviceModels.h"
#include "runtime/devices/CheckDevice.h"
#include "runtime/devices/DeviceText.h"
#include "runtime/tensor/Errors.h"
#include "tests/TemporaryFolder.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

using namespace cim;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

std::string messageOf(const std::function<void()> &action) {
  try {
    action();
  } catch (const std::exception &error) {
    std::string message = error.what();
    EXPECT_EQ(message.find('\n'), message.npos) << message;
    return message;
  }
  return "";
}

std::string errorOfOption(std::string_view text) {
  return messageOf([&] { resolveDevice(parseDevice(text)); });
}

TEST(DeviceOption, Grammar) {
  DeviceOption option = parseDevice("pcm-joshi2020@1d,force");
  EXPECT_EQ(option.name, "pcm-joshi2020");
  EXPECT_EQ(option.time, 86400);
  EXPECT_TRUE(option.force);
  option = parseDevice("a@b/my device.yaml@1.5h");
  EXPECT_EQ(option.name, "a@b/my device.yaml");
  EXPECT_EQ(option.time, 5400);
  EXPECT_FALSE(parseDevice("x").time);
  EXPECT_EQ(parseDuration("20s"), 20);
  EXPECT_EQ(parseDuration("5min"), 300);
  for (const char *bad : {"", "@1d", "x@", "x@1", "x@d", "x@-1s", "x@1e999d",
                          "x@1y", "x@nans", "x@1d,fork", "x,", "x@1d1d"})
    EXPECT_THROW(parseDevice(bad), GrammarError) << bad;
}

TEST(DeviceModels, Times) {
  EXPECT_EQ(errorOfOption("pcm-joshi2020"), "");
  EXPECT_EQ(errorOfOption("pcm-joshi2020@20s"), "");
  EXPECT_THAT(errorOfOption("pcm-joshi2020@19s"), HasSubstr("begins 20 s"));
  EXPECT_THAT(errorOfOption("pcm-joshi2020@19s,force"),
              HasSubstr("begins 20 s"));
  EXPECT_THAT(errorOfOption("reram-wan2022@3d"),
              HasSubstr("3 d is after the times at which it is known, 1 s to "
                        "2 d; add ,force"));
  EXPECT_EQ(errorOfOption("reram-wan2022@3d,force"), "");
  EXPECT_THAT(errorOfOption("reram-wan2022@0s,force"), HasSubstr("above 0"));
  EXPECT_THAT(errorOfOption("reram-milo2021@1d"), HasSubstr("leave out @1 d"));
  EXPECT_THAT(errorOfOption("sonos-agrawal2022@121h"), HasSubstr("after"));
  EXPECT_EQ(errorOfOption("sonos-agrawal2022@0s"), "");
}

TEST(DeviceModels, Names) {
  EXPECT_THAT(errorOfOption("pcm-joshi2021"),
              HasSubstr("did you mean 'pcm-joshi2020'?"));
  EXPECT_THAT(errorOfOption("none.yaml"), HasSubstr("none.yaml"));
  EXPECT_THAT(errorOfOption("fefet"), AllOf(HasSubstr("'fefet' is parametric"),
                                            HasSubstr("lines 8, 10, 13")));
}

TEST(DeviceModels, HaveWords) {
  DeviceModel model = readDeviceModel(CIM_DEVICE_MODELS "/pcm-joshi2020.yaml");
  EXPECT_EQ(rangeText(model), "0 to 25 uS, from 20 s");
  EXPECT_THAT(termsOf(model.device),
              ElementsAre("programming", "drift", "read noise"));
  EXPECT_EQ(rangeText(readDeviceModel(CIM_DEVICE_MODELS "/reram-wan2022.yaml")),
            "0 to 40 uS or scaled, 1 s to 2 d");
  EXPECT_EQ(timeText(5400), "90 min");
  EXPECT_EQ(timeText(0), "0 s");
}

TEST(DeviceModels, Windows) {
  plan::Device device = resolveDevice({.name = "reram-milo2021"});
  plan::Crossbar crossbar;
  auto window = [&](double low, double high) {
    crossbar.set_lowest_conductance(low);
    crossbar.set_highest_conductance(high);
    return problemOfWindow(device, crossbar);
  };
  EXPECT_THAT(window(50, 225), IsEmpty());
  EXPECT_THAT(window(60, 200), IsEmpty());
  EXPECT_THAT(window(0, 100), HasSubstr("the window 0:100 leaves"));
  device.set_forced(true);
  EXPECT_THAT(window(0, 100), IsEmpty());
  device = resolveDevice({.name = "reram-wan2022"});
  EXPECT_THAT(window(0, 100), IsEmpty());
  device = resolveDevice({.name = "sot-mram-2025"});
  EXPECT_THAT(window(0.4, 1), HasSubstr("hold 2 levels"));
  crossbar.set_cell_bits(1);
  EXPECT_THAT(window(0.4, 1), IsEmpty());
  crossbar.set_cell_bits(2);
  EXPECT_THAT(window(0.4, 1), HasSubstr("hold 2 levels"));
}

class DeviceFiles : public testing::Test {
protected:
  const test::TemporaryFolder folder;
  const std::string path = folder.path("device.yaml");

  /// The message about a good file after \p from became \p to.
  std::string errorAfter(const std::string &from, const std::string &to) {
    std::string text = R"(format: 1
name: mine
kind: test
citation: none
unit: uS
conductance: [0, 50]
time: [1 s, 2 d]
between: time
programming:
  - {at: 1 s, in: x, polynomial: [0.5, 1]}
  - {at: 2 d, in: G, polynomial: [1]}
variation: {amplitude: 3, saturation: 10}
drift:
  t0: 1 s
  mean: {slope: 0, offset: 0.1, lowest: 0.1, highest: 0.1}
  std: {slope: 0, offset: 0, lowest: 0, highest: 0}
relaxation: {mean: [0, 1], std: [0.5]}
read: {power: {factor: 1, exponent: 2, floor: 0.1, cap: 3}, per_decade: 1, sampling: 250 ns}
)";
    size_t at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    text.replace(at, from.size(), to);
    std::ofstream(path) << text;
    std::string message = messageOf([&] { readDeviceModel(path); });
    if (!message.empty())
      EXPECT_THAT(message, HasSubstr("'" + path + "'"));
    return message;
  }
};

TEST_F(DeviceFiles, Good) {
  EXPECT_EQ(errorAfter("", ""), "");
  DeviceModel model = readDeviceModel(path);
  EXPECT_THAT(termsOf(model.device),
              ElementsAre("programming", "growth", "variation", "drift",
                          "relaxation", "read noise"));
  EXPECT_DOUBLE_EQ(model.device.read().sampling_time(), 250e-9);
}

TEST_F(DeviceFiles, ErrorsNameTheLine) {
  EXPECT_THAT(errorAfter("unit: uS", "unti: uS"),
              HasSubstr("line 5: 'unti' is no field of a device model; did "
                        "you mean 'unit'?"));
  EXPECT_THAT(errorAfter("unit: uS", "name: twice"),
              HasSubstr("line 5: 'name' stands there twice"));
  EXPECT_THAT(errorAfter("unit: uS\n", ""), HasSubstr("'unit' is missing"));
  EXPECT_THAT(errorAfter("[0, 50]", "[0, fifty]"),
              HasSubstr("line 6: 'fifty' is not a number"));
  EXPECT_THAT(errorAfter("[0, 50]", "[0]"), HasSubstr("line 6: write two"));
  EXPECT_THAT(errorAfter("[0, 50]", "[0, .nan]"), HasSubstr("line 6"));
  EXPECT_THAT(errorAfter("2 d]", "2 y]"), HasSubstr("line 7: time '2y'"));
  EXPECT_THAT(errorAfter("between: time", "between: tea"),
              HasSubstr("line 8: unknown word 'tea'"));
  EXPECT_THAT(errorAfter("between: time\n", ""),
              HasSubstr("'between' is missing"));
  EXPECT_THAT(errorAfter("in: x, ", ""), HasSubstr("line 10: 'in' is missing"));
  EXPECT_THAT(errorAfter("polynomial: [1]", "polynomial: []"),
              HasSubstr("line 11: write a list of numbers"));
  EXPECT_THAT(
      errorAfter("amplitude: 3", "amplitude: 3, polynomial: [1], in: G"),
      HasSubstr("line 12: give a polynomial, or"));
  EXPECT_THAT(errorAfter("format: 1", "format: 2"), HasSubstr("line 1"));
  EXPECT_THAT(errorAfter("kind: test", "kind: [test"),
              HasSubstr("is no valid YAML"));
  EXPECT_THAT(errorAfter("t0: 1 s", "t0: {s: 1}"), HasSubstr("line 14"));
  EXPECT_THAT(errorAfter("sampling: 250 ns", "sampling: soon"),
              HasSubstr("line 18: time 'soon'"));
  EXPECT_THAT(errorAfter("cap: 3", "cup: 3"),
              HasSubstr("line 18: 'cup' is no field"));
  EXPECT_THAT(errorAfter("cap: 3", "cap: high"),
              HasSubstr("line 18: 'high' is not a number"));
}

TEST_F(DeviceFiles, NumbersMustMakeSense) {
  EXPECT_THAT(errorAfter("[0, 50]", "[50, 0]"), HasSubstr("must ascend"));
  EXPECT_THAT(errorAfter("[0, 50]", "[-1, 50]"), HasSubstr("at least 0"));
  EXPECT_THAT(errorAfter("at: 2 d", "at: 1 s"), HasSubstr("must ascend"));
  EXPECT_THAT(errorAfter("t0: 1 s", "t0: 2 s"),
              HasSubstr("must not begin before the t0"));
  EXPECT_THAT(errorAfter("time: [1 s, 2 d]\n", ""),
              HasSubstr("has no range of time"));
  EXPECT_THAT(errorAfter("lowest: 0.1", "lowest: 0.2"), HasSubstr("lowest"));
  EXPECT_THAT(errorAfter("saturation: 10", "saturation: 0"),
              HasSubstr("saturation above 0"));
  EXPECT_THAT(errorAfter("[0.5]", "[1e200]"), HasSubstr("finite"));
  EXPECT_THAT(errorAfter("floor: 0.1", "floor: 0"), HasSubstr("power of read"));
  EXPECT_THAT(errorAfter("per_decade: 1", "per_decade: -1"),
              HasSubstr("per_decade of at least 0"));
  EXPECT_THAT(errorAfter("{power: {factor: 1, exponent: 2, floor: 0.1, cap: "
                         "3}, per_decade: 1, sampling: 250 ns}",
                         "{sampling: 1 us}"),
              HasSubstr("read needs a polynomial"));
}

TEST_F(DeviceFiles, DistributionsStandInFilesBeside) {
  const std::string csv = path + ".csv";
  const std::string to =
      "variation: {amplitude: 3, saturation: 10}\ndistribution: " +
      std::filesystem::path(csv).filename().string();
  auto errorWith = [&](const std::string &table) {
    std::ofstream(csv) << table;
    return errorAfter("variation: {amplitude: 3, saturation: 10}", to);
  };
  EXPECT_EQ(errorWith("-1,0\n0.5,0.25\n1,1\n"), "");
  const DeviceModel model = readDeviceModel(path);
  EXPECT_THAT(model.device.deviation_value(), ElementsAre(-1, 0.5, 1));
  EXPECT_THAT(model.device.deviation_probability(), ElementsAre(0, 0.25, 1));
  EXPECT_THAT(errorWith("-1,0\none,1\n"),
              AllOf(HasSubstr("line 13"), HasSubstr("line 2")));
  EXPECT_THAT(errorWith("-1,0\n-2,1\n"), HasSubstr("descends"));
  std::filesystem::remove(csv);
  EXPECT_THAT(errorAfter("variation: {amplitude: 3, saturation: 10}", to),
              HasSubstr(".csv"));
}

TEST_F(DeviceFiles, HostileFilesAreErrors) {
  for (const std::string &text :
       {std::string(), std::string("[]"), std::string("a"),
        std::string(1 << 18, '['), std::string(2 << 20, ' '),
        std::string("\0\1\2", 3), std::string("? [a]\n: b"),
        std::string("&a [*a]"), std::string("format: &a {x: *a}")}) {
    std::ofstream(path) << text;
    EXPECT_NE(messageOf([&] { readDeviceModel(path); }), "")
        << text.substr(0, 20);
  }
}

} // namespace
