//===- CallTest.cpp - Networks of several inputs and outputs --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Executor.h"
#include "runtime/tensor/Errors.h"
#include "tests/runtime/PlanBuilder.h"

#include <cstring>
#include <gmock/gmock.h>
#include <numeric>

using namespace cim;
using namespace cim::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

template <typename T>
Tensor tensor(plan::ElementType type, Shape shape, std::vector<T> values) {
  std::shared_ptr<std::byte[]> bytes(
      new std::byte[values.size() * sizeof(T) + 1]);
  std::memcpy(bytes.get(), values.data(), values.size() * sizeof(T));
  return {type, shape, {bytes, bytes.get()}};
}

template <typename T> std::vector<T> elements(const Tensor &tensor) {
  auto span = tensor.as<T>();
  return {span.begin(), span.end()};
}

std::unique_ptr<Executor> executorOf(const PlanBuilder &b) {
  auto executor = std::make_unique<Executor>(b.plan, b.tensors,
                                             ExecutorOptions{.threads = 1});
  executor->program({});
  return executor;
}

/// y = a + b of images in the kernels' layout, and i < j of integers.
PlanBuilder twoOfEach() {
  PlanBuilder b;
  uint32_t a = b.input({1, 3, 2, 2}), c = b.input({1, 3, 2, 2});
  uint32_t i = b.input({2}, plan::ROW_MAJOR), j = b.input({}, plan::ROW_MAJOR);
  b.plan.mutable_values(i)->set_element_type(plan::I64);
  b.plan.mutable_values(j)->set_element_type(plan::I64);
  uint32_t sum = b.step("add", {a, c}, {1, 3, 2, 2});
  uint32_t rows = b.step("relayout", {sum}, {1, 3, 2, 2}, plan::ROW_MAJOR);
  uint32_t less = b.step("less", {i, j}, {2}, plan::ROW_MAJOR);
  b.plan.mutable_values(less)->set_element_type(plan::BOOL);
  b.output(rows);
  b.output(less);
  b.output(i);
  b.output(b.constant({2}, std::vector<float>{7, 8}));
  return b;
}

TEST(Call, ComputesAllOutputsOfAllInputs) {
  PlanBuilder b = twoOfEach();
  std::vector<float> ones(12, 1), counted(12);
  std::iota(counted.begin(), counted.end(), 0.f);
  auto executor = executorOf(b);
  for (int repeat = 0; repeat < 2; ++repeat) {
    std::vector<Tensor> outputs = executor->call(std::vector{
        makeTensor({1, 3, 2, 2}, ones), makeTensor({1, 3, 2, 2}, counted),
        tensor<int64_t>(plan::I64, {2}, {4, 5}),
        tensor<int64_t>(plan::I64, {}, {5})});
    ASSERT_EQ(outputs.size(), 4u);
    EXPECT_THAT(elements<float>(outputs[0]),
                ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
    EXPECT_EQ(outputs[1].type, plan::BOOL);
    EXPECT_THAT(elements<uint8_t>(outputs[1]), ElementsAre(1, 0));
    EXPECT_THAT(elements<int64_t>(outputs[2]), ElementsAre(4, 5));
    EXPECT_THAT(elements<float>(outputs[3]), ElementsAre(7, 8));
  }
}

TEST(Call, TakesTensorsWithoutElements) {
  PlanBuilder b;
  b.plan.set_image_wise(false);
  uint32_t x = b.input({2, 0}, plan::ROW_MAJOR);
  b.output(b.step("exp", {x}, {2, 0}, plan::ROW_MAJOR));
  uint32_t sum = b.step("reduce", {x}, {2}, plan::ROW_MAJOR);
  b.with("kind", "sum").with("axes", Integers{1}).with("keep_dimensions", 0);
  b.output(sum);
  std::vector<Tensor> outputs =
      executorOf(b)->call(std::vector{makeTensor({2, 0}, {})});
  EXPECT_THAT(outputs[0].shape, ElementsAre(2, 0));
  EXPECT_THAT(elements<float>(outputs[1]), ElementsAre(0, 0));
}

TEST(Call, NamesAnInputThatDoesNotFit) {
  PlanBuilder b;
  b.plan.set_image_wise(false);
  b.output(
      b.step("exp", {b.input({2}, plan::ROW_MAJOR)}, {2}, plan::ROW_MAJOR));
  auto error = [&](std::vector<Tensor> inputs) -> std::string {
    try {
      executorOf(b)->call(inputs);
    } catch (const InputError &error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(error({makeTensor({2}, std::vector<float>{1, 2})}), "");
  EXPECT_THAT(error({}), HasSubstr("takes 1 inputs, got 0"));
  EXPECT_THAT(error({makeTensor({1, 2}, std::vector<float>{1, 2})}),
              HasSubstr("input 'input' is of another type or shape"));
  EXPECT_THAT(error({tensor<int32_t>(plan::I32, {2}, {1, 2})}),
              HasSubstr("another type"));
}

TEST(Call, NamesTheNodeOfAnIndexOutOfRange) {
  PlanBuilder b;
  b.plan.set_image_wise(false);
  uint32_t x = b.input({4}, plan::ROW_MAJOR), i = b.input({2}, plan::ROW_MAJOR);
  b.plan.mutable_values(i)->set_element_type(plan::I64);
  b.output(b.step("gather", {x, i}, {2}, plan::ROW_MAJOR));
  b.with("axis", 0);
  const Tensor numbers = makeTensor({4}, std::vector<float>{5, 6, 7, 8});
  auto executor = executorOf(b);
  EXPECT_THAT(elements<float>(executor->call(std::vector{
                  numbers, tensor<int64_t>(plan::I64, {2}, {-1, 0})})[0]),
              ElementsAre(8, 5));
  EXPECT_THAT(
      [&] {
        executor->call(
            std::vector{numbers, tensor<int64_t>(plan::I64, {2}, {0, 4})});
      },
      testing::ThrowsMessage<InputError>(
          testing::AllOf(HasSubstr("'gather1'"), HasSubstr("index 4"))));
}

TEST(Call, IsWhatNetworksWithoutImagesNeed) {
  auto executor = executorOf(twoOfEach());
  EXPECT_THROW(executor->inputElements(), InputError);
  EXPECT_THROW(executor->run(
                   1, [](int64_t, float *) {}, [](int64_t, const float *) {}),
               InputError);
}

/// An output that does not depend on the image cannot be one for each image.
TEST(Call, GivesConstantOutputsThatImagesCannotHave) {
  PlanBuilder b;
  b.input({1, 2}, plan::ROW_MAJOR);
  b.output(b.constant({1, 2}, std::vector<float>{7, 8}));
  auto executor = executorOf(b);
  EXPECT_THROW(executor->outputElements(), InputError);
  std::vector<Tensor> outputs =
      executor->call(std::vector{makeTensor({1, 2}, std::vector<float>{1, 2})});
  EXPECT_THAT(elements<float>(outputs[0]), ElementsAre(7, 8));
}

} // namespace
