//===- OptimiserTest.cpp - Optimisers against PyTorch's ---------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/Optimiser.h"
#include "runtime/tensor/Errors.h"

#include <gmock/gmock.h>

using namespace cim;
using namespace testing;

namespace {

std::deque<Parameter> start() {
  std::deque<Parameter> parameters(1);
  parameters[0].tensor = "w";
  parameters[0].shape = {3};
  parameters[0].value = {1, -2, 0.5f};
  parameters[0].gradient = {0, 0, 0};
  return parameters;
}

/// The gradient of |w|²/2 + w0 w1.
void differentiate(std::deque<Parameter> &parameters) {
  const std::vector<float> &w = parameters[0].value;
  parameters[0].gradient = {w[0] + w[1], w[1] + w[0], w[2]};
}

/// PyTorch 2.15, five steps with learning rate 0.1 and weight decay 0.01.
struct Case {
  OptimiserKind kind;
  std::vector<float> expected;
};
const Case cases[] = {
    {OptimiserKind::sgd, {1.77230835f, -1.18835223f, -0.01840748f}},
    {OptimiserKind::nesterov, {1.68303823f, -1.26667809f, -0.05539527f}},
    {OptimiserKind::adam, {1.47127974f, -1.52695405f, 0.02781447f}},
    {OptimiserKind::adamw, {1.46598673f, -1.51904333f, 0.02652823f}}};

TEST(Optimiser, doesWhatPyTorchDoes) {
  for (const Case &test : cases) {
    Optimiser optimiser({.kind = test.kind, .weightDecay = 0.01});
    auto parameters = start();
    for (int step = 0; step < 5; ++step) {
      differentiate(parameters);
      optimiser.step(parameters, 0.1);
    }
    EXPECT_THAT(parameters[0].value,
                Pointwise(FloatNear(5e-6f), test.expected));
  }
}

TEST(Optimiser, goesOnFromItsState) {
  for (const Case &test : cases) {
    const OptimiserOptions options{.kind = test.kind, .weightDecay = 0.01};
    Optimiser whole(options), first(options), second(options);
    auto expected = start(), parameters = start();
    for (int step = 0; step < 5; ++step) {
      differentiate(expected);
      whole.step(expected, 0.1);
    }
    for (int step = 0; step < 5; ++step) {
      if (step == 2)
        second.restore(parameters, first.state(parameters), 2);
      differentiate(parameters);
      (step < 2 ? first : second).step(parameters, 0.1);
    }
    EXPECT_EQ(parameters[0].value, expected[0].value);
    EXPECT_THROW(second.restore(parameters, {}, 2), InputError);
  }
}

TEST(LearningRate, followsItsSchedule) {
  using Schedule = LearningRate::Schedule;
  LearningRate rate{.schedule = Schedule::cosine, .rate = 1};
  EXPECT_DOUBLE_EQ(rate.at(0, 2, 10), 1);
  EXPECT_NEAR(rate.at(10, 2, 10), 0.5, 1e-12);
  EXPECT_NEAR(rate.at(19, 2, 10), 0.00616, 1e-4);
  rate.schedule = Schedule::constant;
  EXPECT_EQ(rate.at(19, 2, 10), 1);
  rate = {.schedule = Schedule::step, .rate = 1, .decay = 0.5, .period = 2};
  EXPECT_EQ(rate.at(19, 5, 10), 1);
  EXPECT_EQ(rate.at(20, 5, 10), 0.5);
  EXPECT_EQ(rate.at(49, 5, 10), 0.25);
  // PyTorch's OneCycleLR over 20 steps.
  rate = {.schedule = Schedule::oneCycle, .rate = 1};
  for (auto [step, expected] : {std::pair(0, 0.04),
                                {1, 0.13167184},
                                {5, 1.0},
                                {6, 0.98746401},
                                {12, 0.500002},
                                {19, 4e-6}})
    EXPECT_NEAR(rate.at(step, 2, 10), expected, 1e-7) << step;
}

} // namespace
