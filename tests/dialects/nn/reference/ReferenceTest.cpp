//===- ReferenceTest.cpp - The reference, by hand -------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What onnxruntime leaves open or cannot do, worked out by hand.
//
//===----------------------------------------------------------------------===//
#include "Tensors.h"

#include <cmath>
#include <gmock/gmock.h>
#include <limits>
#include <stdexcept>

namespace cim::reference {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::NanSensitiveDoubleEq;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
constexpr int64_t highest = std::numeric_limits<int64_t>::max();

std::vector<double> unary(const char *mnemonic, std::vector<double> x,
                          const Attributes &attributes = {}) {
  int64_t size = x.size();
  return evaluate(mnemonic, attributes, {F({size}, x)}, F({size}, {})).numbers;
}

Ints integers(const char *mnemonic, Ints a, Ints b) {
  int64_t size = a.size();
  return evaluate(mnemonic, {}, {I({size}, a), I({size}, b)}, I({size}, {}))
      .integers;
}

Ints compared(const char *mnemonic, std::vector<double> a,
              std::vector<double> b) {
  int64_t size = a.size();
  return evaluate(mnemonic, {}, {F({size}, a), F({size}, b)}, B({size}, {}))
      .integers;
}

TEST(Reference, KnowsItsOperationsOnly) {
  Tensor result;
  EXPECT_FALSE(evaluate("nonsense", {}, {}, std::span(&result, 1)));
}

TEST(Elementwise, FunctionsOfOneNumber) {
  EXPECT_THAT(unary("relu", {-2, 0, 3}), ElementsAre(0, 0, 3));
  EXPECT_THAT(unary("leaky_relu", {-2, 0, 3}, {{"alpha", 0.1}}),
              ElementsAre(DoubleEq(-0.2), 0, 3));
  EXPECT_THAT(unary("sigmoid", {0, std::log(3.0), -infinity}),
              ElementsAre(0.5, DoubleEq(0.75), 0));
  EXPECT_THAT(unary("tanh", {0, infinity}), ElementsAre(0, 1));
  EXPECT_THAT(unary("exp", {0, 1}), ElementsAre(1, DoubleEq(std::exp(1.0))));
  EXPECT_THAT(unary("log", {1, 0}), ElementsAre(0, -infinity));
  EXPECT_THAT(unary("sqrt", {9, -1}),
              ElementsAre(3, NanSensitiveDoubleEq(nan)));
  EXPECT_THAT(unary("abs", {-2, 3}), ElementsAre(2, 3));
  EXPECT_THAT(unary("neg", {-2, 3}), ElementsAre(2, -3));
  EXPECT_THAT(unary("floor", {-1.5, 1.5}), ElementsAre(-2, 1));
  EXPECT_THAT(unary("ceil", {-1.5, 1.5}), ElementsAre(-1, 2));
  EXPECT_THAT(unary("erf", {0, infinity, 0.5}),
              ElementsAre(0, 1, DoubleEq(0.5204998778130465)));
  EXPECT_THAT(unary("reciprocal", {4, 0}), ElementsAre(0.25, infinity));
  EXPECT_THAT(evaluate("not", {}, {B({2}, {0, 1})}, B({2}, {})).integers,
              ElementsAre(1, 0));
}

TEST(Elementwise, NanPrevails) {
  auto isNan = NanSensitiveDoubleEq(nan);
  EXPECT_THAT(unary("relu", {nan}), ElementsAre(isNan));
  EXPECT_THAT(unary("clip", {nan}, {{"lowest", 0.0}, {"highest", 6.0}}),
              ElementsAre(isNan));
  for (const char *mnemonic : {"min", "max"})
    EXPECT_THAT(
        evaluate(mnemonic, {}, {F({2}, {nan, 1}), F({2}, {1, nan})}, F({2}, {}))
            .numbers,
        ElementsAre(isNan, isNan))
        << mnemonic;
}

TEST(Elementwise, ClipLimits) {
  Attributes bounds{{"lowest", -1.0}, {"highest", 2.5}};
  EXPECT_THAT(unary("clip", {-3, 0, 3}, bounds), ElementsAre(-1, 0, 2.5));
  // With the bounds crossed, the upper one is applied last.
  EXPECT_THAT(unary("clip", {0}, {{"lowest", 5.0}, {"highest", 2.0}}),
              ElementsAre(2));
  EXPECT_THAT(evaluate("clip", {{"lowest", -infinity}, {"highest", 2.5}},
                       {I({3}, {lowest, 2, highest})}, I({3}, {}))
                  .integers,
              ElementsAre(lowest, 2, 2));
}

TEST(Elementwise, IntegersDivideTowardsZero) {
  EXPECT_THAT(integers("div", {7, -7, 7, -7}, {2, 2, -2, -2}),
              ElementsAre(3, -3, -3, 3));
  EXPECT_THAT(integers("div", {7, lowest}, {0, -1}), ElementsAre(0, lowest));
}

TEST(Elementwise, RemainderOfIntegersHasTheDivisorsSign) {
  EXPECT_THAT(integers("mod", {7, -7, 7, -7, 6}, {3, 3, -3, -3, 3}),
              ElementsAre(1, 2, -2, -1, 0));
  EXPECT_THAT(integers("mod", {7, lowest}, {0, -1}), ElementsAre(0, 0));
}

TEST(Elementwise, RemainderOfNumbersHasTheDividendsSign) {
  EXPECT_THAT(evaluate("mod", {}, {F({2}, {-7.5, 7.5}), F({}, {2})}, F({2}, {}))
                  .numbers,
              ElementsAre(-1.5, 1.5));
}

TEST(Elementwise, IntegersWrap) {
  EXPECT_THAT(integers("add", {highest}, {1}), ElementsAre(lowest));
  EXPECT_THAT(integers("sub", {lowest, 5}, {1, lowest}),
              ElementsAre(highest, lowest + 5));
  EXPECT_THAT(integers("mul", {highest}, {2}), ElementsAre(-2));
  EXPECT_THAT(evaluate("neg", {}, {I({1}, {lowest})}, I({1}, {})).integers,
              ElementsAre(lowest));
  EXPECT_THAT(evaluate("abs", {}, {I({2}, {lowest, -3})}, I({2}, {})).integers,
              ElementsAre(lowest, 3));
}

TEST(Elementwise, PowersOfIntegers) {
  EXPECT_THAT(integers("pow", {3, -2, 0, 2, -1, 2}, {4, 3, 0, -1, -3, 64}),
              ElementsAre(81, -8, 1, 0, -1, 0));
}

/// The bits of 2^64 − 1.
constexpr int64_t highestUnsigned = -1;

TEST(Elementwise, UnsignedIntegersGoOnWhereOthersEnd) {
  auto binary = [](const char *mnemonic, int64_t a, int64_t b) {
    return evaluate(mnemonic, {}, {U({1}, {a}), U({1}, {b})}, U({1}, {}))
        .integers.at(0);
  };
  EXPECT_EQ(binary("div", highestUnsigned, 2), highest);
  EXPECT_EQ(binary("div", highestUnsigned, 0), 0);
  EXPECT_EQ(binary("mod", highestUnsigned, 10), 5);
  EXPECT_EQ(binary("mod", highestUnsigned, 0), 0);
  EXPECT_EQ(binary("pow", 2, 63), lowest);
  EXPECT_EQ(binary("pow", 1, highestUnsigned), 1);
  EXPECT_EQ(binary("min", highestUnsigned, 1), 1);
  EXPECT_EQ(binary("max", highestUnsigned, 1), highestUnsigned);
  EXPECT_EQ(binary("sub", 1, 2), highestUnsigned);
  for (auto [mnemonic, expected] :
       {std::pair("less", 0), std::pair("greater", 1)})
    EXPECT_THAT(evaluate(mnemonic, {}, {U({1}, {highestUnsigned}), U({1}, {1})},
                         B({1}, {}))
                    .integers,
                ElementsAre(expected));
  for (const char *mnemonic : {"relu", "abs"})
    EXPECT_THAT(evaluate(mnemonic, {}, {U({1}, {highestUnsigned})}, U({1}, {}))
                    .integers,
                ElementsAre(highestUnsigned));
  EXPECT_THAT(evaluate("clip", {{"lowest", -5.0}, {"highest", 10.5}},
                       {U({2}, {highestUnsigned, 3})}, U({2}, {}))
                  .integers,
              ElementsAre(10, 3));
}

TEST(Elementwise, UnsignedIntegersAreConverted) {
  EXPECT_THAT(
      evaluate("cast", {}, {U({1}, {highestUnsigned})}, F({1}, {})).numbers,
      ElementsAre(0x1p64));
  EXPECT_THAT(
      evaluate("cast", {}, {F({4}, {0x1p63, 1e30, -1, nan})}, U({4}, {}))
          .integers,
      ElementsAre(lowest, highestUnsigned, highestUnsigned, 0));
}

TEST(Elementwise, Comparisons) {
  EXPECT_THAT(compared("equal", {1, 2, nan}, {1, 1, nan}),
              ElementsAre(1, 0, 0));
  EXPECT_THAT(compared("less", {1, 2, nan}, {2, 1, 1}), ElementsAre(1, 0, 0));
  EXPECT_THAT(compared("greater", {1, 2, nan}, {2, 1, 1}),
              ElementsAre(0, 1, 0));
}

TEST(Elementwise, Logic) {
  Tensor a = B({4}, {0, 0, 1, 1}), b = B({4}, {0, 1, 0, 1});
  EXPECT_THAT(evaluate("and", {}, {a, b}, B({4}, {})).integers,
              ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(evaluate("or", {}, {a, b}, B({4}, {})).integers,
              ElementsAre(0, 1, 1, 1));
}

TEST(Elementwise, CastTruncates) {
  Tensor x = F({5}, {2.9, -2.9, 1e30, -1e30, nan});
  EXPECT_THAT(evaluate("cast", {}, {x}, I({5}, {})).integers,
              ElementsAre(2, -2, highest, lowest, 0));
  EXPECT_THAT(
      evaluate("cast", {}, {F({3}, {0, -0.5, nan})}, B({3}, {})).integers,
      ElementsAre(0, 1, 1));
  EXPECT_THAT(evaluate("cast", {}, {I({2}, {0, -7})}, B({2}, {})).integers,
              ElementsAre(0, 1));
  EXPECT_THAT(evaluate("cast", {}, {B({2}, {0, 1})}, F({2}, {})).numbers,
              ElementsAre(0, 1));
}

TEST(Elementwise, BroadcastOfNothing) {
  Tensor result =
      evaluate("add", {}, {F({0, 3}, {}), F({3}, {1, 2, 3})}, F({0, 3}, {}));
  EXPECT_TRUE(result.numbers.empty());
}

TEST(Convolution, ReadsZeroOutsideOfTheImage) {
  Attributes attributes{{"strides", Ints{2}},
                        {"pads", Ints{1, 1}},
                        {"dilations", Ints{2}},
                        {"groups", int64_t(1)}};
  // y[o] = 10 + x[2o − 1] + 100·x[2o + 1]
  EXPECT_THAT(evaluate("conv", attributes,
                       {F({1, 1, 5}, {1, 2, 3, 4, 5}), F({1, 1, 2}, {1, 100}),
                        F({1}, {10})},
                       F({1, 1, 3}, {}))
                  .numbers,
              ElementsAre(210, 412, 14));
}

TEST(Pooling, MaximumOfNanIsNan) {
  Attributes attributes{{"kernel", Ints{2}},
                        {"strides", Ints{1}},
                        {"pads", Ints{0, 0}},
                        {"dilations", Ints{1}},
                        {"ceil_mode", int64_t(0)}};
  EXPECT_THAT(
      evaluate("max_pool", attributes, {F({1, 1, 4}, {1, nan, 2, 3})},
               F({1, 1, 3}, {}))
          .numbers,
      ElementsAre(NanSensitiveDoubleEq(nan), NanSensitiveDoubleEq(nan), 3));
}

TEST(Normalisation, WindowOfEvenSizeReachesOneFurtherAhead) {
  // Channels c − 1 … c + 2 of size 4; bias + alpha/size·Σx² = 1 + Σx².
  Attributes attributes{
      {"size", int64_t(4)}, {"alpha", 4.0}, {"beta", 1.0}, {"bias", 1.0}};
  EXPECT_THAT(evaluate("lrn", attributes, {F({1, 5, 1}, {1, 2, 3, 4, 5})},
                       F({1, 5, 1}, {}))
                  .numbers,
              ElementsAre(DoubleEq(1. / 15), DoubleEq(2. / 31),
                          DoubleEq(3. / 55), DoubleEq(4. / 51),
                          DoubleEq(5. / 42)));
}

TEST(Normalisation, SoftmaxOfLargeNumbers) {
  EXPECT_THAT(unary("softmax", {1000, 1000}, {{"axis", int64_t(0)}}),
              ElementsAre(0.5, 0.5));
}

TEST(Reduction, OfNothing) {
  Attributes attributes{{"kind", std::string("sum")},
                        {"axes", Ints{0}},
                        {"keep_dimensions", int64_t(1)}};
  EXPECT_THAT(
      evaluate("reduce", attributes, {F({0, 2}, {})}, F({1, 2}, {})).numbers,
      ElementsAre(0, 0));
  attributes["axes"] = Ints{};
  EXPECT_THAT(
      evaluate("reduce", attributes, {F({2}, {3, 4})}, F({2}, {})).numbers,
      ElementsAre(3, 4));
}

TEST(Reduction, OfIntegers) {
  Attributes attributes{{"kind", std::string("mean")},
                        {"axes", Ints{0}},
                        {"keep_dimensions", int64_t(0)}};
  EXPECT_THAT(
      evaluate("reduce", attributes, {I({2}, {-4, 1})}, I({}, {})).integers,
      ElementsAre(-1));
}

TEST(Reduction, OfUnsignedIntegers) {
  auto reduce = [](const char *kind) {
    return evaluate("reduce",
                    {{"kind", std::string(kind)},
                     {"axes", Ints{0}},
                     {"keep_dimensions", int64_t(0)}},
                    {U({2}, {highestUnsigned, 1})}, U({}, {}))
        .integers.at(0);
  };
  EXPECT_EQ(reduce("max"), highestUnsigned);
  EXPECT_EQ(reduce("min"), 1);
}

TEST(Indexing, LargestUnsignedInteger) {
  EXPECT_THAT(
      evaluate(
          "top_k",
          {{"axis", int64_t(0)}, {"k", int64_t(1)}, {"largest", int64_t(1)}},
          {U({3}, {1, highestUnsigned, 2})}, I({1}, {}))
          .integers,
      ElementsAre(1));
}

TEST(DataMovement, PaddedIntegersKeepEveryBit) {
  Attributes attributes{{"pads", Ints{1, 0}},
                        {"mode", std::string("constant")},
                        {"value", infinity}};
  constexpr int64_t noDouble = (int64_t(1) << 53) + 1;
  EXPECT_THAT(
      evaluate("pad", attributes, {I({2}, {highest, noDouble})}, I({3}, {}))
          .integers,
      ElementsAre(highest, highest, noDouble));
}

TEST(DataMovement, PadOnlyWraps) {
  Attributes attributes{
      {"pads", Ints{-1, 3}}, {"mode", std::string("wrap")}, {"value", 0.0}};
  // Negative pads first: [2, 3] repeats.
  EXPECT_THAT(
      evaluate("pad", attributes, {I({3}, {1, 2, 3})}, I({5}, {})).integers,
      ElementsAre(2, 3, 2, 3, 2));
}

TEST(DataMovement, GatherRefusesIndicesBeyondTheEnd) {
  Attributes attributes{{"axis", int64_t(0)}};
  Tensor x = I({2}, {5, 6});
  EXPECT_THAT(
      evaluate("gather", attributes, {x, I({2}, {-2, 1})}, I({2}, {})).integers,
      ElementsAre(5, 6));
  for (int64_t index : {2, -3})
    EXPECT_THROW(evaluate("gather", attributes, {x, I({}, {index})}, I({}, {})),
                 std::domain_error);
}

TEST(DataMovement, Range) {
  auto range = [](double start, double limit, double delta, int64_t size) {
    return evaluate("range", {},
                    {F({}, {start}), F({}, {limit}), F({}, {delta})},
                    F({size}, {}))
        .numbers;
  };
  EXPECT_THAT(range(1, 2, 0.4, 3), ElementsAre(1, 1.4, 1.8));
  EXPECT_THAT(range(5, 0, -2, 3), ElementsAre(5, 3, 1));
  EXPECT_THAT(range(0, -1, 1, 0), ElementsAre());
  EXPECT_THROW(range(0, 3, 1, 4), std::domain_error);
  EXPECT_THROW(range(0, 3, 0, 4), std::domain_error);
  EXPECT_THROW(range(0, nan, 1, 4), std::domain_error);
}

} // namespace
} // namespace cim::reference
