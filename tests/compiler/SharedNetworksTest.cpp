//===- SharedNetworksTest.cpp - The networks in ../shared -----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/compiler/CompilerTest.h"

#include <chrono>

using namespace cim;
using namespace testing;

namespace {

struct SharedNetwork {
  const char *file;
  int layers;
  int64_t weights;
  /// Steps by operation, all of them.
  std::map<std::string, int> operations;
};

class SharedNetworks : public TestWithParam<SharedNetwork> {};

TEST_P(SharedNetworks, compileIntoFewFusedSteps) {
  std::string model = std::string(CIM_SHARED "/") + GetParam().file;
  if (!std::filesystem::exists(model))
    GTEST_SKIP() << model << " is not here";
  CompileRequest request;
  request.model = model;
  request.warn = [](const std::string &text) { ADD_FAILURE() << text; };
  auto begin = std::chrono::steady_clock::now();
  CompiledNetwork compiled = loadCompiler().compile(request);
  std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - begin;
  RecordProperty("milliseconds", int(seconds.count() * 1000));

  const plan::Plan &plan = compiled.plan;
  EXPECT_TRUE(plan.image_wise());
  std::map<std::string, int> operations;
  for (const plan::Step &step : plan.steps())
    ++operations[step.operation()];
  EXPECT_EQ(operations, GetParam().operations);
  EXPECT_EQ(plan.layers_size(), GetParam().layers);
  int64_t weights = 0;
  for (const plan::Layer &layer : plan.layers())
    weights += compiled.tensors.at(layer.weights()).elements();
  EXPECT_EQ(weights, GetParam().weights);
}

INSTANTIATE_TEST_SUITE_P(, SharedNetworks,
                         Values(SharedNetwork{"models/resnet20-cifar10.onnx",
                                              20,
                                              268336,
                                              {{"conv", 19},
                                               {"slice", 2},
                                               {"pad", 2},
                                               {"average_pool", 1},
                                               {"relayout", 1},
                                               {"reshape", 1},
                                               {"gemm", 1}}},
                                SharedNetwork{"models/resnet32-cifar10.onnx",
                                              32,
                                              461872,
                                              {{"conv", 31},
                                               {"slice", 2},
                                               {"pad", 2},
                                               {"average_pool", 1},
                                               {"relayout", 1},
                                               {"reshape", 1},
                                               {"gemm", 1}}}));

} // namespace
