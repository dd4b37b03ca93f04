//===- SharedNetworksTest.cpp - The networks in ../shared -----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/compiler/CompilerTest.h"

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

/// For the test's messages.
void PrintTo(const SharedNetwork &network, std::ostream *stream) {
  *stream << network.file;
}

class SharedNetworks : public TestWithParam<SharedNetwork> {};

TEST_P(SharedNetworks, compileIntoFewFusedSteps) {
  std::string model = std::string(CIM_SHARED "/") + GetParam().file;
  if (!std::filesystem::exists(model))
    GTEST_SKIP() << model << " is not here";
  CompileRequest request;
  request.model = model;
  request.warn = [](const std::string &text) { ADD_FAILURE() << text; };
  CompiledNetwork compiled = loadCompiler().compile(request);
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

const SharedNetwork networks[] = {
    {"models/resnet20-cifar10.onnx",
     20,
     268336,
     {{"conv", 19},
      {"slice", 2},
      {"pad", 2},
      {"average_pool", 1},
      {"relayout", 1},
      {"reshape", 1},
      {"gemm", 1}}},
    {"models/resnet32-cifar10.onnx",
     32,
     461872,
     {{"conv", 31},
      {"slice", 2},
      {"pad", 2},
      {"average_pool", 1},
      {"relayout", 1},
      {"reshape", 1},
      {"gemm", 1}}},
    {"models/resnet34-cifar10.onnx",
     37,
     21265088,
     {{"conv", 36},
      {"global_average_pool", 1},
      {"relayout", 1},
      {"reshape", 1},
      {"gemm", 1}}},
    {"models/vgg16-mnist.onnx",
     16,
     15238720,
     {{"conv", 13},
      {"max_pool", 5},
      {"relayout", 1},
      {"reshape", 1},
      {"gemm", 3}}},
    {"onnx-conformance/light/light_bvlc_alexnet/model.onnx",
     8,
     60954656,
     {{"conv", 5},
      {"lrn", 2},
      {"max_pool", 3},
      {"relayout", 1},
      {"reshape", 1},
      {"gemm", 3},
      {"softmax", 1}}},
    {"onnx-conformance/light/light_resnet50/model.onnx",
     54,
     25502912,
     {{"conv", 53},
      {"max_pool", 1},
      {"average_pool", 1},
      {"relayout", 1},
      {"reshape", 1},
      {"gemm", 1},
      {"softmax", 1}}},
    {"onnx-conformance/light/light_squeezenet/model.onnx",
     26,
     1231552,
     {{"conv", 26},
      {"concat", 8},
      {"max_pool", 3},
      {"global_average_pool", 1},
      {"relayout", 1},
      {"softmax", 1}}},
    {"onnx-conformance/light/light_vgg19/model.onnx",
     19,
     143652544,
     {{"conv", 16},
      {"max_pool", 5},
      {"relayout", 1},
      {"reshape", 1},
      {"gemm", 3},
      {"softmax", 1}}},
};

INSTANTIATE_TEST_SUITE_P(, SharedNetworks, ValuesIn(networks));

} // namespace
