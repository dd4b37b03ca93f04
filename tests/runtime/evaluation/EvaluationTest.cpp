//===- EvaluationTest.cpp - Counting what a network gets right -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/evaluation/Evaluation.h"
#include "runtime/tensor/Errors.h"
#include "tests/runtime/PlanBuilder.h"
#include "tests/runtime/data/NpyData.h"

#include <cmath>
#include <gmock/gmock.h>
#include <set>

using namespace cim;
using namespace cim::test;
using testing::ElementsAre;

namespace {

class EvaluationTest : public testing::Test {
protected:
  /// A data set of rows of numbers.
  DataSet dataOf(const std::vector<float> &rows, std::vector<uint8_t> labels) {
    const int64_t count = labels.size(), width = rows.size() / count;
    return npyData(folder, makeTensor({count, width}, rows), labels);
  }

  const TemporaryFolder folder;
};

/// A network whose logits are the square roots of its input: NaN below zero.
PlanBuilder roots(int64_t classes) {
  PlanBuilder builder;
  const uint32_t x = builder.input({1, classes}, plan::ROW_MAJOR);
  builder.output(builder.step("sqrt", {x}, {1, classes}, plan::ROW_MAJOR));
  return builder;
}

TEST_F(EvaluationTest, CountsTheLargestLogit) {
  const PlanBuilder network = roots(3);
  const DataSet data = dataOf(
      {
          1,
          4,
          9, // 2
          9,
          4,
          1, // 0
          4,
          4,
          1, // a tie: the first, 0
          4,
          4,
          1, //
          9,
          -1,
          1, // a NaN is no answer, whatever the label
          9,
          -1,
          1, //
      },
      {2, 1, 0, 1, 0, 1});
  for (bool reference : {false, true}) {
    EvaluationOptions options;
    options.reference = reference;
    options.keepLogits = true;
    const Evaluation result =
        evaluate(network.plan, network.tensors, data, options);
    EXPECT_THAT(result.correct, ElementsAre(2)) << reference;
    EXPECT_THAT(result.correctTop5, ElementsAre(6)) << reference;
    EXPECT_EQ(result.images, 6);
    EXPECT_EQ(result.classes, 3);
    ASSERT_EQ(result.logits.size(), 18u);
    EXPECT_EQ(result.logits[2], 3);
    EXPECT_EQ(result.logits[3], 3);
    EXPECT_TRUE(std::isnan(result.logits[13]));
    EXPECT_FALSE(result.stopped);
  }
}

TEST_F(EvaluationTest, CountsTheFiveLargestLogits) {
  const PlanBuilder network = roots(8);
  std::vector<float> rows;
  std::vector<uint8_t> labels;
  for (uint8_t label = 0; label < 8; ++label) {
    for (int i = 0; i < 8; ++i)
      rows.push_back(i); // 7, 6, 5, 4 and 3 are the largest
    labels.push_back(label);
  }
  const Evaluation result =
      evaluate(network.plan, network.tensors, dataOf(rows, labels), {});
  EXPECT_THAT(result.correct, ElementsAre(1));
  EXPECT_THAT(result.correctTop5, ElementsAre(5));
}

/// A network with one noisy layer.
PlanBuilder noisy() {
  PlanBuilder network;
  const uint32_t x = network.input({1, 6}, plan::ROW_MAJOR);
  network.output(network.gemm(x, 4));
  plan::Noise &noise = *network.plan.mutable_layers(0)->mutable_noise();
  noise.set_width(0.3);
  noise.set_unit(plan::NORMALISED_SCALE);
  return network;
}

TEST_F(EvaluationTest, ChipsDifferAndRepeat) {
  const PlanBuilder network = noisy();
  EXPECT_TRUE(isRandom(network.plan));
  EXPECT_FALSE(isRandom(roots(3).plan));
  plan::Plan withDevice;
  withDevice.add_layers()->mutable_device();
  EXPECT_TRUE(isRandom(withDevice));
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> rows(6 * 200);
  for (float &number : rows)
    number = normal(random);
  std::vector<uint8_t> labels(200);
  for (uint8_t &label : labels)
    label = random() % 4;
  const DataSet data = dataOf(rows, labels);

  EvaluationOptions options;
  options.trials = 5;
  options.seed = 3;
  const Evaluation first =
      evaluate(network.plan, network.tensors, data, options);
  ASSERT_EQ(first.correct.size(), 5u);
  EXPECT_GT(std::set(first.correct.begin(), first.correct.end()).size(), 1u);
  options.executor.threads = 3;
  options.executor.microBatch = 7;
  EXPECT_EQ(evaluate(network.plan, network.tensors, data, options).correct,
            first.correct);
  options.trials = 2; // the first chips of a study are the chips of a short one
  EXPECT_THAT(evaluate(network.plan, network.tensors, data, options).correct,
              ElementsAre(first.correct[0], first.correct[1]));
}

TEST_F(EvaluationTest, StoppingKeepsCompleteTrials) {
  const PlanBuilder network = noisy();
  const DataSet data =
      dataOf(std::vector<float>(6 * 64, 1.0f), std::vector<uint8_t>(64, 2));
  for (bool reference : {false, true}) {
    std::atomic<int64_t> done = 0;
    EvaluationOptions options;
    options.trials = 1'000'000;
    options.reference = reference;
    options.imagesDone = &done;
    options.stop = [&] { return done >= 64 * 3 + 1; };
    const Evaluation result =
        evaluate(network.plan, network.tensors, data, options);
    EXPECT_TRUE(result.stopped);
    EXPECT_GE(result.correct.size(), 3u);
    EXPECT_LT(result.correct.size(), 10u);
  }
}

TEST_F(EvaluationTest, RefusesWhatNoImageFits) {
  PlanBuilder two = roots(3);
  two.input({1, 3}, plan::ROW_MAJOR);
  EXPECT_THROW(imageShape(two.plan), InputError);
  PlanBuilder integers = roots(3);
  integers.plan.mutable_values(0)->set_element_type(plan::I64);
  EXPECT_THROW(imageShape(integers.plan), InputError);
  PlanBuilder none = roots(3);
  none.plan.clear_outputs();
  EXPECT_THROW(classCount(none.plan), InputError);
  EXPECT_THAT(imageShape(roots(3).plan), ElementsAre(3));
  EXPECT_EQ(classCount(roots(3).plan), 3);
}

TEST_F(EvaluationTest, RefusesAnswersThatAreNoRowOfLogits) {
  auto answering = [](Shape shape) {
    PlanBuilder builder;
    builder.output(builder.step("sqrt", {builder.input(shape)}, shape));
    return builder.plan;
  };
  EXPECT_EQ(classCount(answering({1, 5, 1, 1})), 5);
  EXPECT_EQ(classCount(answering({1, 1, 1, 1})), 1);
  try {
    classCount(answering({1, 8, 32, 32}));
    FAIL();
  } catch (const InputError &error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("is 8×32×32 per image"));
  }
}

} // namespace
