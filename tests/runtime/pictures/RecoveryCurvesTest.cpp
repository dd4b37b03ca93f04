//===- RecoveryCurvesTest.cpp - Drawing what retraining wins --------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/pictures/RecoveryCurves.h"
#include "tests/runtime/pictures/SvgText.h"

#include <cmath>

using namespace cim;
using namespace cim::test;

namespace {

TEST(RecoveryCurves, WordsDoNotOverlap) {
  std::vector<RecoveryCurve> curves;
  for (const char *name : {"all layers", "C1 only", "C2 only"})
    curves.push_back({name, {{2, 5000, 0.8, 0.7}, {8, 20000, 0.9, 0.8}}});
  const std::string svg =
      drawRecovery(curves, 0.95, 0.5, "noise", PictureFormat::svg);
  const SvgText caption = textWith(svg, "dashed");
  for (const SvgText &text : textsIn(svg))
    if (text.text != caption.text && !text.isTurned &&
        std::abs(text.y - caption.y) < 11) {
      EXPECT_GT(text.left(), caption.right()) << text.text;
    }
  // At 30 degrees the last tick reaches this far.
  const SvgText tick = textWith(svg, "20000");
  EXPECT_LT(tick.x + 0.87 * tick.width(), widthOf(svg));
}

} // namespace
