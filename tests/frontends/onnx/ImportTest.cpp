//===- ImportTest.cpp - What a module looks like --------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/frontends/onnx/ModelBuilder.h"

#include "dialects/nn/NN.h"
#include "frontends/onnx/Untrained.h"

#include <cstring>
#include <gmock/gmock.h>
#include <numeric>

using namespace cim;
using namespace cim::test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace {

TEST(OnnxImport, KeepsNames) {
  ModelBuilder model;
  model.input("image", {-1, 1, 4, 4}).output("logits");
  model.numbers("conv1.weight", {8, 1, 3, 3}, std::vector<float>(72, 0.5f));
  model.node("Conv", {"image", "conv1.weight"}, {"a"}, "/conv1/Conv");
  model.node("Relu", {"a"}, {"logits"});
  model.graph().mutable_initializer(0)->set_float_data(0, 1);
  Imported imported = importModel(model);
  EXPECT_THAT(
      imported.textWithLocations(),
      AllOf(HasSubstr("func.func @main(%arg0: tensor<1x1x4x4xf32> {nn.name = "
                      "\"image\"}"),
            HasSubstr("-> (tensor<1x8x2x2xf32> {nn.name = \"logits\"})"),
            HasSubstr("nn.model = \"test\""),
            HasSubstr("dense_resource<conv1.weight>"),
            HasSubstr("\"conv1.weight\""), HasSubstr("\"/conv1/Conv\""),
            // An anonymous node is called like its output.
            HasSubstr("nn.relu"), HasSubstr("\"logits\"")));
}

TEST(OnnxImport, WeightsKeepTheirNameThroughCastAndTranspose) {
  ModelBuilder model;
  model.input("x", {-1, 2}).output("y");
  model.integers("fc.weight", {3, 2}, {1, 2, 3, 4, 5, 6});
  model.node("Cast", {"fc.weight"}, {"f"}).integer("to", 1);
  model.node("Transpose", {"f"}, {"t"});
  model.node("MatMul", {"x", "t"}, {"y"}, "fc");
  EXPECT_THAT(importModel(model).textWithLocations(),
              AllOf(HasSubstr("1.000000e+00, 3.000000e+00, 5.000000e+00"),
                    HasSubstr("\"fc.weight\""), Not(HasSubstr("nn.cast")),
                    Not(HasSubstr("nn.transpose"))));
}

TEST(OnnxImport, OneInitializerIsOneConstant) {
  ModelBuilder model;
  model.input("x", {-1, 2}).output("y");
  model.numbers("w", {2, 2}, {1, 2, 3, 4});
  model.node("MatMul", {"x", "w"}, {"a"});
  model.node("MatMul", {"a", "w"}, {"y"});
  int constants = 0;
  importModel(model).module->walk([&](nn::ConstantOp) { ++constants; });
  EXPECT_EQ(constants, 1);
}

TEST(OnnxImport, BatchBecomesOneImage) {
  for (int64_t batch : {-1, 0, 1}) {
    ModelBuilder model;
    model.input("x", {batch, 3, 4}).output("y").output("shape");
    model.node("Relu", {"x"}, {"y"});
    model.node("Shape", {"x"}, {"shape"});
    Imported imported = importModel(model);
    EXPECT_THAT(imported.text(), HasSubstr("dense<[1, 3, 4]>")) << batch;
  }
  ModelBuilder model;
  model.input("x", {5, 3}).output("y");
  model.node("Relu", {"x"}, {"y"});
  EXPECT_THAT(importModel(model).text(), HasSubstr("tensor<5x3xf32>"));
}

TEST(OnnxImport, OtherOpenDimensionsAreAnError) {
  ModelBuilder model;
  model.input("x", {-1, 3, -1}).output("y");
  model.node("Relu", {"x"}, {"y"});
  EXPECT_THAT(importError(model),
              AllOf(HasSubstr("input 'x'"), HasSubstr("dimension 2"),
                    HasSubstr("'N'"), HasSubstr("fixed sizes")));
}

TEST(OnnxImport, ShapeSubgraphsFold) {
  // What PyTorch makes of x.view(x.size(0), -1).
  ModelBuilder model;
  model.input("x", {-1, 2, 3, 4}).output("y");
  model.integers("zero", {}, {0}).integers("minus", {1}, {-1});
  model.integers("axes", {1}, {0});
  model.node("Shape", {"x"}, {"shape"});
  model.node("Gather", {"shape", "zero"}, {"size"}).integer("axis", 0);
  model.node("Unsqueeze", {"size", "axes"}, {"sizes"});
  model.node("Concat", {"sizes", "minus"}, {"target"}).integer("axis", 0);
  model.node("Reshape", {"x", "target"}, {"y"});
  Imported imported = importModel(model);
  EXPECT_THAT(imported.text(),
              AllOf(HasSubstr("tensor<1x24xf32>"), Not(HasSubstr("gather")),
                    Not(HasSubstr("nn.constant"))));
}

TEST(OnnxImport, ReshapeTargetsDescribeOneImage) {
  for (const Shape &target :
       {Shape{1, -1}, Shape{-1, 24}, Shape{0, -1}, Shape{-1, 24}}) {
    ModelBuilder model;
    model.input("x", {-1, 2, 3, 4}).output("y");
    model.integers("target", {2}, target);
    model.node("Reshape", {"x", "target"}, {"y"});
    EXPECT_THAT(importModel(model).text(), HasSubstr("-> tensor<1x24xf32>"));
  }
}

TEST(OnnxImport, ShapesMustNotDependOnTheInput) {
  ModelBuilder model;
  model.input("x", {-1, 4}).input("target", {2}, onnx::TensorProto::INT64);
  model.output("y");
  model.node("Reshape", {"x", "target"}, {"y"}, "view");
  EXPECT_THAT(importError(model),
              AllOf(HasSubstr("node 'view' (Reshape)"), HasSubstr("'target'"),
                    HasSubstr("constant")));
  ImportOptions options;
  static const int64_t target[] = {2, 2};
  options.constants["target"] = {
      plan::I64,
      {2},
      {std::shared_ptr<void>(), reinterpret_cast<const std::byte *>(target)}};
  EXPECT_THAT(importModel(model, options).text(),
              HasSubstr("-> tensor<2x2xf32>"));
}

TEST(OnnxImport, NodesMayStandInAnyOrder) {
  ModelBuilder model;
  model.input("x", {-1, 4}).output("y");
  model.node("Relu", {"a"}, {"y"});
  model.node("Neg", {"x"}, {"a"});
  EXPECT_THAT(importModel(model).text(), HasSubstr("nn.neg"));
}

TEST(OnnxImport, InitializersMayBeInputsToo) {
  ModelBuilder model;
  model.input("x", {-1, 2}).input("w", {2, 2}).output("y");
  model.numbers("w", {2, 2}, {1, 2, 3, 4});
  model.node("MatMul", {"x", "w"}, {"y"});
  EXPECT_THAT(importModel(model).text(),
              AllOf(HasSubstr("%arg0"), Not(HasSubstr("%arg1"))));
}

TEST(OnnxImport, WarnsAboutNewerOpsets) {
  ModelBuilder model(99);
  model.input("x", {-1, 2}).output("y");
  model.node("Relu", {"x"}, {"y"});
  std::vector<std::string> warnings;
  ImportOptions options;
  options.warn = [&](const std::string &line) { warnings.push_back(line); };
  importModel(model, options);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("opset 99")));
  warnings.clear();
  model.model.mutable_opset_import(0)->set_version(28);
  importModel(model, options);
  EXPECT_THAT(warnings, testing::IsEmpty());
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

/// The values of an initializer as the importer reads them.
std::vector<double> imported(const onnx::TensorProto &tensor) {
  ModelBuilder model;
  *model.graph().add_initializer() = tensor;
  model.graph().mutable_initializer(0)->set_name("w");
  model.output("w");
  return elements(importModel(model).constants().at(0));
}

onnx::TensorProto tensorOf(int type, int64_t count) {
  onnx::TensorProto tensor;
  tensor.set_data_type(type);
  tensor.add_dims(count);
  return tensor;
}

template <typename T>
std::vector<double> importedRaw(int type, std::vector<T> values) {
  onnx::TensorProto tensor = tensorOf(type, values.size());
  tensor.set_raw_data(std::string(reinterpret_cast<char *>(values.data()),
                                  values.size() * sizeof(T)));
  return imported(tensor);
}

TEST(OnnxTensors, ReadsEveryType) {
  using onnx::TensorProto;
  EXPECT_THAT(importedRaw<float>(TensorProto::FLOAT, {1.5f, -2}),
              ElementsAre(1.5, -2));
  EXPECT_THAT(importedRaw<double>(TensorProto::DOUBLE, {1.5, -2}),
              ElementsAre(1.5, -2));
  EXPECT_THAT(importedRaw<int8_t>(TensorProto::INT8, {1, -2}),
              ElementsAre(1, -2));
  EXPECT_THAT(importedRaw<uint8_t>(TensorProto::UINT8, {1, 254}),
              ElementsAre(1, 254));
  EXPECT_THAT(importedRaw<int16_t>(TensorProto::INT16, {1, -2}),
              ElementsAre(1, -2));
  EXPECT_THAT(importedRaw<uint16_t>(TensorProto::UINT16, {1, 65534}),
              ElementsAre(1, 65534));
  EXPECT_THAT(importedRaw<int32_t>(TensorProto::INT32, {1, -2}),
              ElementsAre(1, -2));
  EXPECT_THAT(importedRaw<uint32_t>(TensorProto::UINT32, {1, 4294967294}),
              ElementsAre(1, 4294967294));
  EXPECT_THAT(importedRaw<int64_t>(TensorProto::INT64, {1, -2}),
              ElementsAre(1, -2));
  EXPECT_THAT(importedRaw<uint64_t>(TensorProto::UINT64, {1, 2}),
              ElementsAre(1, 2));
  EXPECT_THAT(importedRaw<uint8_t>(TensorProto::BOOL, {0, 1, 7}),
              ElementsAre(0, 1, 1));
}

TEST(OnnxTensors, ReadsTypedFields) {
  onnx::TensorProto numbers = tensorOf(onnx::TensorProto::DOUBLE, 2);
  numbers.add_double_data(0.25);
  numbers.add_double_data(-3);
  EXPECT_THAT(imported(numbers), ElementsAre(0.25, -3));
  for (auto type : {onnx::TensorProto::INT32, onnx::TensorProto::INT16,
                    onnx::TensorProto::INT8}) {
    onnx::TensorProto integers = tensorOf(type, 2);
    integers.add_int32_data(5);
    integers.add_int32_data(-6);
    EXPECT_THAT(imported(integers), ElementsAre(5, -6));
  }
  onnx::TensorProto flags = tensorOf(onnx::TensorProto::BOOL, 2);
  flags.add_int32_data(1);
  flags.add_int32_data(0);
  EXPECT_THAT(imported(flags), ElementsAre(1, 0));
  onnx::TensorProto halves = tensorOf(onnx::TensorProto::FLOAT16, 1);
  halves.add_int32_data(0x3e00);
  EXPECT_THAT(imported(halves), ElementsAre(1.5));
}

TEST(OnnxTensors, WidensEveryHalfPrecisionNumber) {
  std::vector<uint16_t> bits(1 << 16);
  std::iota(bits.begin(), bits.end(), 0);
  std::vector<double> halves =
      importedRaw<uint16_t>(onnx::TensorProto::FLOAT16, bits);
  std::vector<double> bfloats =
      importedRaw<uint16_t>(onnx::TensorProto::BFLOAT16, bits);
  auto same = [](double a, double b) {
    return a == b || (std::isnan(a) && std::isnan(b));
  };
  for (uint32_t i = 0; i < bits.size(); ++i) {
    int exponent = (i >> 10) & 31, mantissa = i & 1023;
    double magnitude = exponent == 31 ? (mantissa ? NAN : INFINITY)
                       : exponent ? std::ldexp(1024 + mantissa, exponent - 25)
                                  : std::ldexp(mantissa, -24);
    ASSERT_TRUE(same(halves[i], i >> 15 ? -magnitude : magnitude)) << i;
    float bfloat;
    uint32_t word = i << 16;
    std::memcpy(&bfloat, &word, 4);
    ASSERT_TRUE(same(bfloats[i], bfloat)) << i;
  }
}

TEST(OnnxTensors, MapsExternalData) {
  TemporaryFolder folder;
  std::vector<float> values(100);
  std::iota(values.begin(), values.end(), 0.f);
  std::string bytes(reinterpret_cast<char *>(values.data()), 400);
  folder.write("weights.bin", "pad" + std::string(61, '\0') + bytes + bytes);
  ModelBuilder model;
  model.output("w").output("v");
  // At an aligned offset and at one that is not.
  for (auto [name, offset] : {std::pair{"w", "64"}, std::pair{"v", "463"}}) {
    onnx::TensorProto &tensor = *model.graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.add_dims(100);
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    auto add = [&](const char *key, const char *value) {
      auto &entry = *tensor.add_external_data();
      entry.set_key(key);
      entry.set_value(value);
    };
    add("location", "weights.bin");
    add("offset", offset);
    add("length", "400");
  }
  auto results =
      importFile(folder.write("model.onnx", model.bytes())).constants();
  EXPECT_EQ(elements(results[0]),
            std::vector<double>(values.begin(), values.end()));
  // One byte earlier than the second copy: what stands in bytes 463 to 863.
  float first;
  std::memcpy(&first,
              ("pad" + std::string(61, '\0') + bytes + bytes).data() + 463, 4);
  EXPECT_EQ(elements(results[1])[0], first);
}

TEST(OnnxTensors, UntrainedNetworksTakeExternalDataAlong) {
  TemporaryFolder folder, elsewhere;
  const int64_t target[] = {-1, 8};
  folder.write("target.bin", std::string(reinterpret_cast<const char *>(target),
                                         sizeof(target)));
  ModelBuilder model;
  model.input("x", {-1, 2, 4}).output("y");
  // The weights are begun anew, so that theirs are not needed.
  model.integers("target", {2}, {}).numbers("w", {8, 3}, {});
  for (onnx::TensorProto &tensor : *model.graph().mutable_initializer()) {
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    auto &entry = *tensor.add_external_data();
    entry.set_key("location");
    entry.set_value(tensor.name() + ".bin");
  }
  model.node("Reshape", {"x", "target"}, {"flat"});
  model.node("MatMul", {"flat", "w"}, {"y"});
  const std::string untrained = elsewhere.path("untrained.onnx");
  writeUntrained(folder.write("model.onnx", model.bytes()), untrained);
  EXPECT_THAT(importFile(untrained).text(), HasSubstr("tensor<1x3xf32>"));
}

} // namespace
