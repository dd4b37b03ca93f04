//===- PlanFileTest.cpp - Plans in files ----------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/plan/PlanFile.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/TensorFile.h"
#include "tests/runtime/PlanBuilder.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <sstream>

using namespace cim;
using namespace testing;
namespace fs = std::filesystem;

namespace {

class PlanFileTest : public Test {
protected:
  fs::path folder =
      fs::temp_directory_path() / ("cim-plan-test-" + std::to_string(getpid()));
  std::string path = folder / "network.plan";
  test::PlanBuilder network;

  PlanFileTest() {
    fs::create_directories(folder);
    uint32_t x = network.input({1, 3, 8, 8});
    uint32_t y = network.conv(x, 16, 3, 1, 1);
    network.batchNorm(16);
    plan::Layer &layer = *network.plan.mutable_layers(0);
    layer.mutable_quantize()->set_bits(5);
    layer.mutable_noise()->set_width(0.1); // not exact in binary
    y = network.step("clip", {y}, {1, 16, 8, 8});
    network.with("lowest", -std::numeric_limits<double>::infinity());
    network.with("highest", 6.0);
    network.output(network.head(y, 10));
  }
  ~PlanFileTest() override { fs::remove_all(folder); }

  std::string read(const fs::path &file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  void write(const fs::path &file, const std::string &text) {
    std::ofstream(file) << text;
  }
  std::string messageOf(const std::function<void()> &action) {
    try {
      action();
    } catch (const InputError &error) {
      return error.what();
    }
    return "no error";
  }
};

TEST_F(PlanFileTest, readsWhatItWrote) {
  writePlan(path, network.plan, network.tensors);
  LoadedPlan loaded =
      readPlan(path, [](const std::string &text) { FAIL() << text; });
  EXPECT_EQ(loaded.plan.tensor_file(), "network.safetensors");
  loaded.plan.clear_tensor_file();
  loaded.plan.clear_tensor_sha256();
  google::protobuf::util::MessageDifferencer differencer;
  std::string difference;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(loaded.plan, network.plan)) << difference;

  ASSERT_EQ(loaded.tensors.size(), network.tensors.size());
  for (const auto &[name, tensor] : network.tensors)
    EXPECT_THAT(loaded.tensors.at(name).as<float>(),
                ElementsAreArray(tensor.as<float>()));
}

TEST_F(PlanFileTest, writesTheSameBytesTwice) {
  writePlan(path, network.plan, network.tensors);
  std::string text = read(path);
  writePlan(path, readPlan(path).plan, readPlan(path).tensors);
  EXPECT_EQ(read(path), text);
}

TEST_F(PlanFileTest, leavesNothingBehindWhenItCannotWrite) {
  // A folder stands where the text should go.
  fs::create_directories(path);
  EXPECT_THAT(
      messageOf([&] { writePlan(path, network.plan, network.tensors); }),
      HasSubstr(path));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
}

TEST_F(PlanFileTest, refusesToWriteOverItsTensors) {
  std::string name = folder / "network.safetensors";
  EXPECT_THAT(
      messageOf([&] { writePlan(name, network.plan, network.tensors); }),
      HasSubstr("another extension"));
}

TEST_F(PlanFileTest, warnsWhenTensorsWereEdited) {
  writePlan(path, network.plan, network.tensors);
  TensorMap edited = readSafetensors(folder / "network.safetensors");
  std::string weights = network.plan.layers(0).weights();
  std::vector<float> ones(edited.at(weights).elements(), 1.0f);
  edited[weights] = makeTensor(edited.at(weights).shape, ones);
  writeSafetensors(folder / "network.safetensors", edited);

  std::vector<std::string> warnings;
  LoadedPlan loaded = readPlan(
      path, [&](const std::string &text) { warnings.push_back(text); });
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("have changed")));
  EXPECT_EQ(loaded.tensors.at(weights).as<float>()[0], 1.0f);
}

TEST_F(PlanFileTest, namesTheFileAndTheProblem) {
  writePlan(path, network.plan, network.tensors);
  std::string text = read(path);
  auto messageAfter = [&](const std::string &from, const std::string &to) {
    std::string edited = text;
    edited.replace(edited.find(from), from.size(), to);
    write(path, edited);
    return messageOf([&] { readPlan(path); });
  };
  EXPECT_THAT(messageAfter("version: 1", "version: 7"),
              AllOf(HasSubstr(path), HasSubstr("version 7")));
  EXPECT_THAT(messageAfter("operation: \"clip\"", "operation: \"clap\""),
              AllOf(HasSubstr(path), HasSubstr("step 1"), HasSubstr("clap")));
  EXPECT_THAT(messageAfter("model:", "modle:"),
              AllOf(HasSubstr(path), HasSubstr("line 2"), HasSubstr("modle")));
  EXPECT_THAT(messageAfter("\"network.safetensors\"", "\"../x.safetensors\""),
              HasSubstr("in the same folder"));
  EXPECT_THAT(messageAfter("\"network.safetensors\"", "\"gone.safetensors\""),
              HasSubstr("gone.safetensors"));
  write(path, "");
  EXPECT_THAT(messageOf([&] { readPlan(path); }), HasSubstr("version 0"));
  EXPECT_THAT(messageOf([&] { readPlan(folder / "none.plan"); }),
              HasSubstr("none.plan"));
}

TEST_F(PlanFileTest, survivesEveryTruncationAndManyEdits) {
  writePlan(path, network.plan, network.tensors);
  std::string text = read(path);
  auto readEdited = [&](const std::string &edited) {
    write(path, edited);
    try {
      readPlan(path);
    } catch (const InputError &) {
    }
  };
  for (size_t length = 0; length < text.size(); length += 7)
    readEdited(text.substr(0, length));
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string edited = text;
    size_t place = random() % text.size();
    // Digits become other digits most often: those are the dangerous edits.
    edited[place] = std::isdigit(edited[place]) ? '0' + random() % 10
                                                : char(random() % 256);
    readEdited(edited);
  }
}

} // namespace
