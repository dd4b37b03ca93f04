//===- SharedModelsTest.cpp - Real networks -------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/frontends/onnx/ModelBuilder.h"

#include "dialects/nn/NN.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <gmock/gmock.h>

using namespace cim;
using namespace cim::test;
using testing::HasSubstr;

namespace {

struct Network {
  const char *path;
  int convolutions, fullyConnected;
  const char *type;
};

std::ostream &operator<<(std::ostream &stream, const Network &network) {
  return stream << network.path;
}

class SharedModels : public testing::TestWithParam<Network> {};

TEST_P(SharedModels, Imports) {
  std::string path = std::string(CIM_SHARED) + "/" + GetParam().path;
  if (!std::filesystem::exists(path))
    GTEST_SKIP() << path << " is missing: real networks are NOT tested";
  Imported imported = importFile(path);
  int convolutions = 0, fullyConnected = 0;
  imported.module->walk([&](mlir::Operation *operation) {
    convolutions += mlir::isa<nn::ConvOp>(operation);
    fullyConnected += mlir::isa<nn::GemmOp>(operation);
    // Whatever computes shapes has been folded away.
    EXPECT_FALSE((mlir::isa<nn::GatherOp, nn::RangeOp, nn::CastOp>(operation)))
        << imported.text();
  });
  EXPECT_EQ(convolutions, GetParam().convolutions);
  EXPECT_EQ(fullyConnected, GetParam().fullyConnected);
  auto main =
      mlir::cast<mlir::func::FuncOp>(imported.module->lookupSymbol("main"));
  std::string type;
  llvm::raw_string_ostream(type) << main.getFunctionType();
  EXPECT_EQ(type, GetParam().type);
}

constexpr const char *cifar = "(tensor<1x3x32x32xf32>) -> tensor<1x10xf32>";
constexpr const char *imageNet =
    "(tensor<1x3x224x224xf32>) -> tensor<1x1000xf32>";

INSTANTIATE_TEST_SUITE_P(
    All, SharedModels,
    testing::Values(
        Network{"models/resnet20-cifar10.onnx", 19, 1, cifar},
        Network{"models/resnet32-cifar10.onnx", 31, 1, cifar},
        Network{"models/resnet34-cifar10.onnx", 36, 1, cifar},
        Network{"models/vgg16-mnist.onnx", 13, 3,
                "(tensor<1x1x32x32xf32>) -> tensor<1x10xf32>"},
        Network{"onnx-conformance/light/light_bvlc_alexnet/model.onnx", 5, 3,
                imageNet},
        Network{"onnx-conformance/light/light_resnet50/model.onnx", 53, 1,
                imageNet},
        Network{"onnx-conformance/light/light_squeezenet/model.onnx", 26, 0,
                "(tensor<1x3x224x224xf32>) -> tensor<1x1000x1x1xf32>"},
        Network{"onnx-conformance/light/light_vgg19/model.onnx", 16, 3,
                imageNet}));

TEST(SharedModels, KeepsNamesAndFoldsShortcuts) {
  std::string path = std::string(CIM_SHARED) + "/models/resnet20-cifar10.onnx";
  if (!std::filesystem::exists(path))
    GTEST_SKIP() << path << " is missing: real networks are NOT tested";
  std::string text = importFile(path).textWithLocations();
  EXPECT_THAT(text, HasSubstr("dense_resource<conv1.weight>"));
  EXPECT_THAT(text, HasSubstr("layer2.0.conv1.weight"));
  EXPECT_THAT(text, HasSubstr("/layer1/layer1.0/conv1/Conv"));
  EXPECT_THAT(text, HasSubstr("{nn.name = \"input\"}"));
  EXPECT_THAT(text, HasSubstr("{nn.name = \"logits\"}"));
  // The option-A shortcut: every second pixel, 8 channels more on each side.
  EXPECT_THAT(text, HasSubstr("sizes [1, 16, 16, 32] steps [1, 1, 2, 1]"));
  EXPECT_THAT(text, HasSubstr("sizes [1, 16, 16, 16] steps [1, 1, 1, 2]"));
  EXPECT_THAT(text, HasSubstr("pads [0, 8, 0, 0, 0, 8, 0, 0]"));
}

TEST(SharedModels, ConvertsHalfPrecisionWeights) {
  std::string path = std::string(CIM_SHARED) + "/models/resnet34-cifar10.onnx";
  if (!std::filesystem::exists(path))
    GTEST_SKIP() << path << " is missing: real networks are NOT tested";
  std::string text = importFile(path).text();
  EXPECT_THAT(text, testing::Not(HasSubstr("xf16>")));
  EXPECT_THAT(text, HasSubstr("dense_resource<layer4.2.conv2.weight.f16> : "
                              "tensor<512x512x3x3xf32>"));
}

} // namespace
