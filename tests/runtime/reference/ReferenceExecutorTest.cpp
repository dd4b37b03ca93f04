//===- ReferenceExecutorTest.cpp - The oracle, on sums done by hand -------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/reference/ReferenceExecutor.h"

#include "runtime/reference/Conversion.h"
#include "runtime/tensor/Errors.h"
#include "tests/runtime/PlanBuilder.h"

#include <gmock/gmock.h>

#include <mutex>
#include <set>

using namespace cim;
using namespace cim::test;
using testing::ElementsAre;

namespace {

/// y = relu(2 (W x) + 1 + x) with W = [[1, 2], [3, -4]].
PlanBuilder smallNetwork() {
  PlanBuilder b;
  uint32_t x = b.input({1, 2}, plan::ROW_MAJOR);
  uint32_t w = b.constant({2, 2}, {1, 2, 3, -4});
  uint32_t y = b.step("gemm", {x, w}, {1, 2}, plan::ROW_MAJOR);
  b.with("alpha", 1.0).with("beta", 1.0);
  b.with("transpose_a", 0).with("transpose_b", 1);
  b.layer();
  uint32_t scale = b.constant({2}, {2, 2}), offset = b.constant({2}, {1, 1});
  b.epilogue().set_scale(scale);
  b.epilogue().set_offset(offset);
  b.epilogue().set_residual(x);
  b.epilogue().set_activation(plan::RELU);
  b.output(y);
  return b;
}

TEST(ReferenceExecutor, appliesTheEpilogueInOrder) {
  PlanBuilder b = smallNetwork();
  ReferenceExecutor executor(b.plan, b.tensors);
  executor.run(
      3,
      [](int64_t index, float *image) {
        image[0] = index;
        image[1] = 0.5;
      },
      [](int64_t index, const double *logits) {
        // W x = (index + 1, 3 index - 2)
        EXPECT_EQ(logits[0], 2.0 * (index + 1) + 1 + index);
        EXPECT_EQ(logits[1], std::max(2.0 * (3 * index - 2) + 1 + 0.5, 0.0));
      },
      2);
}

TEST(ReferenceExecutor, runsOnWrittenCells) {
  PlanBuilder b = smallNetwork();
  // One bit: the levels are -4 and 3.
  b.plan.mutable_layers(0)->mutable_quantize()->set_bits(1);
  ReferenceExecutor executor(b.plan, b.tensors);
  reference::Tensor input = zeros(b.plan.values(0));
  input.numbers = {1, 0};
  uint32_t y = b.plan.outputs(0);
  EXPECT_THAT(executor.evaluate({&input, 1})[y].numbers, ElementsAre(4, 7));
  executor.program({});
  EXPECT_THAT(executor.evaluate({&input, 1})[y].numbers, ElementsAre(8, 7));
}

TEST(ReferenceExecutor, runsEveryImageOnceAndPadsTheLastBatch) {
  PlanBuilder b;
  b.plan.set_image_wise(false);
  uint32_t x = b.input({4, 3}, plan::ROW_MAJOR);
  b.output(b.step("neg", {x}, {4, 3}, plan::ROW_MAJOR));
  ReferenceExecutor executor(b.plan, b.tensors);
  EXPECT_EQ(executor.inputElements(), 3);
  std::mutex mutex;
  std::multiset<int64_t> seen;
  EXPECT_TRUE(executor.run(
      10, [](int64_t index, float *image) { std::fill_n(image, 3, index); },
      [&](int64_t index, const double *result) {
        EXPECT_EQ(result[2], -double(index));
        std::lock_guard lock(mutex);
        seen.insert(index);
      },
      3));
  EXPECT_THAT(seen, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST(ReferenceExecutor, runsABatchOfKeptApartImagesOneByOne) {
  PlanBuilder b;
  uint32_t x = b.input({4, 3}, plan::ROW_MAJOR);
  b.output(b.step("neg", {x}, {4, 3}, plan::ROW_MAJOR));
  ReferenceExecutor executor(b.plan, b.tensors);
  EXPECT_EQ(executor.plan().values(0).shape(0), 1);
  EXPECT_EQ(executor.outputElements(), 3);
}

TEST(ReferenceExecutor, namesAnUnknownOperation) {
  PlanBuilder b;
  uint32_t x = b.input({1, 3}, plan::ROW_MAJOR);
  b.output(b.step("frobnicate", {x}, {1, 3}, plan::ROW_MAJOR));
  ReferenceExecutor executor(b.plan, b.tensors);
  reference::Tensor input = zeros(b.plan.values(0));
  try {
    executor.evaluate({&input, 1});
    FAIL();
  } catch (const InputError &error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("frobnicate"));
  }
}

TEST(ReferenceExecutor, namesTheNodeOfAnIndexOutOfRange) {
  PlanBuilder b;
  b.plan.set_image_wise(false);
  uint32_t x = b.constant({4}, {5, 6, 7, 8}), i = b.input({2}, plan::ROW_MAJOR);
  b.plan.mutable_values(i)->set_element_type(plan::I64);
  uint32_t y = b.step("gather", {x, i}, {2}, plan::ROW_MAJOR);
  b.with("axis", 0);
  b.output(y);
  ReferenceExecutor executor(b.plan, b.tensors);
  reference::Tensor indices = zeros(b.plan.values(i));
  indices.integers = {-1, 0};
  EXPECT_THAT(executor.evaluate({&indices, 1})[y].numbers, ElementsAre(8, 5));
  indices.integers = {0, 4};
  EXPECT_THAT(
      [&] { executor.evaluate({&indices, 1}); },
      testing::ThrowsMessage<InputError>(testing::AllOf(
          testing::HasSubstr("'gather1'"), testing::HasSubstr("index 4"))));
}

TEST(ReferenceExecutor, wrapsIntegersToTheTypeOfEveryValue) {
  PlanBuilder b;
  auto as = [&](plan::ElementType type, uint32_t value) {
    b.plan.mutable_values(value)->set_element_type(type);
    return value;
  };
  auto step = [&](const char *operation, std::vector<uint32_t> operands) {
    return b.step(operation, operands, {1, 2}, plan::ROW_MAJOR);
  };
  uint32_t x = b.input({1, 2}, plan::ROW_MAJOR);
  uint32_t bytes = as(plan::U8, step("cast", {x}));
  uint32_t sum = as(plan::U8, step("add", {bytes, bytes}));
  uint32_t difference = as(plan::U8, step("sub", {bytes, sum}));
  uint32_t narrow = as(plan::I8, step("cast", {difference}));
  uint32_t y = step("cast", {difference});
  b.output(y);
  ReferenceExecutor executor(b.plan, b.tensors);
  reference::Tensor input = zeros(b.plan.values(x));
  input.numbers = {300, 5};
  const auto values = executor.evaluate({&input, 1});
  EXPECT_THAT(values[bytes].integers, ElementsAre(44, 5));
  EXPECT_THAT(values[sum].integers, ElementsAre(88, 10));
  EXPECT_THAT(values[difference].integers, ElementsAre(212, 251));
  EXPECT_THAT(values[narrow].integers, ElementsAre(-44, -5));
  EXPECT_THAT(values[y].numbers, ElementsAre(212, 251));
}

TEST(Conversion, keepsEveryElementType) {
  for (int number = plan::ElementType_MIN; number <= plan::ElementType_MAX;
       ++number) {
    const auto type = plan::ElementType(number);
    SCOPED_TRACE(plan::ElementType_Name(type));
    plan::Value value;
    value.set_element_type(type);
    value.add_shape(3);
    reference::Tensor tensor = zeros(value), back = tensor;
    if (tensor.kind == reference::Kind::floating)
      tensor.numbers = {0, 1, 100};
    else
      tensor.integers = {0, 1, 100};
    std::vector<std::byte> bytes(3 * byteWidth(type));
    writeElements(type, tensor, bytes.data());
    readElements(type, bytes.data(), back);
    EXPECT_EQ(back.numbers, tensor.numbers);
    EXPECT_EQ(back.integers, tensor.integers);
  }
}

} // namespace
