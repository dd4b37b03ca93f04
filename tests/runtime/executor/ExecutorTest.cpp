//===- ExecutorTest.cpp - The executor against the reference --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Executor.h"

#include "runtime/executor/BindStep.h"
#include "runtime/executor/Memory.h"
#include "runtime/kernels/InstructionSet.h"
#include "runtime/plan/Precision.h"
#include "runtime/programming/Programming.h"
#include "runtime/reference/ReferenceExecutor.h"
#include "runtime/tensor/Errors.h"
#include "tests/runtime/Differences.h"
#include "tests/runtime/InParts.h"
#include "tests/runtime/PlanBuilder.h"
#include "tests/runtime/kernels/InstructionSetGuard.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <numeric>

using namespace cim;
using namespace cim::test;

namespace {

constexpr int64_t images = 11;

/// Pixel \p i of image \p index: reproducible and without a pattern.
float pixel(int64_t index, int64_t i) {
  uint32_t hash = (index + 1) * 2654435761u + i * 40503u;
  hash = (hash ^ hash >> 15) * 2246822519u;
  hash ^= hash >> 13;
  return hash / 2147483648.0f - 1;
}

/// The outputs of images order[0], order[1], ..., sorted back.
std::vector<float> runFast(const PlanBuilder &b, ExecutorOptions options,
                           Chip chip = {}, std::vector<int64_t> order = {}) {
  Executor executor(b.plan, b.tensors, options);
  executor.program(chip);
  if (order.empty()) {
    order.resize(images);
    std::iota(order.begin(), order.end(), 0);
  }
  const int64_t in = executor.inputElements(), out = executor.outputElements();
  std::vector<float> results(order.size() * out);
  bool finished = executor.run(
      order.size(),
      [&](int64_t index, float *image) {
        for (int64_t i = 0; i < in; ++i)
          image[i] = pixel(order[index], i);
      },
      [&](int64_t index, const float *logits) {
        std::copy_n(logits, out, results.begin() + order[index] * out);
      });
  EXPECT_TRUE(finished);
  return results;
}

std::vector<double> runReference(const PlanBuilder &b, Chip chip = {}) {
  ReferenceExecutor executor(b.plan, b.tensors);
  executor.program(chip);
  const int64_t in = executor.inputElements(), out = executor.outputElements();
  std::vector<double> results(images * out);
  executor.run(
      images,
      [&](int64_t index, float *image) {
        for (int64_t i = 0; i < in; ++i)
          image[i] = pixel(index, i);
      },
      [&](int64_t index, const double *logits) {
        std::copy_n(logits, out, results.begin() + index * out);
      });
  return results;
}

void expectNear(const std::vector<float> &fast,
                const std::vector<double> &reference) {
  ASSERT_EQ(fast.size(), reference.size());
  double largest = 0;
  for (double number : reference)
    largest = std::max(largest, std::abs(number));
  ASSERT_GT(largest, 0);
  for (size_t i = 0; i < fast.size(); ++i)
    ASSERT_NEAR(fast[i], reference[i], 1e-5 * largest) << i;
}

/// The outputs of a run that is cut before steps \p first and \p second, with
/// images 0 to 6 and the others apart.
std::vector<float> runInParts(Executor &executor, int first, int second) {
  const int64_t in = executor.inputElements(), out = executor.outputElements();
  std::vector<float> results(images * out);
  constexpr int64_t split = 7;
  KeptActivations kept(executor, split);
  for (auto [begin, end] : {std::pair(int64_t(0), split), {split, images}}) {
    EXPECT_TRUE(executor.keep(kept, begin, end - begin, first,
                              [&](int64_t index, float *image) {
                                for (int64_t i = 0; i < in; ++i)
                                  image[i] = pixel(index, i);
                              }));
    EXPECT_EQ(kept.step(), first);
    EXPECT_TRUE(executor.advance(kept, second));
    EXPECT_EQ(kept.images(), end - begin);
    EXPECT_TRUE(executor.resume(kept, [&](int64_t index, const float *logits) {
      std::copy_n(logits, out, results.begin() + index * out);
    }));
  }
  return results;
}

/// Cuts the run at every step.
void checkCuts(const PlanBuilder &b, const ExecutorOptions &options,
               const std::vector<float> &whole) {
  Executor executor(b.plan, b.tensors, options);
  executor.program({});
  for (int step = 0; step <= executor.steps(); ++step)
    for (int second : {step, executor.steps()})
      ASSERT_EQ(runInParts(executor, step, second), whole)
          << "cut before steps " << step << " and " << second;
}

/// Compares with the reference, and all ways of running with each other.
void check(const PlanBuilder &b) {
  std::vector<float> result = runFast(b, {1, 4});
  expectNear(result, runReference(b));
  std::vector<int64_t> order(images);
  std::iota(order.begin(), order.end(), 0);
  std::mt19937 random(5);
  for (unsigned threads : {1u, 2u, 3u})
    for (unsigned microBatch : {0u, 1u, 2u, 5u, 8u}) {
      std::ranges::shuffle(order, random);
      std::vector<float> again = runFast(b, {threads, microBatch}, {}, order);
      ASSERT_EQ(0, std::memcmp(again.data(), result.data(),
                               result.size() * sizeof(float)))
          << threads << " threads, micro-batch " << microBatch;
    }
  checkCuts(b, {2, 3}, result);
  if (b.plan.image_wise()) {
    const ExecutorOptions inParts{.threads = 2,
                                  .parts = cutIntoParts(b.plan, b.tensors)};
    EXPECT_EQ(runFast(b, inParts), result);
    checkCuts(b, inParts, result);
  }
}

/// Names of the steps without a kernel.
std::vector<std::string> generalSteps(const PlanBuilder &b) {
  std::vector<std::string> names;
  for (const StepTime &step : Executor(b.plan, b.tensors, {1, 1}).profile())
    if (step.general)
      names.push_back(step.operation);
  return names;
}

/// Stem, an identity block, a block with a sliced and padded shortcut, head.
PlanBuilder residualNetwork(int64_t channels = 3) {
  PlanBuilder b;
  uint32_t x = b.input({1, channels, 16, 16});
  uint32_t stem = b.conv(x, 16, 3, 1, 1);
  b.batchNorm(16);
  uint32_t a = b.conv(stem, 16, 3, 1, 1);
  b.batchNorm(16);
  uint32_t block = b.conv(a, 16, 3, 1, 1);
  b.batchNorm(16);
  b.epilogue().set_residual(stem);
  uint32_t down = b.conv(block, 32, 3, 2, 1);
  b.batchNorm(32);
  uint32_t sliced = b.step("slice", {block}, {1, 16, 8, 8});
  b.with("starts", {0, 0, 0, 0}).with("sizes", {1, 16, 8, 8});
  b.with("steps", {1, 1, 2, 2});
  uint32_t padded = b.step("pad", {sliced}, {1, 32, 8, 8});
  b.with("pads", {0, 8, 0, 0, 0, 8, 0, 0}).with("mode", "constant");
  b.with("value", 0.0);
  uint32_t last = b.conv(down, 32, 3, 1, 1);
  b.batchNorm(32);
  b.epilogue().set_residual(padded);
  b.output(b.head(last, 10));
  return b;
}

TEST(Executor, runsAResidualNetwork) {
  PlanBuilder b = residualNetwork();
  EXPECT_THAT(generalSteps(b), testing::IsEmpty());
  check(b);
}

TEST(Executor, runsPoolsAndFullyConnectedLayers) {
  PlanBuilder b;
  uint32_t x = b.input({1, 1, 13, 11});
  x = b.conv(x, 20, 5, 1, 2);
  b.batchNorm(20, plan::CLIP);
  b.epilogue().set_lowest(-0.5);
  b.epilogue().set_highest(0.75);
  x = b.pool("max_pool", x, 3, 2, 1);
  x = b.step("lrn", {x}, b.shapeOf(x));
  b.with("size", 5).with("alpha", 0.01).with("beta", 0.75).with("bias", 1.0);
  x = b.pool("average_pool", x, 2, 1, 1, 1);
  x = b.pool("average_pool", x, 3, 2, 1, 0);
  Shape shape = b.shapeOf(x);
  x = b.step("relayout", {x}, shape, plan::ROW_MAJOR);
  x = b.step("reshape", {x}, {1, shape[1] * shape[2] * shape[3]},
             plan::ROW_MAJOR);
  x = b.gemm(x, 33);
  b.epilogue().set_activation(plan::LEAKY_RELU);
  b.epilogue().set_lowest(0.1);
  x = b.gemm(x, 7, false);
  b.output(x);
  EXPECT_THAT(generalSteps(b), testing::IsEmpty());
  check(b);
}

TEST(Executor, runsGroupsDilationAndUnevenPads) {
  PlanBuilder b;
  uint32_t x = b.input({1, 6, 10, 9});
  uint32_t a = b.conv(x, 32, 3, 1, 0, 2, 2, {2, 1, 0, 3});
  b.batchNorm(32);
  uint32_t d = b.conv(a, 32, 3, 2, 1, 32); // depthwise
  b.batchNorm(32, plan::NONE);
  uint32_t e = b.conv(d, 24, 1);
  uint32_t f = b.conv(d, 24, 1, 1, 0, 8);
  uint32_t joined =
      b.step("concat", {e, f, d}, {1, 80, b.shapeOf(d)[2], b.shapeOf(d)[3]});
  b.with("axis", 1);
  b.output(b.head(joined, 5));
  EXPECT_THAT(generalSteps(b), testing::IsEmpty());
  check(b);
}

TEST(Executor, runsElementwiseSteps) {
  PlanBuilder b;
  uint32_t x = b.input({1, 20, 5, 4});
  Shape shape = b.shapeOf(x);
  uint32_t y = b.conv(x, 20, 3, 1, 1);
  uint32_t gate = b.step("global_average_pool", {y}, {1, 20, 1, 1});
  uint32_t z = b.step("mul", {y, gate}, shape);
  z = b.step("sub", {z, b.constant({20, 1, 1})}, shape);
  z = b.step("sub", {b.constant({1, 20, 1, 1}), z}, shape);
  b.epilogue().set_residual(x);
  z = b.step("mul", {z, b.constant({1})}, shape);
  z = b.step("leaky_relu", {z}, shape);
  b.with("alpha", 0.2);
  z = b.step("scale_offset", {z}, shape);
  b.batchNorm(20);
  z = b.step("add", {z, y}, shape);
  b.batchNorm(20, plan::RELU);
  z = b.step("clip", {z}, shape);
  b.with("lowest", 0.25).with("highest", 1.5);
  uint32_t rows = b.step("relayout", {z}, shape, plan::ROW_MAJOR);
  uint32_t sum = b.step("add", {rows, rows}, shape, plan::ROW_MAJOR);
  uint32_t back = b.step("relayout", {sum}, shape);
  b.output(b.step("relu", {back}, shape));
  EXPECT_THAT(generalSteps(b), testing::IsEmpty());
  check(b);
}

TEST(Executor, composesCopies) {
  PlanBuilder b;
  uint32_t x = b.input({1, 20, 9, 8});
  auto slice = [&](uint32_t value, Integers starts, Integers sizes,
                   Integers steps) {
    uint32_t y = b.step("slice", {value}, sizes);
    b.with("starts", starts).with("sizes", sizes).with("steps", steps);
    return y;
  };
  auto pad = [&](uint32_t value, Integers pads, double filling) {
    Shape shape = b.shapeOf(value);
    for (int d = 0; d < 4; ++d)
      shape[d] += pads[d] + pads[4 + d];
    uint32_t y = b.step("pad", {value}, shape);
    b.with("pads", pads).with("mode", "constant").with("value", filling);
    return y;
  };
  // Backwards in y, every other column, without the first channels.
  uint32_t first = slice(x, {0, 3, 8, 1}, {1, 17, 4, 4}, {1, 1, -2, 2});
  // A single row, whose step is never taken.
  const int64_t huge = 1 << 30;
  uint32_t second = slice(first, {0, 1, 3, 3}, {1, 15, 1, 4}, {1, 1, huge, -1});
  // Cuts a column away, and adds channels and rows.
  uint32_t third = pad(second, {0, 2, 1, -1, 0, 7, 2, 0}, 0.5);
  uint32_t fourth = pad(first, {0, 7, 0, 0, 0, 0, 0, -1}, 0);
  uint32_t joined = b.step("concat", {third, fourth}, {1, 48, 4, 3});
  b.with("axis", 1);
  b.output(joined);
  EXPECT_THAT(generalSteps(b), testing::IsEmpty());
  Executor executor(b.plan, b.tensors, {1, 1});
  EXPECT_EQ(executor.profile().size(), 3u); // two pads and the concatenation
  check(b);
}

/// No kernel runs the pad, so it cannot be one with the slice.
TEST(Executor, runsAPadThatLeavesNothing) {
  PlanBuilder b;
  uint32_t x = b.input({1, 16, 4, 4});
  uint32_t sliced = b.step("slice", {x}, {1, 16, 2, 4});
  b.with("starts", {0, 0, 1, 0}).with("sizes", {1, 16, 2, 4});
  b.with("steps", {1, 1, 1, 1});
  uint32_t nothing = b.step("pad", {sliced}, {1, 16, 0, 4});
  b.with("pads", {0, 0, -1, 0, 0, 0, -1, 0}).with("mode", "constant");
  b.with("value", 0.0);
  b.output(b.step("concat", {nothing, sliced}, {1, 16, 2, 4}));
  b.with("axis", 2);
  EXPECT_THAT(generalSteps(b), testing::ElementsAre("pad", "concat"));
  check(b);
}

TEST(Executor, runsElementwiseStepsInPlace) {
  PlanBuilder b;
  uint32_t x = b.input({1, 16, 8, 8}, plan::ROW_MAJOR);
  Shape shape = b.shapeOf(x);
  uint32_t y = b.step("relayout", {x}, shape);
  for (int i = 0; i < 5; ++i) {
    y = b.step("scale_offset", {y}, shape);
    b.batchNorm(16, plan::NONE);
  }
  uint32_t again = b.step("relu", {y}, shape); // y is read once more
  b.output(b.step("sub", {y, again}, shape));
  Executor executor(b.plan, b.tensors, {1, 1});
  // Two values at a time, each of 16 · 8 · 8 floats.
  EXPECT_EQ(executor.arenaBytes(), 2 * 16 * 8 * 8 * sizeof(float));
  check(b);
}

TEST(Executor, fallsBackToTheReference) {
  PlanBuilder b;
  uint32_t x = b.input({1, 3, 8, 8});
  x = b.conv(x, 17, 3, 1, 1);
  x = b.step("sigmoid", {x}, {1, 17, 8, 8});
  b.batchNorm(17, plan::CLIP);
  b.epilogue().set_highest(1);
  x = b.conv(x, 16, 3, 1, 1); // needs a border, which sigmoid leaves alone
  x = b.step("relayout", {x}, {1, 16, 8, 8}, plan::ROW_MAJOR);
  x = b.step("transpose", {x}, {1, 8, 8, 16}, plan::ROW_MAJOR);
  b.with("permutation", {0, 3, 2, 1});
  x = b.step("cumulate", {x}, {1, 8, 8, 16}, plan::ROW_MAJOR);
  b.with("kind", "sum").with("axis", 3).with("exclusive", 0).with("reverse", 1);
  x = b.step("matmul", {x, b.weights({16, 9})}, {1, 8, 8, 9}, plan::ROW_MAJOR);
  b.layer();
  b.output(x);
  EXPECT_THAT(generalSteps(b),
              testing::ElementsAre("sigmoid", "cumulate", "matmul"));
  check(b);
}

/// Attention between layers of 16 numbers, 6 tokens and 2 heads, and what
/// usually stands around it.
TEST(Executor, runsTransformersWithoutTheReference) {
  PlanBuilder b;
  const plan::Layout rows = plan::ROW_MAJOR;
  const Shape tokens = {1, 6, 16}, heads = {1, 2, 6, 8}, scores = {1, 2, 6, 6};
  uint32_t x = b.input(tokens, rows);
  auto reduced = [&](const char *kind, uint32_t of, Shape shape, int axis) {
    uint32_t y = b.step("reduce", {of}, shape, rows);
    b.with("kind", kind)
        .with("axes", Integers{axis})
        .with("keep_dimensions", 1);
    return y;
  };
  uint32_t mean = reduced("mean", x, {1, 6, 1}, 2);
  uint32_t centred = b.step("sub", {x, mean}, tokens, rows);
  uint32_t square = b.step("mul", {centred, centred}, tokens, rows);
  uint32_t variance = reduced("mean", square, {1, 6, 1}, 2);
  uint32_t deviation = b.step("sqrt", {variance}, {1, 6, 1}, rows);
  uint32_t normal = b.step("div", {centred, deviation}, tokens, rows);
  normal = b.step("mul", {normal, b.constant({16})}, tokens, rows);
  auto projected = [&](Integers permutation, Shape shape) {
    uint32_t y = b.step("matmul", {normal, b.weights({16, 16})}, tokens, rows);
    b.layer();
    y = b.step("add", {y, b.constant({16})}, tokens, rows);
    y = b.step("reshape", {y}, {1, 6, 2, 8}, rows);
    y = b.step("transpose", {y}, shape, rows);
    b.with("permutation", permutation);
    return y;
  };
  uint32_t q = projected({0, 2, 1, 3}, heads);
  uint32_t k = projected({0, 2, 3, 1}, {1, 2, 8, 6});
  uint32_t v = projected({0, 2, 1, 3}, heads);
  uint32_t share = b.step("matmul", {q, k}, scores, rows);
  uint32_t largest = reduced("max", share, {1, 2, 6, 1}, 3);
  share = b.step("sub", {share, largest}, scores, rows);
  share = b.step("softmax", {share}, scores, rows);
  b.with("axis", 3);
  uint32_t mixed = b.step("matmul", {share, v}, heads, rows);
  mixed = b.step("transpose", {mixed}, {1, 6, 2, 8}, rows);
  b.with("permutation", {0, 2, 1, 3});
  mixed = b.step("reshape", {mixed}, tokens, rows);
  uint32_t left = b.step("slice", {mixed}, {1, 6, 8}, rows);
  b.with("starts", {0, 0, 8}).with("sizes", {1, 6, 8}).with("steps", {1, 1, 1});
  uint32_t right = b.step("erf", {left}, {1, 6, 8}, rows);
  mixed = b.step("concat", {left, right}, tokens, rows);
  b.with("axis", 2);
  mixed = b.step("matmul", {mixed, b.weights({16, 16})}, tokens, rows);
  b.layer();
  b.epilogue().set_residual(x);
  b.epilogue().set_activation(plan::LEAKY_RELU);
  b.epilogue().set_lowest(0.5);
  b.output(mixed);
  EXPECT_THAT(generalSteps(b), testing::IsEmpty());
  check(b);
}

TEST(Executor, runsStacksOfMatrices) {
  PlanBuilder b;
  uint32_t x = b.input({1, 6, 24}, plan::ROW_MAJOR);
  x = b.step("matmul", {x, b.weights({24, 32})}, {1, 6, 32}, plan::ROW_MAJOR);
  b.layer();
  x = b.step("relu", {x}, {1, 6, 32}, plan::ROW_MAJOR);
  x = b.step("matmul", {x, b.weights({32, 16})}, {1, 6, 16}, plan::ROW_MAJOR);
  b.layer();
  b.output(x);
  EXPECT_THAT(generalSteps(b), testing::IsEmpty());
  check(b);
}

/// The constants of an epilogue go along dimension 1, not along the numbers of
/// a row.
TEST(Executor, runsARowOfAStackWithAnEpilogue) {
  PlanBuilder b;
  uint32_t x = b.input({1, 1, 24}, plan::ROW_MAJOR);
  x = b.step("matmul", {x, b.weights({24, 16})}, {1, 1, 16}, plan::ROW_MAJOR);
  b.layer();
  b.batchNorm(1);
  b.output(x);
  EXPECT_THAT(generalSteps(b), testing::ElementsAre("matmul"));
  check(b);
}

/// Kernels take pixels as they come only of fewer channels.
TEST(Executor, padsInputsOfMoreThanABlockOfChannels) {
  for (auto [channels, stride] : {std::pair(3, 3), {16, 16}, {20, 32}}) {
    PlanBuilder b = residualNetwork(channels);
    const Program program{b.plan, b.tensors};
    const ValueStorage storage =
        storageOf(program, bindSteps(program, /*strict=*/false));
    EXPECT_EQ(storage.geometry[b.plan.inputs(0)].stride, stride);
  }
}

TEST(Executor, runsAModelWithAFixedBatchOneImageAtATime) {
  PlanBuilder b = residualNetwork();
  for (plan::Value &value : *b.plan.mutable_values())
    if (value.constant().empty())
      value.set_shape(0, 4);
  for (plan::Step &step : *b.plan.mutable_steps())
    if (step.operation() == "slice")
      (*step.mutable_attributes())["sizes"].mutable_integers()->set_values(0,
                                                                           4);
  EXPECT_EQ(runFast(b, {2, 3}), runFast(residualNetwork(), {2, 3}));
}

TEST(Executor, runsWholeBatchesWhereImagesMix) {
  // Every image gets the sum over its batch of 4 added.
  PlanBuilder b;
  b.plan.set_image_wise(false);
  uint32_t x = b.input({4, 3, 6, 6});
  x = b.conv(x, 16, 3, 1, 1);
  uint32_t rows = b.step("relayout", {x}, {4, 16, 6, 6}, plan::ROW_MAJOR);
  uint32_t sum = b.step("reduce", {rows}, {1, 16, 6, 6}, plan::ROW_MAJOR);
  b.with("kind", "sum").with("axes", Integers{0}).with("keep_dimensions", 1);
  uint32_t y = b.step("add", {rows, sum}, {4, 16, 6, 6}, plan::ROW_MAJOR);
  uint32_t back = b.step("relayout", {y}, {4, 16, 6, 6});
  b.output(b.head(back, 32));
  std::vector<float> result = runFast(b, {1, 1});
  expectNear(result, runReference(b));
  EXPECT_EQ(runFast(b, {3, 8}), result);
  Executor executor(b.plan, b.tensors, {2, 1});
  executor.program({});
  EXPECT_EQ(executor.imagesPerCall(), 4);
  KeptActivations kept(executor, images);
  std::vector<float> parts(result.size());
  EXPECT_TRUE(executor.keep(kept, 0, images, 2, [&](int64_t index, float *x) {
    for (int64_t i = 0; i < 3 * 6 * 6; ++i)
      x[i] = pixel(index, i);
  }));
  executor.resume(kept, [&](int64_t index, const float *logits) {
    std::copy_n(logits, 32, parts.begin() + index * 32);
  });
  EXPECT_EQ(parts, result);
}

/// Kernels of one call want working memory for all of its images.
TEST(Executor, runsLargeBatchesWhereImagesMix) {
  PlanBuilder b;
  b.plan.set_image_wise(false);
  uint32_t x = b.input({32, 3, 8, 8});
  x = b.conv(x, 16, 3, 1, 1);
  x = b.conv(x, 16, 3, 1, 1);
  b.output(b.head(x, 32));
  EXPECT_THAT(Executor(b.plan, b.tensors, {1, 1}).profile()[1].kernel,
              testing::StartsWith("winograd"));
  expectNear(runFast(b, {1, 1}), runReference(b));
}

/// Makes every layer multiply bfloat16 numbers, where the processor can.
std::shared_ptr<kernels::AlgorithmChoice>
bfloat16Everywhere(const PlanBuilder &b) {
  auto choice = std::make_shared<kernels::AlgorithmChoice>();
  for (const auto &shape : convolutionsWithChoice({b.plan, b.tensors}))
    (*choice)[shape] = kernels::ConvolutionAlgorithm::bfloat16;
  return choice;
}

/// Against the reference that rounds alike: a sum's last bits decide now and
/// then which of two bfloat16 numbers is nearer, and these are 0.4 % apart.
TEST(Executor, roundsToBfloat16) {
  PlanBuilder b = residualNetwork();
  ReferenceExecutor executor(b.plan, b.tensors, Precision::bf16);
  executor.program({});
  ReferenceExecutor exact(b.plan, b.tensors);
  exact.program({});
  auto logits = [&](const ReferenceExecutor &reference) {
    std::vector<double> results(images * reference.outputElements());
    reference.run(
        images,
        [&](int64_t index, float *image) {
          for (int64_t i = 0; i < reference.inputElements(); ++i)
            image[i] = pixel(index, i);
        },
        [&](int64_t index, const double *row) {
          std::copy_n(row, reference.outputElements(),
                      results.begin() + index * reference.outputElements());
        });
    return results;
  };
  const std::vector<double> expected = logits(executor), f32 = logits(exact);
  double largest = 0;
  for (double number : expected)
    largest = std::max(largest, std::abs(number));
  InstructionSetGuard guard;
  for (auto [set, isEverywhere] :
       {std::pair(kernels::InstructionSet::baseline, false),
        {kernels::bestBfloat16InstructionSet(), false},
        {kernels::bestBfloat16InstructionSet(), true}}) {
    kernels::setInstructionSet(set);
    ExecutorOptions options{1, 4, Precision::bf16};
    if (isEverywhere)
      options.chosen = bfloat16Everywhere(b);
    const std::vector<float> result = runFast(b, options);
    const double worst = largestDifference(result, expected);
    EXPECT_LT(worst, 0.004 * largest) << nameOf(set);
    EXPECT_GT(largestDifference(result, f32), 2 * worst) << nameOf(set);
    options.threads = 3;
    options.microBatch = 5;
    EXPECT_EQ(runFast(b, options), result) << nameOf(set);
  }
}

/// Values between kernels on bfloat16 numbers are such numbers in memory too,
/// residuals and shortcuts included; what other steps or callers touch is f32.
TEST(Executor, storesBfloat16) {
  InstructionSetGuard guard;
  kernels::setInstructionSet(kernels::bestBfloat16InstructionSet());
  if (kernels::instructionSet() < kernels::InstructionSet::avx512bf16)
    GTEST_SKIP() << "NOT TESTED: this processor has no products of bfloat16";
  PlanBuilder b = residualNetwork();
  const Program program{b.plan, b.tensors, nullptr, bfloat16Values(b.plan)};
  const BoundSteps steps =
      bindSteps(program, false, bfloat16Everywhere(b).get());
  const ValueStorage storage = storageOf(program, steps);
  std::vector<std::string> stored;
  for (int v = 0; v < b.plan.values_size(); ++v)
    if (storage.geometry[v].isBfloat16)
      stored.push_back(b.plan.values(v).name());
  EXPECT_THAT(stored, testing::ElementsAre("conv1", "conv2", "conv3", "conv4",
                                           "slice5", "pad6"));
  // Two bytes a number, and a pixel of zeros behind the 16 channels.
  const Geometry &stem = storage.geometry[b.plan.steps(0).outputs(0)];
  EXPECT_EQ(stem.bytes, size_t((18 * 18 + 1) * 16 * 2 + 32));
  EXPECT_EQ(stem.imageStride(), int64_t(stem.bytes / 2));
}

/// What an image leaves in memory must not reach the next ones, not even as
/// zero times infinity.
void checkForgetting(const PlanBuilder &b, const ExecutorOptions &options) {
  const std::vector<float> expected = runFast(b, options);
  Executor executor(b.plan, b.tensors, options);
  executor.program({});
  std::vector<float> results(expected.size());
  for (const bool isInfinite : {true, false})
    executor.run(
        images,
        [&](int64_t index, float *image) {
          for (int64_t i = 0; i < executor.inputElements(); ++i)
            image[i] = isInfinite ? std::numeric_limits<float>::infinity()
                                  : pixel(index, i);
        },
        [&](int64_t index, const float *logits) {
          std::copy_n(logits, 10, results.begin() + index * 10);
        });
  EXPECT_EQ(results, expected);
}

TEST(Executor, forgetsInfinities) {
  // Behind the 255 numbers of its rows are those of later values.
  PlanBuilder dense;
  uint32_t x = dense.input({1, 255}, plan::ROW_MAJOR);
  x = dense.gemm(dense.gemm(x, 256), 256);
  dense.output(dense.gemm(x, 10));
  for (const PlanBuilder &b : {residualNetwork(), residualNetwork(20), dense}) {
    checkForgetting(b, {1, 4});
    InstructionSetGuard guard;
    kernels::setInstructionSet(kernels::bestBfloat16InstructionSet());
    ExecutorOptions options{1, 4, Precision::bf16};
    options.chosen = bfloat16Everywhere(b);
    checkForgetting(b, options);
  }
}

TEST(Executor, writesDifferentChips) {
  PlanBuilder b = residualNetwork();
  plan::Layer &layer = *b.plan.mutable_layers(2);
  layer.mutable_quantize()->set_bits(5);
  layer.mutable_noise()->set_width(0.5);
  layer.mutable_noise()->set_unit(plan::QUANTIZATION_STEP);
  Chip first{7, 0, 0}, second{7, 1, 0};
  std::vector<float> result = runFast(b, {2, 4}, second);
  expectNear(result, runReference(b, second));
  EXPECT_NE(runFast(b, {2, 4}, first), result);

  // Programming again leaves nothing of the chip before.
  Executor executor(b.plan, b.tensors, {2, 4});
  executor.program(first);
  executor.program(second);
  std::vector<float> again(result.size());
  executor.run(
      images,
      [&](int64_t index, float *image) {
        for (int64_t i = 0; i < executor.inputElements(); ++i)
          image[i] = pixel(index, i);
      },
      [&](int64_t index, const float *logits) {
        std::copy_n(logits, 10, again.begin() + index * 10);
      });
  EXPECT_EQ(again, result);
}

// What tolerance analysis does: the network runs up to a layer once, and from
// there on with many different cells of that layer.
TEST(Executor, resumesInFrontOfALayerThatChanged) {
  PlanBuilder b = residualNetwork();
  PlanBuilder noisy = b;
  plan::Layer &layer = *noisy.plan.mutable_layers(2);
  layer.mutable_noise()->set_width(0.1);
  layer.mutable_noise()->set_unit(plan::NORMALISED_SCALE);
  LayerProgram errors(layer, b.tensors.at(layer.weights()));

  Executor executor(b.plan, b.tensors, {2, 4});
  executor.program({});
  const int64_t in = executor.inputElements(), out = executor.outputElements();
  KeptActivations kept(executor, images);
  const int step = executor.firstUseOf(2);
  EXPECT_GT(step, 0);
  ASSERT_TRUE(
      executor.keep(kept, 0, images, step, [&](int64_t index, float *image) {
        for (int64_t i = 0; i < in; ++i)
          image[i] = pixel(index, i);
      }));
  auto resume = [&] {
    std::vector<float> results(images * out);
    executor.resume(kept, [&](int64_t index, const float *logits) {
      std::copy_n(logits, out, results.begin() + index * out);
    });
    return results;
  };
  for (uint64_t trial : {0, 1, 2}) {
    const Chip chip{5, trial, 0};
    executor.programLayer(2, chip, &errors);
    EXPECT_EQ(resume(), runFast(noisy, {2, 4}, chip)) << "trial " << trial;
  }
  executor.programLayer(2, {}); // the plan's own cells
  EXPECT_EQ(resume(), runFast(b, {2, 4}));
  executor.programLayer(2, {}, &errors);
  executor.program({}); // all of the plan's, what never changes included
  EXPECT_EQ(resume(), runFast(b, {2, 4}));
}

TEST(Executor, keepsNothingWhenItIsStopped) {
  PlanBuilder b = residualNetwork();
  Executor executor(b.plan, b.tensors, {2, 2});
  executor.program({});
  KeptActivations kept(executor, 100);
  std::atomic<int> polls = 0;
  auto read = [](int64_t, float *image) { std::fill_n(image, 3 * 256, 1.0f); };
  EXPECT_FALSE(
      executor.keep(kept, 0, 100, 2, read, [&] { return ++polls > 5; }));
  EXPECT_EQ(kept.images(), 0);
  ASSERT_TRUE(executor.keep(kept, 0, 100, 2, read));
  EXPECT_FALSE(executor.advance(kept, 3, [&] { return ++polls > 10; }));
  EXPECT_EQ(kept.images(), 0);
}

TEST(Executor, sharesALayerAmongSteps) {
  PlanBuilder b;
  uint32_t x = b.input({1, 16, 8, 8});
  uint32_t y = b.conv(x, 16, 3, 1, 1);
  b.plan.mutable_layers(0)->mutable_noise()->set_width(0.1);
  b.plan.mutable_layers(0)->mutable_noise()->set_unit(plan::NORMALISED_SCALE);
  // The same weights with another stride.
  plan::Step again = b.plan.steps(0);
  uint32_t z = b.step("conv", {y, again.inputs(1)}, {1, 16, 4, 4});
  plan::Step &second = *b.plan.mutable_steps(1);
  *second.mutable_attributes() = again.attributes();
  auto &strides = *(*second.mutable_attributes())["strides"].mutable_integers();
  strides.set_values(0, 2);
  strides.set_values(1, 2);
  second.set_layer(0);
  b.output(z);
  check(b);
}

TEST(Executor, stopsBetweenMicroBatches) {
  PlanBuilder b = residualNetwork();
  Executor executor(b.plan, b.tensors, {2, 2});
  executor.program({});
  std::atomic<int> written = 0, polls = 0;
  bool finished = executor.run(
      1000, [](int64_t, float *) {}, [&](int64_t, const float *) { ++written; },
      [&] { return ++polls > 5; });
  EXPECT_FALSE(finished);
  EXPECT_LE(written, 12);
}

TEST(Executor, passesExceptionsOfCallbacksOn) {
  PlanBuilder b = residualNetwork();
  Executor executor(b.plan, b.tensors, {2, 2});
  executor.program({});
  auto read = [](int64_t index, float *) {
    if (index == 13)
      throw InputError("image 13 is broken");
  };
  EXPECT_THROW(executor.run(1000, read, [](int64_t, const float *) {}),
               InputError);
}

TEST(Executor, measuresSteps) {
  PlanBuilder b = residualNetwork();
  ExecutorOptions options{1, 2};
  options.profile = true;
  Executor executor(b.plan, b.tensors, options);
  executor.program({});
  executor.run(images, [](int64_t, float *) {}, [](int64_t, const float *) {});
  std::vector<StepTime> steps = executor.profile();
  // The reshape and the relayout before it take no time, nor a step; the slice
  // and the pad are one.
  EXPECT_EQ(steps.size(), b.plan.steps_size() - 3u);
  for (const StepTime &step : steps)
    EXPECT_GT(step.seconds, 0) << step.name;
}

TEST(Executor, refusesMalformedPlans) {
  auto refuses = [](auto change) {
    PlanBuilder b = residualNetwork();
    change(b.plan);
    EXPECT_THROW(Executor(b.plan, b.tensors, {1, 1}), InputError);
  };
  refuses([](plan::Plan &p) { p.set_version(2); });
  refuses([](plan::Plan &p) { p.clear_inputs(); });
  refuses([](plan::Plan &p) { p.clear_outputs(); });
  refuses([](plan::Plan &p) { p.add_inputs(p.inputs(0)); });
  refuses([](plan::Plan &p) { p.mutable_steps(0)->set_inputs(0, 9999); });
  refuses([](plan::Plan &p) { p.mutable_steps(0)->set_layer(77); });
  refuses([](plan::Plan &p) { p.mutable_steps(0)->set_operation("none"); });
  refuses([](plan::Plan &p) { p.mutable_steps(0)->clear_attributes(); });
  refuses([](plan::Plan &p) { p.mutable_values(0)->set_shape(2, 17); });
  refuses([](plan::Plan &p) { p.mutable_values(0)->set_shape(0, 0); });
  refuses(
      [](plan::Plan &p) { p.mutable_values(0)->set_element_type(plan::U8); });
}

TEST(Executor, refusesImagesThatAreNotKeptApart) {
  PlanBuilder b; // says that they are
  uint32_t x = b.input({2, 3}, plan::ROW_MAJOR);
  b.output(b.step("transpose", {x}, {3, 2}, plan::ROW_MAJOR));
  b.with("permutation", Integers{1, 0});
  EXPECT_THROW(Executor(b.plan, b.tensors, {1, 1}), InputError);
  b.plan.set_image_wise(false);
  EXPECT_NO_THROW(Executor(b.plan, b.tensors, {1, 1}));
}

TEST(Executor, refusesWhatDoesNotFitIntoMemory) {
  PlanBuilder b = residualNetwork();
  EXPECT_THROW(Executor(b.plan, b.tensors, {1, 4000000000u}), InputError);
}

} // namespace
