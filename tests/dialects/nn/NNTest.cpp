//===- NNTest.cpp - Building nn operations and constants ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/nn/NN.h"
#include "dialects/nn/Constants.h"
#include "tests/dialects/nn/reference/OnnxRuntimeCases.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include <cstring>
#include <gtest/gtest.h>
#include <numeric>
#include <set>

namespace cim::nn {
namespace {

using mlir::RankedTensorType;

class NN : public testing::Test {
protected:
  NN()
      : builder(&context),
        module(mlir::ModuleOp::create(builder.getUnknownLoc())),
        handler(&context, [this](mlir::Diagnostic &diagnostic) {
          errors.push_back(diagnostic.str());
        }) {
    context.loadDialect<NNDialect>();
    builder.setInsertionPointToEnd(module->getBody());
  }

  mlir::Value zeros(std::initializer_list<int64_t> shape,
                    mlir::Type element = {}) {
    auto type =
        RankedTensorType::get(shape, element ? element : builder.getF32Type());
    return ConstantOp::create(
        builder, builder.getUnknownLoc(),
        mlir::DenseElementsAttr::get(
            type, builder.getZeroAttr(type.getElementType())));
  }

  mlir::NamedAttribute list(const char *name,
                            std::initializer_list<int64_t> values) {
    return builder.getNamedAttr(name, builder.getDenseI64ArrayAttr(values));
  }

  template <typename T>
  std::shared_ptr<const std::byte> bytes(const std::vector<T> &values) {
    auto copy =
        std::shared_ptr<std::byte[]>(new std::byte[values.size() * sizeof(T)]);
    std::memcpy(copy.get(), values.data(), values.size() * sizeof(T));
    return {copy, copy.get()};
  }

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  mlir::OpBuilder builder;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<std::string> errors;
  mlir::ScopedDiagnosticHandler handler;
};

TEST_F(NN, EveryOperationIsComparedWithOnnxruntime) {
  std::set<std::string> compared = {"constant"}; // which computes nothing
  for (const reference::OnnxRuntimeCase &test : reference::onnxRuntimeCases())
    compared.insert(test.mnemonic);
  for (mlir::RegisteredOperationName operation :
       context.getRegisteredOperationsByDialect("nn"))
    EXPECT_TRUE(compared.contains(operation.stripDialect().str()))
        << operation.getStringRef().str()
        << " has no case in tests/dialects/nn/reference/generate_cases.py";
}

TEST_F(NN, CreatesWithInferredTypeAndDefaults) {
  auto result =
      createOperation(builder, builder.getUnknownLoc(), "conv",
                      {zeros({1, 4, 8, 8}), zeros({2, 4, 3, 3})},
                      {list("strides", {2, 2}), list("pads", {1, 1, 1, 1}),
                       list("dilations", {1, 1})});
  ASSERT_TRUE(mlir::succeeded(result));
  auto conv = result->getDefiningOp<ConvOp>();
  ASSERT_TRUE(conv);
  EXPECT_EQ(conv.getType(),
            RankedTensorType::get({1, 2, 4, 4}, builder.getF32Type()));
  EXPECT_EQ(conv.getGroups(), 1);
  EXPECT_EQ(conv.getBias(), nullptr);
  EXPECT_TRUE(errors.empty());
}

TEST_F(NN, CreatesWithGivenType) {
  auto type = RankedTensorType::get({2, 2}, builder.getF32Type());
  auto result = createOperation(builder, builder.getUnknownLoc(), "reshape",
                                zeros({4}), {}, type);
  ASSERT_TRUE(mlir::succeeded(result));
  EXPECT_EQ(result->getType(), type);
}

TEST_F(NN, ReportsWhatDoesNotFitAndCreatesNothing) {
  mlir::Value x = zeros({1, 4, 8, 8}), w = zeros({2, 3, 3, 3});
  mlir::Value integers = zeros({3}, builder.getI64Type());
  size_t before = module->getBody()->getOperations().size();
  mlir::Location location = mlir::NameLoc::get(builder.getStringAttr("/conv1"));

  EXPECT_TRUE(mlir::failed(
      createOperation(builder, location, "conv", {x, w},
                      {list("strides", {1, 1}), list("pads", {0, 0, 0, 0}),
                       list("dilations", {1, 1})})));
  EXPECT_TRUE(
      mlir::failed(createOperation(builder, location, "sqrt", integers, {})));
  EXPECT_TRUE(mlir::failed(createOperation(
      builder, location, "softmax", x,
      builder.getNamedAttr("axis", builder.getI64IntegerAttr(4)))));
  EXPECT_TRUE(mlir::failed(
      createOperation(builder, location, "reshape", x, {},
                      RankedTensorType::get({5}, builder.getF32Type()))));

  ASSERT_EQ(errors.size(), 4u);
  EXPECT_EQ(errors[0],
            "'nn.conv' op expects weights of 4 channels per group, got 3");
  EXPECT_NE(errors[1].find("'nn.sqrt' op operand #0 must be"),
            std::string::npos);
  EXPECT_EQ(errors[2], "'nn.softmax' op expects an axis from 0 to 3, got 4");
  EXPECT_EQ(errors[3], "'nn.reshape' op expects as many elements as its "
                       "operand has, got 5 for 256");
  EXPECT_EQ(module->getBody()->getOperations().size(), before);
}

TEST_F(NN, LargeConstantsShareTheirBytes) {
  std::vector<float> values(65);
  std::iota(values.begin(), values.end(), 0.f);
  std::shared_ptr<const std::byte> owner = bytes(values);
  std::weak_ptr<const std::byte> watch = owner;
  auto type = RankedTensorType::get({65}, builder.getF32Type());

  ConstantOp first = createConstant(builder, "fc/weight:0", type, owner);
  ConstantOp second = createConstant(builder, "fc/weight:0", type, owner);
  EXPECT_EQ(bytesOf(first.getValue()).get(), owner.get());
  EXPECT_EQ(nameOf(second.getLoc()), "fc/weight:0");
  auto key = [](ConstantOp constant) {
    return llvm::cast<mlir::DenseResourceElementsAttr>(constant.getValue())
        .getRawHandle()
        .getKey();
  };
  EXPECT_EQ(key(first), "fc/weight:0");
  EXPECT_NE(key(second), key(first));
  owner.reset();
  EXPECT_FALSE(watch.expired()) << "the attribute keeps the bytes alive";
}

TEST_F(NN, SmallConstantsAreInline) {
  auto floats = RankedTensorType::get({2}, builder.getF32Type());
  ConstantOp constant =
      createConstant(builder, "b", floats, bytes<float>({1, 2}));
  EXPECT_TRUE(llvm::isa<mlir::DenseElementsAttr>(constant.getValue()));

  // Booleans, which MLIR packs, are one byte each again.
  auto flags = RankedTensorType::get({3}, builder.getI1Type());
  constant = createConstant(builder, "c", flags, bytes<uint8_t>({1, 0, 1}));
  auto unpacked = bytesOf(constant.getValue());
  EXPECT_EQ(unpacked.get()[0], std::byte(1));
  EXPECT_EQ(unpacked.get()[1], std::byte(0));
  EXPECT_EQ(unpacked.get()[2], std::byte(1));
}

TEST_F(NN, CountsElementsWithoutOverflow) {
  EXPECT_EQ(elementCount({}), 1);
  EXPECT_EQ(elementCount({2, 3}), 6);
  EXPECT_EQ(elementCount({1 << 20, 1 << 20}), int64_t(1) << 40);
  EXPECT_EQ(elementCount({1 << 20, (1 << 20) + 1}), std::nullopt);
  EXPECT_EQ(elementCount({int64_t(1) << 62, 4}), std::nullopt);
  EXPECT_EQ(elementCount({int64_t(1) << 62, 0}), std::nullopt);
  EXPECT_EQ(elementCount({-1, 2}), std::nullopt);
  EXPECT_EQ(elementCount({5, 0}), 0);
}

} // namespace
} // namespace cim::nn
