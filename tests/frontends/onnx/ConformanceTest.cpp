//===- ConformanceTest.cpp - ONNX's own operator cases --------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every operator case of the ONNX project, its inputs bound as constants: then
// importing folds the whole network, and what comes out is compared with the
// expected outputs. So rules and reference are tested against a third party.
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/TensorData.h"
#include "runtime/tensor/Errors.h"
#include "tests/frontends/onnx/ModelBuilder.h"

#include <cmath>
#include <fstream>
#include <gmock/gmock.h>

using namespace cim;
using namespace cim::test;
namespace fs = std::filesystem;

namespace {

template <typename Message> Message parse(const fs::path &path) {
  Message message;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(message.ParseFromIstream(&file)) << path;
  return message;
}

Tensor readTensor(const fs::path &path) {
  auto stored = parse<onnx::TensorProto>(path);
  return importer::TensorReader(path.string()).read(stored, "the tensor");
}

/// Empty when all outputs of \p folder's case agree, otherwise what does not.
std::string compare(const fs::path &folder) {
  auto model = parse<onnx::ModelProto>(folder / "model.onnx");
  fs::path data = folder / "test_data_set_0";
  auto file = [&](const char *kind, int index) {
    return data / (std::string(kind) + "_" + std::to_string(index) + ".pb");
  };
  ImportOptions options;
  for (int i = 0; i < model.graph().input_size(); ++i)
    if (fs::exists(file("input", i)))
      options.constants[model.graph().input(i).name()] =
          readTensor(file("input", i));
  Imported imported = importFile((folder / "model.onnx").string(), options);
  std::vector<Tensor> results = imported.constants();
  for (size_t i = 0; i < results.size(); ++i) {
    if (!fs::exists(file("output", i)))
      continue;
    Tensor expected = readTensor(file("output", i));
    std::string output = "output " + std::to_string(i);
    if (!results[i].data)
      return output + " was not folded: " + imported.text();
    if (results[i].shape != expected.shape)
      return output +
             " has another shape: " + testing::PrintToString(results[i].shape) +
             ", expected " + testing::PrintToString(expected.shape);
    if (results[i].type != expected.type)
      return output + " has another type";
    std::vector<double> a = elements(results[i]), b = elements(expected);
    for (size_t j = 0; j < a.size(); ++j) {
      bool equal = a[j] == b[j] || (std::isnan(a[j]) && std::isnan(b[j])) ||
                   std::abs(a[j] - b[j]) <= 1e-7 + 1e-3 * std::abs(b[j]);
      if (!equal)
        return output + "[" + std::to_string(j) + "] is " +
               std::to_string(a[j]) + ", expected " + std::to_string(b[j]);
    }
  }
  return "";
}

struct Group {
  const char *folder;
  int fewestPassed;
};

class OnnxCases : public testing::TestWithParam<Group> {};

TEST_P(OnnxCases, AgreeWithExpectedOutputs) {
  fs::path group =
      fs::path(CIM_SHARED) / "onnx-conformance" / GetParam().folder;
  if (!fs::exists(group))
    GTEST_SKIP() << group << " is missing: ONNX's operator cases are NOT run";
  int passed = 0;
  std::vector<std::string> unsupported;
  for (const fs::directory_entry &entry : fs::directory_iterator(group)) {
    std::string name = entry.path().filename().string();
    try {
      std::string difference = compare(entry.path());
      EXPECT_EQ(difference, "") << name;
      passed += difference.empty();
    } catch (const InputError &error) {
      unsupported.push_back(name + ": " + error.what());
    }
  }
  std::sort(unsupported.begin(), unsupported.end());
  std::cout << GetParam().folder << ": " << passed << " passed, "
            << unsupported.size() << " unsupported\n";
  for (const std::string &line : unsupported)
    std::cout << "  " << line.substr(0, 400) << "\n";
  EXPECT_GE(passed, GetParam().fewestPassed);
}

INSTANTIATE_TEST_SUITE_P(All, OnnxCases,
                         testing::Values(Group{"node", 173},
                                         Group{"node-recent", 110},
                                         Group{"pytorch-converted", 46},
                                         Group{"pytorch-operator", 22}),
                         [](const auto &info) {
                           std::string name = info.param.folder;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

} // namespace
