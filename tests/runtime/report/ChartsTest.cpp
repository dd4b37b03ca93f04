//===- ChartsTest.cpp - Which curves a study draws ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/report/Charts.h"
#include "runtime/report/Page.h"
#include "runtime/tensor/Errors.h"

#include <gmock/gmock.h>

using namespace cim;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

namespace {

Study studyOf(std::initializer_list<Options> points) {
  Study study{"net/a.onnx", "data", "m", "d", 100, "0 f32 avx2", 0, 0, {}};
  double accuracy = 0.9;
  for (const Options &options : points) {
    study.results.push_back(
        {options, {{0, accuracy}, {1, accuracy - 0.02}}, Sampling::fixed, 1});
    accuracy -= 0.01;
  }
  return study;
}

std::vector<double> placesOf(const ChartCurve &curve) {
  std::vector<double> places;
  for (const ChartPoint &point : curve.points)
    places.push_back(point.x);
  return places;
}

TEST(Quantity, IsTheNumberInAnOption) {
  auto expect = [](const char *option, const char *value, double number,
                   const char *kind, const char *unit) {
    const auto quantity = quantityIn(option, value);
    ASSERT_TRUE(quantity) << value;
    EXPECT_EQ(quantity->number, number) << value;
    EXPECT_EQ(quantity->kind, kind);
    EXPECT_EQ(quantity->unit, unit);
  };
  expect("noise", "normal:0.25qs", 0.25, "normal:*qs", "qs");
  expect("noise", "student-t:1/4ns,df=4", 0.25, "student-t:*ns,df=4", "ns");
  expect("shift", "+1/64qs", 1.0 / 64, "*qs", "qs");
  expect("shift", "-0.01ns", -0.01, "*ns", "ns");
  expect("quantize", "5,mode=symmetric", 5, "*,mode=symmetric", "");
  expect("faults", "low=0.01,high=0.02", 0.01, "low=*,high=0.02", "");
  expect("device", "pcm-joshi2020@1d,model=sha256:12", 86400, "pcm-joshi2020",
         "s");
  expect("device", "a@2min", 120, "a", "s");
  expect("fc:noise", "normal:1e-2abs", 0.01, "normal:*abs", "abs");
  for (auto [option, value] : {std::pair("device", "pcm-joshi2020"),
                               {"layers", "role:C1"},
                               {"quantize", "levels=sha256:12ab"},
                               {"cells", "offset"},
                               {"x", ""},
                               {"x", "+"},
                               {"x", "-."}})
    EXPECT_FALSE(quantityIn(option, value)) << value;
}

TEST(Charts, OneCurvePerEverythingElse) {
  const Study study = studyOf({{{"noise", "normal:1qs"}, {"quantize", "4"}},
                               {{"noise", "normal:0.5qs"}, {"quantize", "4"}},
                               {{"noise", "normal:0.5qs"}, {"quantize", "5"}},
                               {{"noise", "normal:1qs"}, {"quantize", "5"}},
                               {{"quantize", "5"}},
                               {{"noise", "normal:0.1ns"}}});
  const std::vector<Chart> charts = chartsOf(study);
  ASSERT_THAT(charts, SizeIs(2)); // over noise in qs, over bits
  ASSERT_THAT(charts[0].curves, SizeIs(2));
  EXPECT_EQ(charts[0].xTitle, "noise (qs)");
  EXPECT_EQ(charts[0].curves[0].name, "quantize 4");
  EXPECT_THAT(placesOf(charts[0].curves[0]), ElementsAre(0.5, 1));
  EXPECT_THAT(placesOf(charts[0].curves[1]), ElementsAre(0, 0.5, 1));
  const ChartPoint &point = charts[0].curves[0].points[0];
  EXPECT_EQ(point.result, 1u);
  EXPECT_NEAR(point.value, 0.88, 1e-12);
  EXPECT_LT(point.band.lowest, 0.88);
  EXPECT_THAT(placesOf(charts[1].curves[0]), ElementsAre(4, 5));
}

TEST(Charts, TimeIsLogarithmicAndLayersAreBars) {
  std::vector<Chart> charts =
      chartsOf(studyOf({{{"device", "a@20s,model=sha256:1"}},
                        {{"device", "a@1h,model=sha256:2"}},
                        {{"device", "a@1d,model=sha256:3"}}}));
  ASSERT_THAT(charts, SizeIs(1));
  EXPECT_TRUE(charts[0].isLogarithmic);
  EXPECT_THAT(placesOf(charts[0].curves[0]), ElementsAre(20, 3600, 86400));
  EXPECT_EQ(charts[0].xTitle, "time after programming");
  EXPECT_TRUE(charts[0].isTime);
  charts = chartsOf(studyOf({{{"layers", "b"}, {"noise", "normal:1ns"}},
                             {{"layers", "a"}, {"noise", "normal:1ns"}}}));
  ASSERT_THAT(charts, SizeIs(1));
  EXPECT_THAT(charts[0].categories, ElementsAre("b", "a"));
  EXPECT_THAT(placesOf(charts[0].curves[0]), ElementsAre(0, 1));
  EXPECT_FALSE(charts[0].reference);
  EXPECT_THAT(chartsOf(studyOf({{}})), SizeIs(0));
}

// Errors in one layer at a time are compared with none, on the same arrays.
TEST(Charts, BarsOfLayersBeginAtTheExactNetwork) {
  const std::vector<Chart> charts = chartsOf(
      studyOf({{{"crossbar", "8x8"}},
               {{"crossbar", "8x8"}, {"layers", "a"}, {"noise", "normal:1ns"}},
               {{"crossbar", "8x8"}, {"layers", "b"}, {"noise", "normal:1ns"}},
               {}}));
  const auto bars = std::ranges::find(charts, "layers", &Chart::xTitle);
  ASSERT_NE(bars, charts.end());
  EXPECT_THAT(bars->categories, ElementsAre("a", "b"));
  ASSERT_TRUE(bars->reference);
  EXPECT_NEAR(bars->reference->value, 0.89, 1e-12);
  EXPECT_EQ(bars->reference->result, 0u);
  EXPECT_THAT(drawCharts({&*bars, 1}, PictureFormat::svg), HasSubstr("layers"));
}

TEST(Charts, AreDrawn) {
  std::vector<Chart> charts =
      chartsOf(studyOf({{{"noise", "normal:1qs"}, {"layers", "'; !touch x"}},
                        {{"noise", "normal:0.5qs"}, {"layers", "'; !touch x"}},
                        {{"noise", "normal:0.5qs"}, {"layers", "<b>"}}}));
  ASSERT_THAT(charts, SizeIs(2));
  for (PictureFormat format : {PictureFormat::svg, PictureFormat::png})
    EXPECT_NE(drawCharts(charts, format), "");
  const std::string svg = drawCharts(charts, PictureFormat::svg);
  EXPECT_THAT(svg, HasSubstr("noise (qs)"));
  EXPECT_THAT(svg, Not(HasSubstr("<b>")));
}

TEST(Results, OptionsOfAStore) {
  EXPECT_EQ(optionsOf(R"({"fold-batch-norm":false,"layer":["fc:noise=a=b"],)"
                      R"("noise":"normal:1qs"})"),
            (Options{{"fc:noise", "a=b"}, {"noise", "normal:1qs"}}));
  const std::string hash = "sha256:" + std::string(64, 'a');
  EXPECT_EQ(optionsOf("{\"device\":\"a@1d,model=" + hash +
                      "\",\"noise\":\"normal:1qs,level=" + hash + "\"}"),
            (Options{{"device", "a@1d"},
                     {"noise", "normal:1qs,level=sha256:aaaaaaaa"}}));
  EXPECT_EQ(optionsOf("no json"), (Options{{"options", "no json"}}));
}

TEST(Results, DifferencesAreBetweenTheSameChips) {
  const Result a{{}, {{0, 0.5}, {2, 0.7}, {3, 0.9}}, Sampling::fixed, 0},
      b{{}, {{1, 0.1}, {2, 0.6}, {3, 0.7}}, Sampling::fixed, 0},
      c{{}, {{5, 0.1}, {6, 0.1}}, Sampling::fixed, 0};
  const auto difference = differenceOf(a, b);
  ASSERT_TRUE(difference);
  EXPECT_THAT(difference->trials, SizeIs(2));
  EXPECT_NEAR(difference->mean, 0.15, 1e-12);
  EXPECT_FALSE(differenceOf(a, c));
  // A chip alone stands for all only where nothing is random.
  Result one{{}, {{1, 0.5}}, Sampling::fixed, 0, true};
  EXPECT_FALSE(differenceOf(a, one));
  one.isRandom = false;
  ASSERT_TRUE(differenceOf(a, one));
  EXPECT_THAT(differenceOf(a, one)->trials, SizeIs(3));
  ASSERT_TRUE(differenceOf(one, a));
  EXPECT_THAT(differenceOf(one, a)->trials, SizeIs(3));
}

TEST(Page, EscapesWhatNamesContain) {
  Study study = studyOf({{{"noise", "normal:1qs"}}, {}});
  study.model = "</script><script>alert(1)</script>\xff";
  const std::string page = pageOf({&study, 1}, {"t", "v", 0.9, {}});
  EXPECT_THAT(page, Not(HasSubstr("alert(1)</script>")));
  EXPECT_THAT(page, HasSubstr("\\u003c/script>\\u003cscript>alert(1)"));
  EXPECT_THAT(page, Not(HasSubstr("http-equiv=\"refresh\"")));
  for (const char *marker : {"@DATA@", "@STYLE@", "@SCRIPT@", "@ECHARTS@"})
    EXPECT_THAT(page, Not(HasSubstr(marker)));
  study.model = "a,\"b\"";
  EXPECT_THAT(tableOf({&study, 1}, 0.9), HasSubstr("\"a,\"\"b\"\"\",m,data"));
}

} // namespace
