//===- CompilerTest.h - A small network as a text ---------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_COMPILER_COMPILERTEST_H
#define CIM_TESTS_COMPILER_COMPILERTEST_H

#include "compiler/Compiler.h"
#include "runtime/plan/PlanFile.h"
#include "runtime/reference/ReferenceExecutor.h"
#include "runtime/tensor/Errors.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <random>
#include <sstream>
#include <unistd.h>

namespace cim::test {

/// Works in a folder of its own, with a residual block at stage nn in it:
/// network.mlir. Its weights stand in the text, in hexadecimal.
class CompilerTest : public ::testing::Test {
protected:
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() /
      ("cim-compiler-test-" + std::to_string(getpid()));
  std::string network = folder / "network.mlir";
  Compiler &compiler = loadCompiler();
  std::vector<std::string> warnings;

  CompilerTest() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    write(network, residualBlock());
  }
  ~CompilerTest() override { std::filesystem::remove_all(folder); }

  static std::string read(const std::filesystem::path &file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  static void write(const std::filesystem::path &file,
                    const std::string &text) {
    std::ofstream(file) << text;
  }
  /// Replaces the first \p from in \p file, which must be there.
  static void edit(const std::filesystem::path &file, const std::string &from,
                   const std::string &to) {
    std::string text = read(file);
    ASSERT_NE(text.find(from), std::string::npos) << from << "\n" << text;
    write(file, text.replace(text.find(from), from.size(), to));
  }

  CompileRequest request(const std::string &model,
                         std::vector<ErrorRequest> errors = {}) {
    CompileRequest request;
    request.model = model;
    request.errors = std::move(errors);
    request.warn = [this](const std::string &text) {
      warnings.push_back(text);
    };
    return request;
  }
  /// Compiles \p model up to \p until into \p output, and returns its text.
  std::string compileTo(const std::string &model, Stage until,
                        const std::filesystem::path &output,
                        std::vector<ErrorRequest> errors = {}) {
    return compiler.compileToText(request(model, std::move(errors)), until,
                                  output);
  }
  /// The plan as text, without the names of files.
  std::string planOf(const std::string &model,
                     std::vector<ErrorRequest> errors = {}) {
    return planText(compiler.compile(request(model, std::move(errors))).plan);
  }
  std::string messageOf(const std::function<void()> &action) {
    try {
      action();
    } catch (const InputError &error) {
      EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("\n")));
      return error.what();
    }
    return "no error";
  }
  std::string messageOfCompiling(const std::string &model,
                                 std::vector<ErrorRequest> errors = {}) {
    return messageOf([&] { compiler.compile(request(model, errors)); });
  }

  /// The logits of one fixed image on chip 0.
  std::vector<double> run(const std::string &model,
                          std::vector<ErrorRequest> errors = {}) {
    CompiledNetwork compiled =
        compiler.compile(request(model, std::move(errors)));
    ReferenceExecutor executor(compiled.plan, compiled.tensors);
    executor.program({});
    std::vector<double> logits(executor.outputElements());
    executor.run(
        1,
        [&](int64_t, float *image) {
          for (int64_t i = 0; i < executor.inputElements(); ++i)
            image[i] = float(i % 7) / 7 - 0.4f;
        },
        [&](int64_t, const double *result) {
          std::copy_n(result, logits.size(), logits.begin());
        },
        /*threads=*/1);
    return logits;
  }

private:
  /// \p count normal numbers as a resource: alignment, then the bytes.
  static std::string resource(const std::string &name, int count) {
    std::mt19937 random(count);
    std::normal_distribution<float> normal(0, 0.2f);
    std::ostringstream text;
    text << "      \"" << name << "\": \"0x04000000" << std::hex;
    for (int i = 0; i < count; ++i) {
      float number = normal(random);
      unsigned char bytes[sizeof number];
      std::memcpy(bytes, &number, sizeof number);
      for (unsigned char byte : bytes)
        text << "0123456789ABCDEF"[byte / 16] << "0123456789ABCDEF"[byte % 16];
    }
    return text.str() + "\"";
  }

  static std::string residualBlock() {
    const std::string maps = "tensor<1x8x6x6xf32>";
    auto conv = [&](const char *result, const char *x, const char *weights,
                    const char *node) {
      return std::string("  ") + result + " = nn.conv " + x + ", " + weights +
             " pads [1, 1, 1, 1] : (" + maps + ", tensor<8x8x3x3xf32>) -> " +
             maps + " loc(\"" + node + "\")\n";
    };
    auto weights = [](const char *value, const std::string &name) {
      return std::string("  ") + value + " = nn.constant dense_resource<\"" +
             name + "\"> : tensor<8x8x3x3xf32> loc(\"" + name + "\")\n";
    };
    return "module attributes {nn.model = \"block\"} {\n"
           "func.func @main(%x: " +
           maps +
           " {nn.name = \"image\"}) -> (tensor<1x3xf32> {nn.name = "
           "\"logits\"}) {\n" +
           weights("%w1", "first.weight") + weights("%w2", "second.weight") +
           "  %fc = nn.constant dense<[[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, "
           "0.8], [0.8, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], [0.7, 0.8, 0.1, "
           "0.2, 0.3, 0.4, 0.5, 0.6]]> : tensor<3x8xf32> loc(\"fc.weight\")\n"
           "  %b = nn.constant dense<[0.5, -0.5, 0.25]> : tensor<3xf32> "
           "loc(\"fc.bias\")\n" +
           conv("%1", "%x", "%w1", "conv_1") + "  %2 = nn.relu %1 : " + maps +
           " loc(\"relu_1\")\n" + conv("%3", "%2", "%w2", "conv_2") +
           "  %4 = nn.add %3, %x : " + maps +
           " loc(\"add\")\n"
           "  %5 = nn.global_average_pool %4 : (" +
           maps +
           ") -> tensor<1x8x1x1xf32> loc(\"pool\")\n"
           "  %6 = nn.reshape %5 : tensor<1x8x1x1xf32> -> tensor<1x8xf32> "
           "loc(\"flatten\")\n"
           "  %7 = nn.gemm %6, %fc, %b transpose_b true : (tensor<1x8xf32>, "
           "tensor<3x8xf32>, tensor<3xf32>) -> tensor<1x3xf32> loc(\"fc\")\n"
           "  return %7 : tensor<1x3xf32>\n}\n}\n"
           "{-#\n  dialect_resources: {\n    builtin: {\n" +
           resource("first.weight", 576) + ",\n" +
           resource("second.weight", 576) + "\n    }\n  }\n#-}\n";
  }
};

} // namespace cim::test

#endif // CIM_TESTS_COMPILER_COMPILERTEST_H
