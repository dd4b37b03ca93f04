//===- ConverterReport.cpp - What converters clipped ----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/ConverterReport.h"
#include "tools/cim/Text.h"

#include <algorithm>

using namespace cim;

ConverterReport::ConverterReport(const plan::Plan &plan,
                                 std::vector<ConverterCounts> counted)
    : plan(plan), counts(std::move(counted)) {
  for (int l = 0; l < plan.layers_size(); ++l)
    if (plan.layers(l).has_dac() || plan.layers(l).has_adc())
      layers.push_back(l);
}

static double share(int64_t part, int64_t whole) {
  return whole > 0 ? double(part) / double(whole) : 0;
}

/// "0 to 2.46", "±3.1"
static std::string rangeText(const plan::Dac &dac) {
  const std::string largest = brief(dac.range(), 3);
  return dac.is_signed() ? "±" + largest : "0 to " + largest;
}

/// "±3.1", or from the smallest limit to the largest.
static std::string rangeText(const plan::Adc &adc) {
  const auto [least, most] =
      std::minmax_element(adc.limits().begin(), adc.limits().end());
  const std::string first = "±" + brief(*least, 3), last = brief(*most, 3);
  return *least == *most ? first : first + " to " + last;
}

std::string ConverterReport::text() const {
  using Align = Table::Align;
  auto any = [&](auto has) {
    return std::any_of(layers.begin(), layers.end(),
                       [&](int l) { return has(plan.layers(l)); });
  };
  const bool hasDacs =
      any([](const plan::Layer &layer) { return layer.has_dac(); });
  const bool hasAdcs =
      any([](const plan::Layer &layer) { return layer.has_adc(); });
  std::vector<Table::Column> titles = {{"layer"}};
  for (auto [kind, isThere] : {std::pair("DAC", hasDacs), {"ADC", hasAdcs}})
    if (isThere)
      titles.insert(titles.end(), {{kind, Align::right},
                                   {"range", Align::right},
                                   {"clipped", Align::right}});
  Table table(titles);
  ConverterCounts all;
  for (int l : layers) {
    const plan::Layer &layer = plan.layers(l);
    const ConverterCounts &count = counts[l];
    all += count;
    std::vector<std::string> row = {layer.name()};
    if (layer.has_dac())
      row.insert(row.end(),
                 {std::to_string(layer.dac().bits()) + " bits" +
                      (layer.dac().serial() ? ", serial" : ""),
                  rangeText(layer.dac()),
                  percent(share(count.clippedInputs, count.inputs))});
    else if (hasDacs)
      row.insert(row.end(), 3, "");
    if (layer.has_adc())
      row.insert(row.end(), {std::to_string(layer.adc().bits()) + " bits",
                             rangeText(layer.adc()),
                             percent(share(count.clippedSums, count.sums))});
    else if (hasAdcs)
      row.insert(row.end(), 3, "");
    table.add(row);
  }
  table.addRule();
  std::vector<std::string> sum = {std::to_string(layers.size()) + " layers"};
  if (hasDacs)
    sum.insert(sum.end(),
               {"", "", percent(share(all.clippedInputs, all.inputs))});
  if (hasAdcs)
    sum.insert(sum.end(), {"", "", percent(share(all.clippedSums, all.sums))});
  table.add(sum);
  return table.text();
}

Json ConverterReport::json() const {
  Json list = Json::array();
  for (int l : layers) {
    const plan::Layer &layer = plan.layers(l);
    const ConverterCounts &count = counts[l];
    Json entry = {{"name", layer.name()}};
    if (layer.has_dac())
      entry["dac"] = {{"bits", layer.dac().bits()},
                      {"range", layer.dac().range()},
                      {"signed", layer.dac().is_signed()},
                      {"conversions", count.inputs},
                      {"clipped", share(count.clippedInputs, count.inputs)}};
    if (layer.has_adc())
      entry["adc"] = {
          {"bits", layer.adc().bits()},
          {"limits", std::vector<double>(layer.adc().limits().begin(),
                                         layer.adc().limits().end())},
          {"conversions", count.sums},
          {"clipped", share(count.clippedSums, count.sums)}};
    list.push_back(entry);
  }
  return list;
}
