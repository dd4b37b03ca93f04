//===- OnnxRuntimeTest.cpp - The reference against onnxruntime ------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Tensors.h"

#include <cmath>
#include <gtest/gtest.h>

namespace cim::reference {
namespace {

struct Case {
  std::string name, mnemonic;
  Attributes attributes;
  std::vector<Tensor> operands;
  Tensor expected;
};

void PrintTo(const Case &test, std::ostream *stream) { *stream << test.name; }

const std::vector<Case> &cases() {
  static const std::vector<Case> cases = {
#include "OnnxRuntimeCases.inc"
  };
  return cases;
}

class OnnxRuntime : public testing::TestWithParam<Case> {};

TEST_P(OnnxRuntime, ComputesTheSame) {
  const Case &test = GetParam();
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

INSTANTIATE_TEST_SUITE_P(All, OnnxRuntime, testing::ValuesIn(cases()),
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
