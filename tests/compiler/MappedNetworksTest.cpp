//===- MappedNetworksTest.cpp - Networks on crossbars ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// With ideal converters and without errors, a network on crossbars is the
// network.
//
//===----------------------------------------------------------------------===//
#include "compiler/Compiler.h"
#include "runtime/calibration/Calibrate.h"
#include "runtime/executor/Executor.h"
#include "runtime/mapping/Tiles.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <random>

using namespace cim;
using namespace testing;

namespace {

constexpr int64_t images = 2;

void readImage(int64_t index, float *image, int64_t elements) {
  std::mt19937 random(index);
  std::normal_distribution<float> normal;
  std::generate_n(image, elements, [&] { return normal(random); });
}

std::vector<float> logitsOf(const CompiledNetwork &network) {
  Executor executor(network.plan, network.tensors, {});
  executor.program({});
  const int64_t in = executor.inputElements(), out = executor.outputElements();
  std::vector<float> logits(images * out);
  executor.run(
      images, [&](int64_t index, float *image) { readImage(index, image, in); },
      [&](int64_t index, const float *row) {
        std::copy_n(row, out, logits.begin() + index * out);
      });
  return logits;
}

CompiledNetwork compile(const std::string &model, const ErrorRequest &asked) {
  CompileRequest request;
  request.model = model;
  request.errors = {asked};
  return loadCompiler().compile(request);
}

/// Cells that store \p cellBits of a weight quantized to \p quantize, and the
/// slices that this takes.
struct Cells {
  const char *cells, *quantize, *cellBits;
  uint32_t slices;
};
const Cells everyKind[] = {
    {"differential", "", "", 1},
    {"differential", "5,mode=symmetric", "4", 1},
    {"differential", "5,mode=symmetric", "2", 2},
    {"differential", "7,mode=symmetric", "2", 3},
    {"differential", "5,mode=symmetric", "1", 4},
    {"offset", "", "", 1},
    {"offset", "4", "4", 1},
    {"offset", "4", "2", 2},
    {"offset", "6", "2", 3},
    {"offset", "4", "1", 4},
};

class MappedNetworks : public TestWithParam<const char *> {};

TEST_P(MappedNetworks, areTheNetworkWithoutErrors) {
  const std::string model =
      std::string(CIM_SHARED "/models/") + GetParam() + ".onnx";
  if (!std::filesystem::exists(model))
    GTEST_SKIP() << model << " is not here";
  const char *arrays[] = {"64x64", "128x128", "256x64", "1152x1152"};
  int next = 0;
  for (const Cells &kind : everyKind) {
    ErrorRequest digital;
    digital.quantize = kind.quantize;
    const std::vector<float> expected = logitsOf(compile(model, digital));
    const float largest = std::abs(*std::max_element(
        expected.begin(), expected.end(),
        [](float a, float b) { return std::abs(a) < std::abs(b); }));
    // Large networks take turns, for time's sake.
    const bool isSmall = std::filesystem::file_size(model) < 4'000'000;
    for (int i = 0; i < (isSmall ? 4 : 1); ++i) {
      ErrorRequest mapped = digital;
      mapped.crossbar = arrays[isSmall ? i : next++ % 4];
      mapped.cells = kind.cells;
      mapped.cellBits = kind.cellBits;
      mapped.conductance = i % 2 ? "" : "1:40";
      SCOPED_TRACE(mapped.crossbar + " " + kind.cells + " " + kind.quantize +
                   "/" + kind.cellBits);
      const CompiledNetwork network = compile(model, mapped);
      for (const plan::Layer &layer : network.plan.layers())
        ASSERT_EQ(slicesOf(layer), kind.slices);
      const std::vector<float> logits = logitsOf(network);
      for (size_t j = 0; j < logits.size(); ++j)
        ASSERT_NEAR(logits[j], expected[j], 1e-4f * largest);
    }
  }
}

/// Makes the ranges of all converters \p factor times as wide.
void widen(plan::Plan &plan, double factor) {
  for (plan::Layer &layer : *plan.mutable_layers()) {
    layer.mutable_dac()->set_range(factor * layer.dac().range());
    for (double &limit : *layer.mutable_adc()->mutable_limits())
      limit *= factor;
  }
}

/// Array by array, with converters so fine that they hardly matter. Ranges are
/// those of the float network, and the activations of a quantized one go
/// beyond: they need room.
TEST_P(MappedNetworks, areNearlyTheNetworkWithFineConverters) {
  const std::string model =
      std::string(CIM_SHARED "/models/") + GetParam() + ".onnx";
  if (!std::filesystem::exists(model))
    GTEST_SKIP() << model << " is not here";
  std::vector<Cells> kinds = {{"differential", "", "", 1}};
  if (std::filesystem::file_size(model) < 4'000'000) {
    kinds.push_back({"offset", "", "", 1});
    kinds.push_back({"differential", "5,mode=symmetric", "2", 2});
    kinds.push_back({"offset", "6", "2", 3});
  }
  for (const Cells &kind : kinds) {
    ErrorRequest asked;
    asked.quantize = kind.quantize;
    const CompiledNetwork digital = compile(model, asked);
    const int64_t elements =
        Executor(digital.plan, digital.tensors, {}).inputElements();
    const std::vector<float> expected = logitsOf(digital);
    asked.crossbar = "128x128";
    asked.cells = kind.cells;
    asked.cellBits = kind.cellBits;
    asked.dac = asked.adc = "16";
    SCOPED_TRACE(std::string(kind.cells) + " " + kind.quantize);
    CompiledNetwork network = compile(model, asked);
    calibrate(
        network.plan, network.tensors, images,
        [&](int64_t index, float *image) { readImage(index, image, elements); },
        {});
    if (kind.slices > 1)
      widen(network.plan, 4);
    const std::vector<float> logits = logitsOf(network);
    float largest = 0;
    for (float logit : expected)
      largest = std::max(largest, std::abs(logit));
    for (size_t j = 0; j < logits.size(); ++j)
      ASSERT_NEAR(logits[j], expected[j], 2e-2f * largest);
  }
}

INSTANTIATE_TEST_SUITE_P(Shared, MappedNetworks,
                         Values("resnet20-cifar10", "resnet32-cifar10",
                                "resnet34-cifar10", "vgg16-mnist"),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

} // namespace
