//===- PrefixEvaluatorTest.cpp - Shared work gives the same numbers -------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/PrefixEvaluator.h"
#include "runtime/evaluation/Evaluation.h"
#include "runtime/evaluation/ToleranceEstimate.h"
#include "tests/runtime/PlanBuilder.h"
#include "tests/runtime/data/NpyData.h"

#include <algorithm>
#include <gmock/gmock.h>

using namespace cim;
using namespace cim::test;
using testing::ElementsAre;

namespace {

constexpr int64_t images = 150, width = 12, classes = 4, trials = 3;

class PrefixEvaluatorTest : public testing::Test {
protected:
  void SetUp() override {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    std::vector<float> rows(images * width);
    for (float &number : rows)
      number = normal(random);
    uint32_t value = network.input({1, width}, plan::ROW_MAJOR);
    for (int64_t outputs : {20, 16, 4}) {
      value = network.gemm(value, outputs);
      if (outputs != 4)
        network.epilogue().set_activation(plan::RELU);
    }
    network.output(value);

    // Labels are what the network says, but for every tenth.
    label(rows, [](int64_t) { return 0; });
    EvaluationOptions options;
    options.keepLogits = true;
    const auto logits =
        evaluate(network.plan, network.tensors, *data, options).logits;
    label(rows, [&](int64_t image) {
      const auto first = logits.begin() + image * classes;
      const int64_t best = std::max_element(first, first + classes) - first;
      return image % 10 == 0 ? (best + 1) % classes : best;
    });
  }

  void label(const std::vector<float> &rows,
             const std::function<int64_t(int64_t)> &labelOf) {
    std::vector<uint8_t> labels(images);
    for (int64_t i = 0; i < images; ++i)
      labels[i] = labelOf(i);
    data.emplace(npyData(folder, makeTensor({images, width}, rows), labels));
  }

  /// The network with noise in \p layers only.
  plan::Plan noisy(std::vector<int> layers) const {
    plan::Plan plan = network.plan;
    for (int layer : layers) {
      plan.mutable_layers(layer)->mutable_quantize()->set_bits(4);
      plan::Noise &noise = *plan.mutable_layers(layer)->mutable_noise();
      noise.set_width(0.1);
      noise.set_unit(plan::NORMALISED_SCALE);
    }
    return plan;
  }
  Evaluation separately(const plan::Plan &plan, int64_t trials) {
    EvaluationOptions options;
    options.trials = trials;
    options.seed = 9;
    return evaluate(plan, network.tensors, *data, options);
  }

  const TemporaryFolder folder;
  std::optional<DataSet> data;
  PlanBuilder network;
};

// Forwards, backwards, the same layer twice, several layers, and none; with
// memory for all images and for a few only.
TEST_F(PrefixEvaluatorTest, AgreesWithSeparateEvaluations) {
  const plan::Plan all = noisy({0, 1, 2});
  for (size_t memory : {size_t(1), size_t(1) << 30}) {
    PrefixOptions options;
    options.seed = 9;
    options.memoryBytes = memory;
    std::atomic<int64_t> done = 0;
    options.imagesDone = &done;
    PrefixEvaluator evaluator(withoutErrors(all), network.tensors, *data,
                              options);
    EXPECT_EQ(evaluator.blockImages() < images, memory == 1);
    for (const std::vector<int> &layers : std::vector<std::vector<int>>{
             {0}, {1}, {1}, {2}, {0}, {2, 1}, {0, 2}}) {
      std::vector<LayerChange> changes;
      for (int layer : layers)
        changes.push_back({uint32_t(layer), all.layers(layer)});
      const auto counts = evaluator.countRight(changes, {0, trials});
      const Evaluation alone = separately(noisy(layers), trials);
      ASSERT_TRUE(counts);
      EXPECT_EQ(evaluator.keepsPrefix(changes), memory != 1);
      EXPECT_EQ(counts->correct, alone.correct);
      EXPECT_EQ(counts->correctTop5, alone.correctTop5);
    }
    EXPECT_EQ(done, 7 * trials * images);
    EXPECT_EQ(evaluator.countRight({}, {0, 1})->correct,
              separately(network.plan, 1).correct);
  }
}

// Chips are their numbers, whichever are asked for together.
TEST_F(PrefixEvaluatorTest, BeginsWithAnyChip) {
  const plan::Plan all = noisy({1});
  PrefixOptions options;
  options.seed = 9;
  PrefixEvaluator evaluator(withoutErrors(all), network.tensors, *data,
                            options);
  const LayerChange change{1, all.layers(1)};
  const Evaluation whole = separately(all, 5);
  const auto later = evaluator.countRight({&change, 1}, {3, 2});
  ASSERT_TRUE(later);
  EXPECT_EQ(later->correct, std::vector<int64_t>(whole.correct.begin() + 3,
                                                 whole.correct.end()));
}

// Of another executor, nothing can be taken over.
TEST_F(PrefixEvaluatorTest, KeepsNoPrefixOfWhatActsAtReads) {
  const PrefixEvaluator evaluator(network.plan, network.tensors, *data, {});
  LayerChange change{1, network.plan.layers(1)};
  EXPECT_TRUE(evaluator.keepsPrefix({&change, 1}));
  change.as.mutable_dac()->set_bits(8);
  EXPECT_FALSE(evaluator.keepsPrefix({&change, 1}));
}

TEST_F(PrefixEvaluatorTest, GivesNothingWhenItIsStopped) {
  PrefixOptions options;
  std::atomic<int> polls = 0;
  options.executor.microBatch = 4;
  options.stop = [&] { return ++polls > 5; };
  PrefixEvaluator evaluator(network.plan, network.tensors, *data, options);
  EXPECT_FALSE(evaluator.countRight({}, {0, 1}));
}

// So do the chips of one evaluation, from the second on.
TEST_F(PrefixEvaluatorTest, ChipsOfLaterLayersShareTheStepsBefore) {
  for (const std::vector<int> &layers :
       std::vector<std::vector<int>>{{0}, {1}, {2}, {1, 2}, {0, 2}}) {
    const plan::Plan plan = noisy(layers);
    const Evaluation together = separately(plan, 4);
    for (uint64_t trial = 0; trial < 4; ++trial) {
      EvaluationOptions options;
      options.seed = 9;
      std::atomic<int64_t> done = 0;
      options.imagesDone = &done;
      Evaluator alone(plan, network.tensors, *data, options);
      EXPECT_EQ(alone.run(trial)->correct, together.correct[trial]);
      EXPECT_EQ(alone.run(trial)->correct, together.correct[trial]); // shared
      EXPECT_EQ(done, 2 * images);
    }
  }
}

// One chip tells about what many do.
TEST_F(PrefixEvaluatorTest, MarginsEstimateAccuracy) {
  const plan::Plan all = noisy({0, 1, 2});
  PrefixEvaluator evaluator(withoutErrors(all), network.tensors, *data, {});
  MarginEstimate estimate(evaluator, *data, images);
  EXPECT_NEAR(*estimate.of({}), 0.9, 1e-9) << "without errors";
  for (uint32_t layer : {0, 1, 2}) {
    const LayerChange change{layer, all.layers(layer)};
    double right = 0;
    const auto counts = evaluator.countRight({&change, 1}, {0, 60});
    for (int64_t chip : counts->correct)
      right += double(chip) / images / 60;
    EXPECT_LT(right, 0.88) << layer;
    EXPECT_NEAR(*estimate.of({&change, 1}), right, 0.1) << layer;
  }
}

// Logits of all classes become infinite, and margins are not a number.
TEST_F(PrefixEvaluatorTest, MarginsThatOverflowAreLost) {
  PrefixEvaluator evaluator(network.plan, network.tensors, *data, {});
  MarginEstimate estimate(evaluator, *data, images);
  std::vector<LayerChange> changes;
  for (uint32_t layer : {1, 2}) {
    plan::Layer &as =
        changes.emplace_back(layer, network.plan.layers(layer)).as;
    as.mutable_shift()->set_amount(1e30);
    as.mutable_shift()->set_unit(plan::ABSOLUTE);
  }
  EXPECT_LT(*estimate.of(changes), 0.2);
}

TEST(WithoutErrors, LeavesWhereWeightsStand) {
  plan::Plan plan;
  plan::Layer &layer = *plan.add_layers();
  layer.mutable_quantize()->set_bits(4);
  layer.mutable_noise()->set_width(1);
  layer.mutable_shift()->set_amount(1);
  layer.mutable_faults()->set_low(0.1);
  layer.mutable_device()->set_name("d");
  layer.mutable_crossbar()->set_array_rows(128);
  layer.mutable_crossbar()->set_cell_bits(2);
  const plan::Layer exact = withoutErrors(plan).layers(0);
  EXPECT_FALSE(exact.has_quantize() || exact.has_noise() || exact.has_shift() ||
               exact.has_faults() || exact.has_device());
  EXPECT_EQ(exact.crossbar().array_rows(), 128u);
  EXPECT_EQ(exact.crossbar().cell_bits(), 0u);
}

} // namespace
