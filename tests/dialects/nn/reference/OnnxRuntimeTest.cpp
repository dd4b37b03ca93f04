//===- OnnxRuntimeTest.cpp - The reference against onnxruntime ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/dialects/nn/reference/OnnxRuntimeCases.h"

#include <gtest/gtest.h>

namespace cim::reference {
namespace {

class OnnxRuntime : public testing::TestWithParam<OnnxRuntimeCase> {};

TEST_P(OnnxRuntime, ComputesTheSame) {
  const OnnxRuntimeCase &test = GetParam();
  Tensor result =
      evaluate(test.mnemonic, test.attributes, test.operands, test.expected);
  EXPECT_EQ(result.shape, test.expected.shape);
  EXPECT_EQ(result.integers, test.expected.integers);
  ASSERT_EQ(result.numbers.size(), test.expected.numbers.size());
  // onnxruntime computes in f32.
  for (size_t i = 0; i < result.numbers.size(); ++i)
    EXPECT_NEAR(result.numbers[i], test.expected.numbers[i],
                1e-6 * std::max(1.0, std::fabs(test.expected.numbers[i])) * 4)
        << "element " << i;
}

INSTANTIATE_TEST_SUITE_P(All, OnnxRuntime,
                         testing::ValuesIn(onnxRuntimeCases()),
                         [](const auto &info) {
                           std::string name;
                           for (char letter : info.param.name)
                             if (std::isalnum(letter))
                               name += letter;
                             else if (letter == ' ')
                               name += '_';
                           return name;
                         });

} // namespace
} // namespace cim::reference
