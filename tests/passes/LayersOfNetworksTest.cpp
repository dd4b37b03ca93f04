//===- LayersOfNetworksTest.cpp - Layers and roles of real networks -------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// lower-nn-to-cim and annotate-roles on networks that others have exported:
// their layers, names, weights and roles are known from the publications.
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/Cim.h"
#include "dialects/cim/grammar/LayerSelection.h"
#include "frontends/onnx/Import.h"
#include "passes/analysis/ImageWise.h"
#include "passes/analysis/TrainableParameters.h"
#include "passes/annotate-roles/AnnotateRoles.h"
#include "passes/fold-batch-norm/FoldBatchNorm.h"
#include "passes/lower-nn-to-cim/LowerNNToCim.h"
#include "passes/simplify-network/SimplifyNetwork.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

#include <filesystem>

using namespace cim;
using namespace mlir;

namespace {

struct NetworkLayers : testing::Test {
  NetworkLayers() {
    context
        .loadDialect<func::FuncDialect, nn::NNDialect, crossbar::CimDialect>();
  }

  /// The crossbar layers of a network in ../shared.
  std::vector<crossbar::LayerOp> layersOf(const std::string &path,
                                          bool foldBatchNorm = false) {
    module = importOnnx(context, path);
    PassManager passes(&context);
    passes.addPass(createSimplifyNetwork());
    if (foldBatchNorm)
      passes.addPass(createFoldBatchNorm());
    passes.addPass(createLowerNNToCim());
    passes.addPass(createAnnotateRoles());
    EXPECT_TRUE(succeeded(passes.run(*module)));
    auto layers = crossbar::crossbarLayers(*module);
    return {layers.begin(), layers.end()};
  }

  int64_t weightsOf(crossbar::LayerOp layer) {
    return cast<RankedTensorType>(layer.getType()).getNumElements();
  }

  MLIRContext context{MLIRContext::Threading::DISABLED};
  OwningOpRef<ModuleOp> module;
};

/// Names of the layers with a role.
std::vector<std::string> namesOf(const std::vector<crossbar::LayerOp> &layers,
                                 StringRef role) {
  std::vector<std::string> names;
  for (crossbar::LayerOp layer : layers)
    if (layer.getRoleName() == role)
      names.push_back(layer.getSymName().str());
  return names;
}

#define SKIP_WITHOUT(path)                                                     \
  if (!std::filesystem::exists(path))                                          \
  GTEST_SKIP() << "SKIPPED: " << path << " is not there"

const std::string models = CIM_SHARED "/models/";

} // namespace

// Two of the 15 blocks change shape (slice and pad), so 13 have roles; the test
// is the same with BatchNorm folded.
TEST_F(NetworkLayers, ResNet32) {
  SKIP_WITHOUT(models);
  for (bool foldBatchNorm : {false, true}) {
    auto layers = layersOf(models + "resnet32-cifar10.onnx", foldBatchNorm);
    ASSERT_EQ(layers.size(), 32u);
    EXPECT_EQ(layers.front().getSymName(), "conv1");
    int64_t weights = 0;
    for (size_t i = 0; i < layers.size(); ++i) {
      EXPECT_EQ(layers[i].getIndex(), i);
      weights += weightsOf(layers[i]);
    }
    EXPECT_EQ(weights, 461872); // as published

    std::vector<std::string> c1, c2;
    for (int stage = 1; stage <= 3; ++stage)
      for (int block = stage == 1 ? 0 : 1; block < 5; ++block) {
        std::string prefix =
            "layer" + std::to_string(stage) + "." + std::to_string(block);
        c1.push_back(prefix + ".conv1");
        c2.push_back(prefix + ".conv2");
      }
    EXPECT_EQ(namesOf(layers, "C1"), c1);
    EXPECT_EQ(namesOf(layers, "C2"), c2);
    EXPECT_EQ(namesOf(layers, "P1"),
              (std::vector<std::string>{"layer2.0.conv1", "layer3.0.conv1"}));
    EXPECT_EQ(namesOf(layers, "P2"),
              (std::vector<std::string>{"layer2.0.conv2", "layer3.0.conv2"}));
    EXPECT_EQ(namesOf(layers, "").size(), 2u); // stem and head
  }
}

// The counts of the published experiments: weights, and scale and bias of the
// normalisation that follows.
TEST_F(NetworkLayers, CountsTheParametersOfPublishedSelections) {
  SKIP_WITHOUT(models);
  auto layers = layersOf(models + "resnet32-cifar10.onnx");
  const TrainableParameters trainable(*module);
  std::vector<SelectableLayer> selectable;
  for (crossbar::LayerOp layer : layers)
    selectable.push_back({layer.getSymName().str(), layer.getRoleName().str(),
                          trainable.of(layer.getSymNameAttr())});
  auto select = [&](const char *plan) {
    return resolveSelection(parseSelection(plan), selectable);
  };
  EXPECT_EQ(select("last:14").parameters, 379978u);
  EXPECT_EQ(select("last:9").parameters, 296586u);
  EXPECT_EQ(select("c2:18").parameters, 185088u);
  EXPECT_EQ(select("c2:20").parameters, 185088u);
  const Selection proposed = select("c2:18,layer2.0.conv2");
  EXPECT_EQ(proposed.parameters, 194368u);
  EXPECT_EQ(proposed.depth, 20u);
}

// Of the 16 blocks three project; the rest of the 37 layers are the stem and
// the head.
TEST_F(NetworkLayers, ResNet34) {
  SKIP_WITHOUT(models);
  auto layers = layersOf(models + "resnet34-cifar10.onnx");
  ASSERT_EQ(layers.size(), 37u);
  EXPECT_EQ(namesOf(layers, "C1").size(), 13u);
  EXPECT_EQ(namesOf(layers, "C2").size(), 13u);
  EXPECT_EQ(namesOf(layers, "P1").size(), 3u);
  EXPECT_EQ(namesOf(layers, "P2").size(), 3u);
  EXPECT_EQ(namesOf(layers, "S").size(), 3u);
  EXPECT_EQ(namesOf(layers, "").size(), 2u);
}

TEST_F(NetworkLayers, Vgg16) {
  SKIP_WITHOUT(models);
  auto layers = layersOf(models + "vgg16-mnist.onnx");
  EXPECT_EQ(layers.size(), 16u);
  EXPECT_EQ(namesOf(layers, "").size(), layers.size());
  // No network's digital part multiplies by a constant matrix.
  module->walk([](Operation *operation) {
    EXPECT_FALSE((isa<nn::ConvOp, nn::GemmOp, nn::MatmulOp>(operation)));
  });
}

// Weights on crossbars do not depend on the image: what ran image by image as
// an nn network does so with its layers lowered.
TEST_F(NetworkLayers, KeepImagesApart) {
  SKIP_WITHOUT(models);
  for (const char *file : {"resnet20-cifar10.onnx", "vgg16-mnist.onnx"}) {
    ASSERT_FALSE(layersOf(models + file).empty());
    auto main = *module->getOps<func::FuncOp>().begin();
    ImageWise imageWise = analyseImageWise(main.getBody().front());
    EXPECT_TRUE(imageWise.holds)
        << file << ": " << (imageWise.obstacle ? "an operation" : "an input");
  }
}
