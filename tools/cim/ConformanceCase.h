//===- ConformanceCase.h - One ONNX backend test case -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A folder with model.onnx and folders test_data_set_* of inputs (input_0.pb,
// ...) and of the outputs that are expected of them (output_0.pb, ...), each a
// TensorProto. An optional one that a case leaves out has no file.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_CONFORMANCECASE_H
#define CIM_TOOLS_CIM_CONFORMANCECASE_H

#include <filesystem>
#include <string>
#include <vector>

namespace cim {

enum class Conformance { passed, failed, unsupported };

/// What came of a case, and why, in one line (nothing when it passed).
struct CaseResult {
  Conformance status = Conformance::passed;
  std::string message;
};

/// The cases below \p folder, which may be one itself, in the order of their
/// paths. Throws InputError when \p folder cannot be read.
std::vector<std::filesystem::path>
findConformanceCases(const std::filesystem::path &folder);

/// Compiles the model of \p folder and runs it as every other network is run,
/// on f32 without errors. It passes when all outputs of all data sets are of
/// the expected type and shape, and every floating-point number y differs from
/// the expected one by at most 1e-7 + 1e-3·|expected| (as in ONNX's own runner;
/// NaN equals NaN), every integer and boolean not at all. Where float16 or
/// bfloat16 is expected, y is rounded to that first, and for bfloat16 the
/// factor is 2^-6. Unsupported is what the compiler refuses.
CaseResult runConformanceCase(const std::filesystem::path &folder);

} // namespace cim

#endif // CIM_TOOLS_CIM_CONFORMANCECASE_H
