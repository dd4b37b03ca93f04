//===- NarrowTypeTest.cpp - Element types of at most 8 bits ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Floating-point formats are compared with LLVM's, integers with C++'s.
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/NarrowType.h"

#include "frontends/onnx/TensorData.h"
#include "tests/frontends/onnx/OneNode.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/APInt.h"

#include <cmath>
#include <gmock/gmock.h>
#include <random>

using namespace cim;
using namespace cim::test;
using llvm::APFloat;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

enum Number {
  e4m3fn = 17,
  e4m3fnuz,
  e5m2,
  e5m2fnuz,
  uint4,
  int4,
  e2m1,
  uint2 = 25,
  int2
};

struct Format {
  Number number;
  const llvm::fltSemantics &semantics;
};
const Format formats[] = {{e4m3fn, APFloat::Float8E4M3FN()},
                          {e4m3fnuz, APFloat::Float8E4M3FNUZ()},
                          {e5m2, APFloat::Float8E5M2()},
                          {e5m2fnuz, APFloat::Float8E5M2FNUZ()},
                          {e2m1, APFloat::Float4E2M1FN()}};

double numberOf(APFloat value) {
  bool ignored;
  value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &ignored);
  return value.convertToDouble();
}

bool same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

TEST(NarrowType, DecodesEveryCode) {
  for (const auto &[number, semantics] : formats) {
    const auto type = importer::narrowType(number);
    ASSERT_TRUE(type);
    for (int code = 0; code < 1 << type->bits; ++code) {
      const double expected =
          numberOf(APFloat(semantics, llvm::APInt(type->bits, code)));
      const double decoded = type->decoded(code);
      EXPECT_TRUE(same(decoded, expected) &&
                  (std::isnan(expected) ||
                   std::signbit(decoded) == std::signbit(expected)))
          << importer::typeName(number) << " " << code << ": " << decoded
          << ", expected " << expected;
    }
  }
  for (int code = 0; code < 16; ++code) {
    EXPECT_EQ(importer::narrowType(uint4)->decoded(code | 0xf0), code);
    EXPECT_EQ(importer::narrowType(int4)->decoded(code),
              code < 8 ? code : code - 16);
    EXPECT_EQ(importer::narrowType(uint2)->decoded(code), code % 4);
    EXPECT_EQ(importer::narrowType(int2)->decoded(code),
              code % 4 < 2 ? code % 4 : code % 4 - 4);
  }
}

/// Numbers of all sizes, and ties: half-way between neighbours.
std::vector<float> samples(const importer::NarrowType &type) {
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> exponent(-22, 22), sign(-1, 1);
  std::vector<float> numbers{0, -0.f, INFINITY, -INFINITY, NAN, 1e30f};
  for (int i = 0; i < 2000; ++i)
    numbers.push_back(
        std::copysign(std::exp2(exponent(generator)), sign(generator)));
  for (int code = 0; code + 1 < 1 << type.bits; ++code)
    if (const double tie = (type.decoded(code) + type.decoded(code + 1)) / 2;
        std::isfinite(tie))
      numbers.push_back(tie);
  return numbers;
}

double reference(const importer::NarrowType &type,
                 const llvm::fltSemantics &semantics, float number,
                 bool saturate) {
  if (!type.hasNan && std::isnan(number))
    return 0;
  if ((!type.hasNan || saturate) && std::isinf(number))
    return std::copysign(type.greatest, number);
  APFloat value(number);
  bool ignored;
  value.convert(semantics, APFloat::rmNearestTiesToEven, &ignored);
  const double rounded = numberOf(value);
  const bool isBeyond =
      !std::isnan(number) && !(std::abs(rounded) <= type.greatest);
  return saturate && isBeyond ? std::copysign(type.greatest, number) : rounded;
}

TEST(NarrowType, RoundsAsLlvmDoes) {
  for (const auto &[number, semantics] : formats) {
    const auto type = importer::narrowType(number);
    const std::vector<float> numbers = samples(*type);
    for (bool saturate : {false, true}) {
      const std::vector<double> rounded =
          OneNode("Cast", 23)
              .numbers({int64_t(numbers.size())}, numbers)
              .with([&, to = number](Attributes &a) {
                a.integer("to", to).integer("saturate", saturate);
              })
              .values();
      for (size_t i = 0; i < numbers.size(); ++i) {
        const double expected =
            reference(*type, semantics, numbers[i], saturate);
        EXPECT_TRUE(same(rounded[i], expected))
            << numbers[i] << " as " << importer::typeName(number) << " is "
            << rounded[i] << ", expected " << expected;
      }
    }
  }
}

TEST(NarrowType, ConvertsIntegersByTheirLowestBits) {
  auto cast = [](int64_t to) {
    return OneNode("Cast", 25)
        .list({-9, -8, -3, 0, 3, 7, 8, 300})
        .with([=](Attributes &a) { a.integer("to", to); })
        .values();
  };
  EXPECT_THAT(cast(int4), ElementsAre(7, -8, -3, 0, 3, 7, -8, -4));
  EXPECT_THAT(cast(uint4), ElementsAre(7, 8, 13, 0, 3, 7, 8, 12));
  EXPECT_THAT(cast(int2), ElementsAre(-1, 0, 1, 0, -1, -1, 0, 0));
  EXPECT_THAT(cast(uint2), ElementsAre(3, 0, 1, 0, 3, 3, 0, 0));
}

/// Codes of five weights, moved and then dequantized: their type is known
/// wherever they go.
ModelBuilder quantizedWeights(int type, const std::string &bytes) {
  ModelBuilder model(25);
  onnx::TensorProto &weights = *model.graph().add_initializer();
  weights.set_name("w");
  weights.set_data_type(type);
  weights.add_dims(1);
  weights.add_dims(5);
  weights.set_raw_data(bytes);
  model.numbers("scale", {}, {0.5f});
  model.node("Transpose", {"w"}, {"turned"});
  return model;
}

TEST(NarrowType, WeightsAreUnpacked) {
  ModelBuilder model = quantizedWeights(int4, "\x81\xf7\x02");
  model.node("DequantizeLinear", {"turned", "scale"}, {"y"});
  model.output("y");
  const Tensor result = importModel(model).constants().at(0);
  EXPECT_THAT(result.shape, ElementsAre(5, 1));
  EXPECT_THAT(elements(result), ElementsAre(0.5, -4, 3.5, -0.5, 1));
  // The same in the typed field: a byte in each number.
  onnx::TensorProto &weights = *model.graph().mutable_initializer(0);
  weights.clear_raw_data();
  for (int byte : {0x81, 0xf7, 0x02})
    weights.add_int32_data(byte);
  EXPECT_THAT(elements(importModel(model).constants().at(0)),
              ElementsAre(0.5, -4, 3.5, -0.5, 1));
  weights.add_int32_data(0);
  EXPECT_THAT(importError(model), HasSubstr("so 3 bytes, but holds 4"));
}

TEST(NarrowType, QuantizesToTheTypeOfAMovedZeroPoint) {
  ModelBuilder model = quantizedWeights(uint2, std::string("\0\0", 2));
  model.node("Reshape", {"turned", "five"}, {"zero"});
  model.integers("five", {1}, {5});
  model.numbers("x", {5, 1}, {-1, 0.4f, 0.6f, 1.5f, 40});
  model.numbers("scales", {5}, {0.5f, 0.5f, 0.5f, 0.5f, 0.5f});
  model.node("QuantizeLinear", {"x", "scales", "zero"}, {"y"})
      .integer("axis", 0);
  model.output("y");
  EXPECT_THAT(elements(importModel(model).constants().at(0)),
              ElementsAre(0, 1, 1, 3, 3));
}

TEST(NarrowType, DequantizesToFloatingPointTypesOnly) {
  auto dequantized = [](int type) {
    ModelBuilder model = quantizedWeights(int4, "\x81\xf7\x02");
    model.node("DequantizeLinear", {"turned", "scale"}, {"y"}, "n")
        .integer("output_dtype", type);
    model.output("y");
    return model;
  };
  for (int type : {onnx::TensorProto::FLOAT, onnx::TensorProto::FLOAT16,
                   onnx::TensorProto::BFLOAT16})
    EXPECT_THAT(elements(importModel(dequantized(type)).constants().at(0)),
                ElementsAre(0.5, -4, 3.5, -0.5, 1));
  EXPECT_THAT(importError(dequantized(onnx::TensorProto::INT32)),
              HasSubstr("dequantizes to int32"));
}

TEST(NarrowType, NothingIsComputedInIt) {
  ModelBuilder model = quantizedWeights(int4, "\x81\xf7\x02");
  model.node("Add", {"turned", "turned"}, {"y"}, "sum");
  model.output("y");
  EXPECT_THAT(importError(model),
              testing::AllOf(HasSubstr("node 'sum' (Add)"),
                             HasSubstr("operand 'turned' of type int4")));
}

TEST(HalfPrecision, IsRoundedToTheNearestEvenNumber) {
  EXPECT_EQ(importer::rounded(1 + 0x1p-11f, onnx::TensorProto::FLOAT16), 1);
  EXPECT_EQ(importer::rounded(1 + 0x3p-11f, onnx::TensorProto::FLOAT16),
            1 + 0x1p-9f);
  EXPECT_EQ(importer::rounded(65520, onnx::TensorProto::FLOAT16), INFINITY);
  EXPECT_EQ(importer::rounded(0x1p-26f, onnx::TensorProto::FLOAT16), 0);
  EXPECT_EQ(importer::rounded(1 + 0x1p-8f, onnx::TensorProto::BFLOAT16), 1);
  EXPECT_EQ(importer::rounded(1 + 0x3p-8f, onnx::TensorProto::BFLOAT16),
            1 + 0x1p-6f);
  EXPECT_EQ(importer::rounded(0.1f, onnx::TensorProto::FLOAT), 0.1f);
}

} // namespace
