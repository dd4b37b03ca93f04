//===- ImageWiseTest.cpp - Which networks keep images apart ---------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/analysis/ImageWise.h"

#include "dialects/nn/NN.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>

namespace cim {
namespace {

/// The mnemonic of the operation to blame in a network of \p arguments and
/// \p body, "" where there is none, "input" where an input is to blame.
std::string obstacle(const std::string &arguments, const std::string &body) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<mlir::func::FuncDialect, nn::NNDialect>();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(
      "func.func @main(" + arguments + ") " + body, &context);
  if (!module)
    return "not parsed";
  auto function = *module->getOps<mlir::func::FuncOp>().begin();
  ImageWise result = analyseImageWise(function.getBody().front());
  if (result.holds)
    return "";
  return result.obstacle ? result.obstacle->getName().stripDialect().str()
                         : "input";
}

/// The same for one operation \p text whose result has type \p type; %x is an
/// image of 4 channels and 6 × 6 pixels, %v a vector, %w to %i constants.
std::string obstacleIn(const std::string &text, const std::string &type) {
  return obstacle("%x: tensor<1x4x6x6xf32>, %v: tensor<1x4xf32>", "-> " + type +
                                                                      R"({
    %w = nn.constant dense<1.0> : tensor<4x4x1x1xf32>
    %m = nn.constant dense<1.0> : tensor<4x4xf32>
    %c = nn.constant dense<1.0> : tensor<4x1x1xf32>
    %b = nn.constant dense<1.0> : tensor<1x4x6x6xf32>
    %p = nn.constant dense<1.0> : tensor<4xf32>
    %i = nn.constant dense<0> : tensor<2xi64>
    %0 = )" + text + "\n return %0 : " + type + "}");
}

const std::string same = "tensor<1x4x6x6xf32>";

TEST(ImageWise, LayersWorkOnEachImage) {
  EXPECT_EQ(obstacleIn("nn.conv %x, %w : (tensor<1x4x6x6xf32>, "
                       "tensor<4x4x1x1xf32>) -> tensor<1x4x6x6xf32>",
                       same),
            "");
  EXPECT_EQ(obstacleIn("nn.batch_norm %x, %p, %p, %p, %p epsilon 0.1 : "
                       "(tensor<1x4x6x6xf32>, tensor<4xf32>, tensor<4xf32>, "
                       "tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x6x6xf32>",
                       same),
            "");
  EXPECT_EQ(obstacleIn("nn.relu %x : tensor<1x4x6x6xf32>", same), "");
  EXPECT_EQ(obstacleIn("nn.lrn %x size 3 alpha 1.0 beta 1.0 bias 1.0 : "
                       "tensor<1x4x6x6xf32>",
                       same),
            "");
  EXPECT_EQ(obstacleIn("nn.max_pool %x kernel [2, 2] : (tensor<1x4x6x6xf32>) "
                       "-> tensor<1x4x5x5xf32>",
                       "tensor<1x4x5x5xf32>"),
            "");
  EXPECT_EQ(obstacleIn("nn.gemm %v, %m, %p : (tensor<1x4xf32>, "
                       "tensor<4x4xf32>, tensor<4xf32>) -> tensor<1x4xf32>",
                       "tensor<1x4xf32>"),
            "");
  EXPECT_EQ(obstacleIn("nn.matmul %v, %m : (tensor<1x4xf32>, "
                       "tensor<4x4xf32>) -> tensor<1x4xf32>",
                       "tensor<1x4xf32>"),
            "");
}

TEST(ImageWise, WeightsMustNotDependOnTheImage) {
  EXPECT_EQ(obstacle("%x: tensor<1x1x6x6xf32>, %w: tensor<1x1x3x3xf32>",
                     R"(-> tensor<1x1x4x4xf32> {
    %0 = nn.conv %x, %w : (tensor<1x1x6x6xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x4x4xf32>
    return %0 : tensor<1x1x4x4xf32>})"),
            "conv");
  EXPECT_EQ(obstacle("%x: tensor<1x1xf32>", R"(-> tensor<1x1xf32> {
    %0 = nn.matmul %x, %x : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
    return %0 : tensor<1x1xf32>})"),
            "matmul");
  EXPECT_EQ(obstacle("%x: tensor<1x1xf32>", R"(-> tensor<1x1xf32> {
    %c = nn.constant dense<1.0> : tensor<1x1xf32>
    %0 = nn.gemm %x, %c transpose_a true : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
    return %0 : tensor<1x1xf32>})"),
            "gemm");
}

TEST(ImageWise, StacksOfMatricesMultiplyPerImage) {
  EXPECT_EQ(obstacle("%x: tensor<1x2x3xf32>, %y: tensor<1x3x2xf32>",
                     R"(-> tensor<1x2x2xf32> {
    %0 = nn.matmul %x, %y : (tensor<1x2x3xf32>, tensor<1x3x2xf32>) -> tensor<1x2x2xf32>
    return %0 : tensor<1x2x2xf32>})"),
            "");
  // Dimension 0 of x meets dimension 1 of y.
  EXPECT_EQ(obstacle("%x: tensor<1x2x3xf32>, %y: tensor<1x1x3x2xf32>",
                     R"(-> tensor<1x1x2x2xf32> {
    %0 = nn.matmul %x, %y : (tensor<1x2x3xf32>, tensor<1x1x3x2xf32>) -> tensor<1x1x2x2xf32>
    return %0 : tensor<1x1x2x2xf32>})"),
            "matmul");
}

TEST(ImageWise, Broadcasting) {
  EXPECT_EQ(obstacleIn("nn.add %x, %x : tensor<1x4x6x6xf32>", same), "");
  EXPECT_EQ(obstacleIn("nn.add %x, %c : (tensor<1x4x6x6xf32>, "
                       "tensor<4x1x1xf32>) -> tensor<1x4x6x6xf32>",
                       same),
            "");
  EXPECT_EQ(obstacleIn("nn.mul %b, %x : tensor<1x4x6x6xf32>", same), "");
  // A constant with images of its own.
  EXPECT_EQ(obstacle("%x: tensor<1x2xf32>", R"(-> tensor<3x2xf32> {
    %c = nn.constant dense<1.0> : tensor<3x2xf32>
    %0 = nn.add %x, %c : (tensor<1x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
    return %0 : tensor<3x2xf32>})"),
            "add");
  // The image of one operand is a channel of the other.
  EXPECT_EQ(obstacle("%x: tensor<1x1x2xf32>, %y: tensor<1x2xf32>",
                     R"(-> tensor<1x1x2xf32> {
    %0 = nn.add %x, %y : (tensor<1x1x2xf32>, tensor<1x2xf32>) -> tensor<1x1x2xf32>
    return %0 : tensor<1x1x2xf32>})"),
            "add");
}

TEST(ImageWise, MovingData) {
  auto moved = [](const std::string &text, const std::string &type) {
    return obstacleIn(text + " : (tensor<1x4x6x6xf32>) -> " + type, type);
  };
  EXPECT_EQ(obstacleIn("nn.reshape %x : tensor<1x4x6x6xf32> -> "
                       "tensor<1x144xf32>",
                       "tensor<1x144xf32>"),
            "");
  EXPECT_EQ(obstacleIn("nn.reshape %x : tensor<1x4x6x6xf32> -> "
                       "tensor<4x36xf32>",
                       "tensor<4x36xf32>"),
            "reshape");
  EXPECT_EQ(
      moved("nn.transpose %x permutation [0, 2, 3, 1]", "tensor<1x6x6x4xf32>"),
      "");
  EXPECT_EQ(
      moved("nn.transpose %x permutation [1, 0, 2, 3]", "tensor<4x1x6x6xf32>"),
      "transpose");
  EXPECT_EQ(moved("nn.slice %x starts [0, 0, 0, 0] sizes [1, 2, 6, 6]",
                  "tensor<1x2x6x6xf32>"),
            "");
  EXPECT_EQ(
      moved("nn.pad %x pads [0, 0, 1, 1, 0, 0, 0, 0]", "tensor<1x4x7x7xf32>"),
      "");
  EXPECT_EQ(
      moved("nn.pad %x pads [1, 0, 0, 0, 0, 0, 0, 0]", "tensor<2x4x6x6xf32>"),
      "pad");
  EXPECT_EQ(moved("nn.reduce sum %x axes [1]", "tensor<1x1x6x6xf32>"), "");
  EXPECT_EQ(moved("nn.reduce sum %x axes [0]", "tensor<1x4x6x6xf32>"),
            "reduce");
  EXPECT_EQ(
      obstacleIn("nn.softmax %v axis 1 : tensor<1x4xf32>", "tensor<1x4xf32>"),
      "");
  EXPECT_EQ(
      obstacleIn("nn.softmax %v axis 0 : tensor<1x4xf32>", "tensor<1x4xf32>"),
      "softmax");
  EXPECT_EQ(obstacleIn("nn.gather %x, %i axis 1 : (tensor<1x4x6x6xf32>, "
                       "tensor<2xi64>) -> tensor<1x2x6x6xf32>",
                       "tensor<1x2x6x6xf32>"),
            "");
  EXPECT_EQ(obstacleIn("nn.gather %x, %i axis 0 : (tensor<1x4x6x6xf32>, "
                       "tensor<2xi64>) -> tensor<2x4x6x6xf32>",
                       "tensor<2x4x6x6xf32>"),
            "gather");
  EXPECT_EQ(obstacleIn("nn.concat %x, %x axis 1 : (tensor<1x4x6x6xf32>, "
                       "tensor<1x4x6x6xf32>) -> tensor<1x8x6x6xf32>",
                       "tensor<1x8x6x6xf32>"),
            "");
  EXPECT_EQ(obstacleIn("nn.concat %x, %b axis 1 : (tensor<1x4x6x6xf32>, "
                       "tensor<1x4x6x6xf32>) -> tensor<1x8x6x6xf32>",
                       "tensor<1x8x6x6xf32>"),
            "concat");
  EXPECT_EQ(obstacleIn("nn.expand %x : tensor<1x4x6x6xf32> -> "
                       "tensor<2x4x6x6xf32>",
                       "tensor<2x4x6x6xf32>"),
            "expand");
}

TEST(ImageWise, InputsAndOutputs) {
  EXPECT_EQ(obstacle("%x: tensor<8x2xf32>",
                     "-> tensor<8x2xf32> { return %x : tensor<8x2xf32> }"),
            "input");
  EXPECT_EQ(
      obstacle("%x: tensor<f32>", "-> tensor<f32> { return %x : tensor<f32> }"),
      "input");
  // An output that is the same for all images.
  EXPECT_EQ(obstacle("%x: tensor<1x2xf32>", R"(-> tensor<1xf32> {
    %c = nn.constant dense<1.0> : tensor<1xf32>
    return %c : tensor<1xf32>})"),
            "return");
}

} // namespace
} // namespace cim
