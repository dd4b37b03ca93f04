//===- OnnxRuntimeCases.h - What onnxruntime computes -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_DIALECTS_NN_REFERENCE_ONNXRUNTIMECASES_H
#define CIM_TESTS_DIALECTS_NN_REFERENCE_ONNXRUNTIMECASES_H

#include "tests/dialects/nn/reference/Tensors.h"

#include <cmath>
#include <ostream>

namespace cim::reference {

/// An nn operation with the result that onnxruntime computes.
struct OnnxRuntimeCase {
  std::string name, mnemonic;
  Attributes attributes;
  std::vector<Tensor> operands;
  Tensor expected;
};

/// For the test's messages.
inline void PrintTo(const OnnxRuntimeCase &test, std::ostream *stream) {
  *stream << test.name;
}

inline const std::vector<OnnxRuntimeCase> &onnxRuntimeCases() {
  static const std::vector<OnnxRuntimeCase> cases = {
#include "tests/dialects/nn/reference/OnnxRuntimeCases.inc"
  };
  return cases;
}

} // namespace cim::reference

#endif // CIM_TESTS_DIALECTS_NN_REFERENCE_ONNXRUNTIMECASES_H
