//===- ThreeLayers.h - A module for tests of requests -----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TESTS_PASSES_REQUESTS_THREELAYERS_H
#define CIM_TESTS_PASSES_REQUESTS_THREELAYERS_H

#include "dialects/cim/Cim.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>

namespace cim::test {

/// Layers `a` of role C1, `b` of role C2 with a shift, and `c`; and all that is
/// said about them.
struct ThreeLayers : testing::Test {
  void SetUp() override {
    context.loadDialect<nn::NNDialect, crossbar::CimDialect>();
    module = mlir::parseSourceString<mlir::ModuleOp>(R"(
      cim.layer @a index 0 channel_axis 0 role C1 : tensor<2x2xf32> {
        %0 = cim.load dense<1.0> : tensor<2x2xf32>
        cim.write %0 : tensor<2x2xf32>
      }
      cim.layer @b index 1 channel_axis 0 role C2 : tensor<2x2xf32> {
        %0 = cim.load dense<1.0> : tensor<2x2xf32>
        %1 = cim.shift %0 0.5 ns : tensor<2x2xf32>
        cim.write %1 : tensor<2x2xf32>
      }
      cim.layer @c index 2 channel_axis 0 : tensor<2x2xf32> {
        %0 = cim.load dense<1.0> : tensor<2x2xf32>
        cim.write %0 : tensor<2x2xf32>
      })",
                                                     &context);
    ASSERT_TRUE(module) << said;
    layers = crossbar::crossbarLayers(*module);
  }

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  std::string said;
  mlir::ScopedDiagnosticHandler handler{&context, [this](mlir::Diagnostic &d) {
                                          said += d.str() + "\n";
                                          return mlir::success();
                                        }};
  mlir::OwningOpRef<mlir::ModuleOp> module;
  llvm::SmallVector<crossbar::LayerOp> layers;
};

} // namespace cim::test

#endif // CIM_TESTS_PASSES_REQUESTS_THREELAYERS_H
