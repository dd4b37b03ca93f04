//===- NetworksTest.cpp - Published networks against the reference --------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Compiler.h"
#include "runtime/executor/Executor.h"
#include "runtime/kernels/InstructionSet.h"
#include "runtime/reference/ReferenceExecutor.h"
#include "tests/runtime/Differences.h"
#include "tests/runtime/InParts.h"
#include "tests/runtime/kernels/InstructionSetGuard.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <random>
#include <span>

using namespace cim;

namespace {

const std::string shared = SHARED_FOLDER;

/// Compiles \p model of the shared folder, with noise on all layers if asked.
CompiledNetwork compileShared(const std::string &model, bool noisy) {
  CompileRequest request;
  request.model = shared + "/" + model;
  request.warn = [](const std::string &) {};
  if (noisy) {
    ErrorRequest errors;
    errors.quantize = "5";
    errors.noise = "normal:0.25qs";
    request.errors.push_back(errors);
  }
  return loadCompiler().compile(request);
}

void readImage(int64_t index, float *image, int64_t elements) {
  std::mt19937 random(index);
  std::normal_distribution<float> normal;
  std::generate_n(image, elements, [&] { return normal(random); });
}

std::vector<float> runFast(const CompiledNetwork &network, int64_t images,
                           const Chip &chip, ExecutorOptions options) {
  Executor executor(network.plan, network.tensors, options);
  executor.program(chip);
  const int64_t in = executor.inputElements(), out = executor.outputElements();
  std::vector<float> logits(images * out);
  executor.run(
      images, [&](int64_t index, float *image) { readImage(index, image, in); },
      [&](int64_t index, const float *row) {
        std::copy_n(row, out, logits.begin() + index * out);
      });
  return logits;
}

/// The largest error of a logit, as a fraction of its image's largest.
double worstError(const CompiledNetwork &network, int64_t images,
                  const Chip &chip, const std::vector<float> &logits,
                  Precision precision = Precision::f32) {
  ReferenceExecutor executor(network.plan, network.tensors, precision);
  executor.program(chip);
  const int64_t in = executor.inputElements(), out = executor.outputElements();
  std::vector<double> worst(images);
  executor.run(
      images, [&](int64_t index, float *image) { readImage(index, image, in); },
      [&](int64_t index, const double *row) {
        const std::span exact(row, out);
        double largest = 0;
        for (double logit : exact)
          largest = std::max(largest, std::abs(logit));
        worst[index] = test::largestDifference(
                           std::span(logits).subspan(index * out, out), exact) /
                       largest;
      });
  return std::accumulate(worst.begin(), worst.end(), 0.0, test::largerError);
}

class Networks : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    if (!std::filesystem::exists(shared + "/" + GetParam()))
      GTEST_SKIP() << "NOT TESTED: " << shared << "/" << GetParam()
                   << " is not there";
  }
};

/// Both compute with the same written weights, so what differs is rounding.
TEST_P(Networks, agreeWithTheReference) {
  constexpr int64_t images = 4;
  const Chip chip{3, 1, 0};
  CompiledNetwork network = compileShared(GetParam(), true);
  ExecutorOptions options;
  options.precision = Precision::f32Strict;
  EXPECT_LT(worstError(network, images, chip,
                       runFast(network, images, chip, options)),
            4e-6);
  options.precision = Precision::f32;
  EXPECT_LT(worstError(network, images, chip,
                       runFast(network, images, chip, options)),
            1e-5);
}

/// A sum's last bits decide now and then which of two bfloat16 numbers is
/// nearer; so errors are as large as their distance, 0.4 %.
TEST_P(Networks, agreeWithTheReferenceInBfloat16) {
  constexpr int64_t images = 4;
  const Chip chip{3, 1, 0};
  CompiledNetwork network = compileShared(GetParam(), true);
  ExecutorOptions options;
  options.precision = Precision::bf16;
  test::InstructionSetGuard guard;
  for (auto set :
       {kernels::InstructionSet::avx2, kernels::bestBfloat16InstructionSet()}) {
    if (!kernels::isSupported(set))
      continue;
    kernels::setInstructionSet(set);
    EXPECT_LT(worstError(network, images, chip,
                         runFast(network, images, chip, options),
                         Precision::bf16),
              0.02)
        << nameOf(set);
  }
}

TEST_P(Networks, giveTheSameBitsHoweverTheyRun) {
  CompiledNetwork network = compileShared(GetParam(), true);
  test::InstructionSetGuard guard;
  for (Precision precision :
       {Precision::f32, Precision::f32Strict, Precision::bf16}) {
    if (precision == Precision::bf16)
      kernels::setInstructionSet(kernels::bestBfloat16InstructionSet());
    ExecutorOptions options{1, 1, precision};
    std::vector<float> logits = runFast(network, 9, {}, options);
    for (auto [threads, microBatch] : {std::pair(2u, 0u), {3u, 4u}, {2u, 5u}}) {
      options.threads = threads;
      options.microBatch = microBatch;
      ASSERT_EQ(runFast(network, 9, {}, options), logits)
          << threads << " threads, micro-batch " << microBatch;
    }
    options.microBatch = 0;
    options.parts =
        test::cutIntoParts(network.plan, network.tensors, precision);
    ASSERT_EQ(runFast(network, 9, {}, options), logits) << "in parts";
  }
}

/// What `--precision f32-strict` promises.
TEST_P(Networks, areComputedDirectlyWhenStrict) {
  CompiledNetwork network = compileShared(GetParam(), false);
  Executor executor(network.plan, network.tensors,
                    {1, 1, Precision::f32Strict});
  for (const StepTime &step : executor.profile())
    if (step.operation == "conv")
      EXPECT_THAT(step.kernel, testing::AnyOf(testing::StartsWith("direct"),
                                              testing::StartsWith("depthwise")))
          << step.name;
}

TEST_P(Networks, haveAKernelForEveryStep) {
  CompiledNetwork network = compileShared(GetParam(), false);
  Executor executor(network.plan, network.tensors, {1, 1});
  for (const StepTime &step : executor.profile())
    EXPECT_FALSE(step.general) << step.operation << " " << step.name;
}

INSTANTIATE_TEST_SUITE_P(Shared, Networks,
                         testing::Values("models/resnet20-cifar10.onnx",
                                         "models/resnet32-cifar10.onnx",
                                         "models/resnet34-cifar10.onnx",
                                         "models/vgg16-mnist.onnx"),
                         [](const auto &info) {
                           std::string name = info.param;
                           name = name.substr(name.find('/') + 1);
                           name = name.substr(0, name.find('-'));
                           return name;
                         });

} // namespace
