//===- InsertErrorsTest.cpp - Errors into selected layers -----------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/requests/InsertErrors.h"

#include "tests/passes/requests/ThreeLayers.h"

#include "mlir/IR/Verifier.h"
#include <gmock/gmock.h>

using namespace cim;
using namespace testing;

namespace {

struct InsertErrors : test::ThreeLayers {
  /// Asks for a shift by 2 of the layers of \p pattern.
  bool insert(const char *pattern, bool replace = false) {
    auto parse = []() -> ErrorCreator {
      return [](mlir::OpBuilder &builder, mlir::Location location,
                mlir::Value weights) -> mlir::Value {
        return crossbar::ShiftOp::create(builder, location, weights.getType(),
                                         weights, builder.getF64FloatAttr(2),
                                         unitAttr(builder, Unit::absolute),
                                         levelFactorsAttr(builder, {}));
      };
    };
    return succeeded(insertErrors(*module, crossbar::WeightErrorKind::shift,
                                  {"shift", "+2abs"}, pattern, replace, parse));
  }

  /// By how much every layer is shifted; 0 where it is not.
  std::vector<double> shifts() {
    EXPECT_TRUE(succeeded(mlir::verify(*module))) << said;
    std::vector<double> amounts;
    for (crossbar::LayerOp layer : layers) {
      auto error = layer.getError(crossbar::WeightErrorKind::shift);
      amounts.push_back(
          error ? mlir::cast<crossbar::ShiftOp>(error.getOperation())
                      .getAmount()
                      .convertToDouble()
                : 0);
    }
    return amounts;
  }
};

TEST_F(InsertErrors, goIntoTheLayersOfThePattern) {
  EXPECT_TRUE(insert("role:C1"));
  EXPECT_THAT(shifts(), ElementsAre(2, 0.5, 0));
  EXPECT_TRUE(insert("c"));
  EXPECT_THAT(shifts(), ElementsAre(2, 0.5, 2));
  EXPECT_EQ(said, "");
}

TEST_F(InsertErrors, takeNoPlaceThatIsTaken) {
  EXPECT_FALSE(insert("*"));
  EXPECT_THAT(said, HasSubstr("layer 'b' has shift already"));
  // Nor any other then.
  EXPECT_THAT(shifts(), ElementsAre(0, 0.5, 0));
}

TEST_F(InsertErrors, replaceWhereTheyMay) {
  EXPECT_TRUE(insert("*", /*replace=*/true));
  EXPECT_THAT(shifts(), ElementsAre(2, 2, 2));
  EXPECT_EQ(layers[1].getErrors().size(), 1u);
}

TEST_F(InsertErrors, areNotInsertedWhenTheOptionIsNone) {
  EXPECT_TRUE(failed(insertErrors(
      *module, crossbar::WeightErrorKind::shift, {"shift", "much"}, "a",
      /*replace=*/false,
      []() -> ErrorCreator { throw GrammarError("is no amount"); })));
  EXPECT_THAT(said, HasSubstr("shift 'much': is no amount"));
  EXPECT_THAT(shifts(), ElementsAre(0, 0.5, 0));
}

TEST_F(InsertErrors, areNotInsertedWhenNoLayerIsMeant) {
  EXPECT_FALSE(insert("d"));
  EXPECT_THAT(said, HasSubstr("layers 'd': "));
  EXPECT_THAT(shifts(), ElementsAre(0, 0.5, 0));
}

TEST_F(InsertErrors, leaveOutFactorsThatAreNone) {
  mlir::Builder builder(&context);
  EXPECT_FALSE(levelFactorsAttr(builder, {}));
  EXPECT_THAT(levelFactorsAttr(builder, {1, 2}).asArrayRef(),
              ElementsAre(1, 2));
}

} // namespace
