//===- ChartsTest.cpp - Which curves a study draws ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/report/Charts.h"
#include "runtime/report/Page.h"
#include "runtime/tensor/Errors.h"
#include "tests/runtime/pictures/SvgText.h"

#include <gmock/gmock.h>

using namespace cim;
using cim::test::SvgText;
using cim::test::textWith;
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

TEST(OptionNumber, IsFoundInAValue) {
  auto expect = [](const char *option, const char *value, double number,
                   const char *kind, const char *unit) {
    const auto found = numberIn(option, value);
    ASSERT_TRUE(found) << value;
    EXPECT_EQ(found->number, number) << value;
    EXPECT_EQ(found->kind, kind);
    EXPECT_EQ(found->unit, unit);
  };
  expect("noise", "normal:0.25qs", 0.25, "normal:*qs", "qs");
  expect("noise", "student-t:1/4ns,df=4", 0.25, "student-t:*ns,df=4", "ns");
  expect("shift", "+1/64qs", 1.0 / 64, "*qs", "qs");
  expect("shift", "-0.01ns", -0.01, "*ns", "ns");
  expect("quantize", "5,mode=symmetric", 5, "*,mode=symmetric", "");
  expect("faults", "low=0.01,high=0.02", 0.01, "low=*,high=0.02", "");
  expect("device", "pcm-joshi2020@1d", 86400, "pcm-joshi2020", "s");
  expect("device", "a@2min,model=sha256:12", 120, "a,model=sha256:12", "s");
  expect("fc:noise", "normal:1e-2abs", 0.01, "normal:*abs", "abs");
  for (auto [option, value] : {std::pair("device", "pcm-joshi2020"),
                               {"layers", "role:C1"},
                               {"quantize", "levels=sha256:12ab"},
                               {"device", "a@b.yaml,model=sha256:12ab"},
                               {"cells", "offset"},
                               {"x", ""},
                               {"x", "+"},
                               {"x", "-."}})
    EXPECT_FALSE(numberIn(option, value)) << value;
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

// Without faults or wires none of their numbers is left, not only the one that
// varies.
TEST(Charts, NothingIsZeroOnlyOfAllNumbers) {
  for (const auto &[option, only, other] :
       {std::tuple("faults", "low=*", "low=*,high=0.02"),
        {"faults", "low=*,high=0", "low=*,flip=1e-3"},
        {"wire-resistance", "*,drive=both", "row=*,column=3"}}) {
    auto curveOf = [&](std::string kind) {
      const size_t star = kind.find('*');
      const std::string one = kind.replace(star, 1, "1"),
                        two = kind.replace(star, 1, "2");
      const std::vector<Chart> charts =
          chartsOf(studyOf({{{option, one}}, {{option, two}}, {}}));
      return placesOf(charts.at(0).curves.at(0));
    };
    EXPECT_THAT(curveOf(only), ElementsAre(0, 1, 2)) << only;
    EXPECT_THAT(curveOf(other), ElementsAre(1, 2)) << other;
  }
}

TEST(Charts, TimeIsLogarithmicAndLayersAreBars) {
  std::vector<Chart> charts = chartsOf(studyOf(
      {{{"device", "a@20s"}}, {{"device", "a@1h"}}, {{"device", "a@1d"}}}));
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

std::string drawn(const Chart &chart) {
  return drawCharts({&chart, 1}, PictureFormat::svg);
}

/// A chart with one point, of the band \p lowest to \p highest, among others.
Chart chartWithBand(double lowest, double highest) {
  Chart chart;
  chart.title = "accuracy over noise";
  chart.xTitle = "noise";
  chart.curves = {{"", {{1, 0.5, {0.4, 0.6}}, {2, 0.9, {lowest, highest}}}}};
  return chart;
}

// Gnuplot draws another shape where one runs out of the axis.
TEST(Charts, BandsEndWhereAccuraciesDo) {
  Chart beyond = chartWithBand(-0.2, 1.3), within = chartWithBand(0, 1);
  for (bool isLogarithmic : {false, true}) {
    beyond.isLogarithmic = within.isLogarithmic = isLogarithmic;
    EXPECT_EQ(drawn(beyond), drawn(within));
  }
  beyond.categories = within.categories = {"a", "b", "c"};
  EXPECT_EQ(drawn(beyond), drawn(within));
  beyond.reference = within.reference = ChartPoint{0, 0.95, {}, 0};
  EXPECT_EQ(drawn(beyond), drawn(within));
}

TEST(Charts, LegendAndCaptionStandBelow) {
  Chart chart = chartWithBand(0.8, 0.95);
  chart.curves[0].name = "curve";
  chart.caption = {"quantize 4", "100 images"};
  for (int charts : {1, 3}) {
    const std::string svg =
        drawCharts(std::vector<Chart>(charts, chart), PictureFormat::svg);
    double last = textWith(svg, chart.title).y;
    for (const char *text : {"noise", "curve", "quantize 4", "100 images"}) {
      const SvgText next = textWith(svg, text);
      EXPECT_GT(next.y, last + 9) << text;
      last = next.y;
    }
  }
}

TEST(Charts, LongCategoriesAreTurned) {
  Chart chart = chartWithBand(0.8, 0.95);
  auto isTurned = [&](const std::vector<std::string> &categories) {
    chart.categories = categories;
    return textWith(drawn(chart), categories.back()).isTurned;
  };
  EXPECT_TRUE(isTurned(
      {"pcm-joshi2020", "reram-milo2021", "reram-wan2022", "reram-cmo-hfox"}));
  EXPECT_FALSE(isTurned({"pcm-joshi2020", "reram-milo2021"}));
  EXPECT_FALSE(isTurned({"2", "3", "4", "5", "6", "7", "8", "9"}));
}

TEST(Charts, SayWhatTheyShow) {
  const Options cells = {{"crossbar", "64x64"}, {"device", "a@1d"}};
  auto with = [&](Options options) {
    options.insert(cells.begin(), cells.end());
    return options;
  };
  Study study = studyOf({with({{"noise", "normal:1qs"}, {"quantize", "4"}}),
                         with({{"noise", "normal:2qs"}, {"quantize", "4"}}),
                         with({{"quantize", "4"}})});
  EXPECT_THAT(chartsOf(study).at(0).caption,
              ElementsAre("crossbar 64x64, device a@1d, noise normal:*qs, "
                          "quantize 4",
                          "100 images, 2 chips; band: 95 % interval over "
                          "chips"));
  study.results[2].chips.resize(1);
  EXPECT_THAT(
      chartsOf(study).at(0).caption.back(),
      HasSubstr("1 to 2 chips; band: 95 % over chips (of one: images)"));
  study = studyOf({{{"shift", "1qs"}}, {{"shift", "2qs"}}});
  for (Result &result : study.results)
    result.chips.resize(1);
  EXPECT_THAT(chartsOf(study).at(0).caption,
              ElementsAre("100 images, 1 chip; band: 95 % interval over "
                          "images"));
  const Chart bars =
      chartsOf(studyOf({{{"packing", "dense"}}, {{"packing", "naive"}}})).at(0);
  EXPECT_THAT(bars.caption,
              ElementsAre(HasSubstr("whiskers: 95 % interval over chips")));
}

TEST(Charts, AxesHaveUnits) {
  auto chartOver = [](const std::string &option, const std::string &a,
                      const std::string &b) {
    return chartsOf(studyOf({{{option, a}}, {{option, b}}})).at(0);
  };
  EXPECT_EQ(chartOver("wire-resistance", "1.5", "2").xTitle,
            "wire-resistance (ohm)");
  EXPECT_FALSE(chartOver("wire-resistance", "1.5", "2").isWhole);
  EXPECT_EQ(chartOver("fc:adc", "4,per=tile", "6,per=tile").xTitle,
            "fc:adc (bits)");
  EXPECT_EQ(chartOver("faults", "low=0.1", "low=0.2").xTitle, "faults");
  const Chart bits = chartOver("quantize", "3", "5");
  EXPECT_EQ(bits.xTitle, "quantize (bits)");
  EXPECT_TRUE(bits.isWhole);
  const std::string svg = drawn(bits);
  EXPECT_THAT(svg, Not(HasSubstr(">3.5<")));
  EXPECT_EQ(textWith(svg, "5").text, "5");
}

TEST(Results, OptionsOfAStore) {
  EXPECT_EQ(optionsOf(R"({"fold-batch-norm":false,"layer":["fc:noise=a=b"],)"
                      R"("noise":"normal:1qs"})"),
            (Options{{"fc:noise", "a=b"}, {"noise", "normal:1qs"}}));
  const std::string hash = "sha256:" + std::string(64, 'a');
  EXPECT_EQ(optionsOf("{\"device\":\"a@1d,model=" + hash +
                      "\",\"noise\":\"normal:1qs,level=" + hash + "\"}"),
            (Options{{"device", "a@1d,model=sha256:aaaaaaaa"},
                     {"noise", "normal:1qs,level=sha256:aaaaaaaa"}}));
  EXPECT_EQ(optionsOf("no json"), (Options{{"options", "no json"}}));
}

// A device's name stands for its numbers, unless its file was changed.
TEST(Results, ModelsOfOneDeviceAreToldApart) {
  Store store = Store::temporary();
  int64_t correct = 50;
  for (const auto &[device, digit] : {std::pair("a.yaml", '1'),
                                      {"a.yaml", '2'},
                                      {"b@1d", '3'},
                                      {"b@1h", '4'}}) {
    const std::string options = std::string(R"({"device":")") + device +
                                ",model=sha256:" + std::string(64, digit) +
                                "\"}";
    const int64_t id =
        store.add({"m", "d", 100, options, "0 f32 avx2"}, "m", "d", true);
    store.put(id, 0, 0, {correct++, 99, 0, 0});
  }
  const std::vector<Study> studies = studiesOf(store);
  ASSERT_THAT(studies, SizeIs(1));
  std::vector<std::string> devices;
  for (const Result &result : studies[0].results)
    devices.push_back(result.options.at("device"));
  EXPECT_THAT(devices,
              ElementsAre("a.yaml,model=sha256:11111111",
                          "a.yaml,model=sha256:22222222", "b@1d", "b@1h"));
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

TEST(Page, ComparesWithTheLeastError) {
  auto pageWith = [](std::initializer_list<Options> points) {
    const Study study = studyOf(points);
    return pageOf({&study, 1}, {"t", "v", 0.9, {}});
  };
  const std::string first = "\"difference\":{\"baseline\":0",
                    second = "\"difference\":{\"baseline\":1";
  EXPECT_THAT(pageWith({{{"quantize", "4"}}, {{"quantize", "5"}}}),
              HasSubstr(second));
  EXPECT_THAT(pageWith({{{"cell-bits", "1"}}, {{"cell-bits", "4"}}}),
              HasSubstr(first));
  // Bars have no order: the first one.
  EXPECT_THAT(pageWith({{}, {{"quantize", "5"}}}), HasSubstr(first));
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
