//===- DataRulesTest.cpp - Operators that move data -----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/frontends/onnx/OneNode.h"

#include <gmock/gmock.h>

using namespace cim;
using namespace cim::test;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

using A = Attributes;

//===----------------------------------------------------------------------===//
// Shapes and movement
//===----------------------------------------------------------------------===//

TEST(OnnxRules, Reshape) {
  auto reshaped = [](const std::vector<int64_t> &target, bool allowZero) {
    return OneNode("Reshape", 14).counted({2, 3}).list(target).with([=](A &a) {
      if (allowZero)
        a.integer("allowzero", 1);
    });
  };
  EXPECT_THAT(reshaped({3, 2}, false).shape(), ElementsAre(3, 2));
  EXPECT_THAT(reshaped({-1}, false).shape(), ElementsAre(6));
  EXPECT_THAT(reshaped({0, 1, -1}, false).shape(), ElementsAre(2, 1, 3));
  EXPECT_THAT(reshaped({0, 6}, true).error(), HasSubstr("number of elements"));
  EXPECT_THAT(OneNode("Reshape", 1)
                  .counted({2, 3})
                  .with([](A &a) { a.integers("shape", {6}); })
                  .shape(),
              ElementsAre(6));
}

TEST(OnnxRules, FlattenSqueezeUnsqueeze) {
  auto flattened = [](int64_t axis) {
    return OneNode("Flatten", 13)
        .counted({2, 3, 4})
        .with([=](A &a) { a.integer("axis", axis); })
        .shape();
  };
  EXPECT_THAT(flattened(0), ElementsAre(1, 24));
  EXPECT_THAT(flattened(1), ElementsAre(2, 12));
  EXPECT_THAT(flattened(-1), ElementsAre(6, 4));
  EXPECT_THAT(flattened(3), ElementsAre(24, 1));

  EXPECT_THAT(OneNode("Squeeze", 13).counted({1, 3, 1}).shape(),
              ElementsAre(3));
  EXPECT_THAT(OneNode("Squeeze", 13).counted({1, 3, 1}).list({-1}).shape(),
              ElementsAre(1, 3));
  EXPECT_THAT(OneNode("Squeeze", 11)
                  .counted({1, 3, 1})
                  .with([](A &a) { a.integers("axes", {0}); })
                  .shape(),
              ElementsAre(3, 1));
  EXPECT_THAT(OneNode("Squeeze", 13).counted({1, 3, 1}).list({1}).error(),
              HasSubstr("not 1"));
  EXPECT_THAT(OneNode("Unsqueeze", 13).counted({3}).list({0, -1}).shape(),
              ElementsAre(1, 3, 1));
  EXPECT_THAT(OneNode("Unsqueeze", 11)
                  .counted({3})
                  .with([](A &a) { a.integers("axes", {1}); })
                  .shape(),
              ElementsAre(3, 1));
}

TEST(OnnxRules, Slice) {
  auto sliced = [](int64_t start, int64_t end, int64_t step) {
    return OneNode("Slice", 13)
        .counted({1, 5})
        .list({start})
        .list({end})
        .list({1})
        .list({step})
        .values();
  };
  EXPECT_THAT(sliced(1, 3, 1), ElementsAre(1, 2));
  EXPECT_THAT(sliced(0, INT64_MAX, 2), ElementsAre(0, 2, 4));
  EXPECT_THAT(sliced(-2, 100, 1), ElementsAre(3, 4));
  EXPECT_THAT(sliced(-100, -3, 1), ElementsAre(0, 1));
  EXPECT_THAT(sliced(-1, INT64_MIN, -1), ElementsAre(4, 3, 2, 1, 0));
  EXPECT_THAT(sliced(4, -6, -2), ElementsAre(4, 2, 0));
  EXPECT_THAT(sliced(100, 0, -3), ElementsAre(4, 1));
  EXPECT_THAT(sliced(3, -1, -1), ElementsAre()); // −1 is the last element
  EXPECT_THAT(sliced(1, 100, INT64_MAX), ElementsAre(1));
  EXPECT_THAT(OneNode("Slice", 9)
                  .counted({2, 3})
                  .with([](A &a) {
                    a.integers("starts", {1, 0}).integers("ends", {2, -1});
                  })
                  .values(),
              ElementsAre(3, 4));
}

TEST(OnnxRules, Pad) {
  EXPECT_THAT(
      OneNode("Pad", 2)
          .numbers({2}, {1, 2})
          .with([](A &a) { a.integers("pads", {1, 2}).number("value", 9); })
          .values(),
      ElementsAre(9, 1, 2, 9, 9));
  EXPECT_THAT(OneNode("Pad", 13)
                  .numbers({2}, {1, 2})
                  .list({1, -1})
                  .numbers({}, {7})
                  .values(),
              ElementsAre(7, 1));
  auto mode = [](const char *mode) {
    return OneNode("Pad", 19)
        .numbers({3}, {1, 2, 3})
        .list({2, 1})
        .with([=](A &a) { a.text("mode", mode); });
  };
  EXPECT_THAT(mode("reflect").values(), ElementsAre(3, 2, 1, 2, 3, 2));
  EXPECT_THAT(mode("edge").values(), ElementsAre(1, 1, 1, 2, 3, 3));
  EXPECT_THAT(mode("wrap").values(), ElementsAre(2, 3, 1, 2, 3, 1));
  EXPECT_THAT(mode("twist").error(), HasSubstr("twist"));
  EXPECT_THAT(OneNode("Pad", 18)
                  .counted({1, 2})
                  .list({1, 0})
                  .leaveOut()
                  .list({-1})
                  .values(),
              ElementsAre(0, 0, 1));
  // Integers that are no doubles.
  constexpr int64_t large = (int64_t(1) << 53) + 1;
  for (int64_t value : {large, -large, INT64_MAX, INT64_MIN}) {
    const Tensor padded = OneNode("Pad", 13)
                              .list({large, INT64_MAX})
                              .list({1, 0})
                              .integers({}, {value})
                              .result();
    EXPECT_THAT(padded.as<int64_t>(), ElementsAre(value, large, INT64_MAX));
  }
  // Nor is every one without a sign.
  ModelBuilder model;
  auto number = [&](const char *name, uint64_t value) {
    onnx::TensorProto &tensor = *model.graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::UINT64);
    tensor.add_dims(1);
    tensor.add_uint64_data(value);
  };
  number("x", 1);
  number("value", UINT64_MAX);
  model.integers("pads", {2}, {1, 0}).output("y");
  model.node("Pad", {"x", "pads", "value"}, {"y"});
  const Tensor padded = importModel(model).constants().at(0);
  EXPECT_THAT(padded.as<uint64_t>(), ElementsAre(UINT64_MAX, 1));
}

TEST(OnnxRules, SplitAndConcat) {
  auto split = [](int64_t opset, auto set) {
    ModelBuilder model(opset);
    model.numbers("x", {5}, {0, 1, 2, 3, 4}).integers("s", {2}, {1, 4});
    set(model);
    model.output("a").output("b");
    Imported imported = importModel(model);
    std::vector<Tensor> parts = imported.constants();
    return std::pair(elements(parts[0]), elements(parts[1]));
  };
  EXPECT_THAT(
      split(11,
            [](ModelBuilder &m) {
              m.node("Split", {"x"}, {"a", "b"}).integers("split", {3, 2});
            })
          .first,
      ElementsAre(0, 1, 2));
  EXPECT_THAT(
      split(13,
            [](ModelBuilder &m) { m.node("Split", {"x", "s"}, {"a", "b"}); })
          .second,
      ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(
      split(18,
            [](ModelBuilder &m) {
              m.node("Split", {"x"}, {"a", "b"}).integer("num_outputs", 2);
            })
          .second,
      ElementsAre(3, 4));
  EXPECT_THAT(OneNode("Concat", 13)
                  .counted({1, 2})
                  .counted({1, 1})
                  .with([](A &a) { a.integer("axis", -1); })
                  .values(),
              ElementsAre(0, 1, 0));
}

TEST(OnnxRules, Movement) {
  EXPECT_THAT(OneNode("Transpose", 13).counted({2, 3}).values(),
              ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_THAT(OneNode("Gather", 13).counted({2, 3}).list({-1}).values(),
              ElementsAre(3, 4, 5));
  EXPECT_THAT(OneNode("Gather", 13).counted({2, 3}).list({2}).error(),
              HasSubstr("element 2 of the 2"));
  EXPECT_THAT(OneNode("Expand", 13).counted({2, 1}).list({1, 2}).values(),
              ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(OneNode("Tile", 13).counted({1, 2}).list({2, 2}).values(),
              ElementsAre(0, 1, 0, 1, 0, 1, 0, 1));
  EXPECT_THAT(OneNode("DepthToSpace", 13)
                  .counted({1, 4, 1, 1})
                  .with([](A &a) { a.integer("blocksize", 2); })
                  .shape(),
              ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(OneNode("SpaceToDepth", 13)
                  .counted({1, 1, 2, 2})
                  .with([](A &a) { a.integer("blocksize", 2); })
                  .values(),
              ElementsAre(0, 1, 2, 3));
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

TEST(OnnxRules, Constants) {
  auto constant = [](auto set) { return OneNode("Constant", 13).with(set); };
  EXPECT_THAT(constant([](A &a) { a.number("value_float", 1.5); }).values(),
              ElementsAre(1.5));
  EXPECT_THAT(constant([](A &a) { a.integer("value_int", -3); }).shape(),
              ElementsAre());
  EXPECT_THAT(
      constant([](A &a) { a.integers("value_ints", {1, -1}); }).values(),
      ElementsAre(1, -1));
  EXPECT_THAT(
      constant([](A &a) { a.numbers("value_floats", {1, 2}); }).values(),
      ElementsAre(1, 2));
  EXPECT_THAT(constant([](A &a) {
                onnx::TensorProto &value = a.tensor("value");
                value.set_data_type(onnx::TensorProto::DOUBLE);
                value.add_dims(1);
                value.add_double_data(4);
              }).values(),
              ElementsAre(4));
  EXPECT_THAT(constant([](A &a) { a.text("value_string", "x"); }).error(),
              HasSubstr("strings"));
}

TEST(OnnxRules, ConstantOfShapeStaysOneNumber) {
  ModelBuilder model;
  model.integers("s", {2}, {100000, 100000}).output("y");
  model.node("ConstantOfShape", {"s"}, {"y"}); // 40 GB, if it were spelled out
  EXPECT_THAT(importModel(model).text(),
              HasSubstr("dense<0.000000e+00> : tensor<100000x100000xf32>"));
  auto value = [](int type) {
    return [=](A &a) {
      onnx::TensorProto &tensor = a.tensor("value");
      tensor.set_data_type(type);
      tensor.add_dims(1);
      tensor.add_int32_data(1);
    };
  };
  for (int type : {onnx::TensorProto::BOOL, onnx::TensorProto::INT32,
                   onnx::TensorProto::UINT8})
    EXPECT_THAT(
        OneNode("ConstantOfShape", 13).list({3}).with(value(type)).values(),
        ElementsAre(1, 1, 1));
  EXPECT_THAT(OneNode("ConstantOfShape", 13).list({}).shape(), ElementsAre());
}

TEST(OnnxRules, ShapesAsValues) {
  auto shape = [](int64_t start, int64_t end) {
    return OneNode("Shape", 15)
        .counted({2, 3, 4})
        .with([=](A &a) { a.integer("start", start).integer("end", end); })
        .values();
  };
  EXPECT_THAT(shape(0, 3), ElementsAre(2, 3, 4));
  EXPECT_THAT(shape(1, -1), ElementsAre(3));
  EXPECT_THAT(shape(-1, 100), ElementsAre(4));
  EXPECT_THAT(shape(2, 1), ElementsAre());
  EXPECT_THAT(OneNode("Size", 13).counted({2, 3}).values(), ElementsAre(6));
  EXPECT_THAT(OneNode("Range", 13)
                  .integers({}, {5})
                  .integers({}, {0})
                  .integers({}, {-2})
                  .values(),
              ElementsAre(5, 3, 1));
  EXPECT_THAT(OneNode("Range", 13)
                  .integers({}, {0})
                  .integers({}, {9})
                  .integers({}, {0})
                  .error(),
              HasSubstr("plausible"));
}

TEST(OnnxRules, Casts) {
  auto cast = [](int64_t to) {
    return OneNode("Cast", 13).numbers({3}, {-1.7f, 0, 2.5f}).with([=](A &a) {
      a.integer("to", to);
    });
  };
  EXPECT_THAT(cast(onnx::TensorProto::INT64).values(), ElementsAre(-1, 0, 2));
  EXPECT_THAT(cast(onnx::TensorProto::BOOL).values(), ElementsAre(1, 0, 1));
  // Every floating-point type is computed in float32.
  EXPECT_THAT(cast(onnx::TensorProto::FLOAT16).values()[0],
              DoubleNear(-1.7, 1e-6));
  EXPECT_THAT(cast(onnx::TensorProto::STRING).error(), HasSubstr("string"));
  EXPECT_THAT(cast(int64_t(1) << 40).error(), HasSubstr("not supported"));
  EXPECT_THAT(OneNode("Cast", 1)
                  .numbers({1}, {2.5f})
                  .with([](A &a) { a.text("to", "INT32"); })
                  .values(),
              ElementsAre(2));
}

} // namespace
