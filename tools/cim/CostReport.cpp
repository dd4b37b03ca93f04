//===- CostReport.cpp - What a mapped network takes -----------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/cim/CostReport.h"

#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>

using namespace cim;

void CostFlags::addTo(CLI::App &app) {
  app.add_option("--technology", technology,
                 "Price arrays and converters: a name from 'cim technologies', "
                 "or FILE.yaml; needs --crossbar")
      ->type_name("TECH")
      ->group("Crossbars");
}

void CostFlags::check() {
  if (!technology.empty())
    found = findTechnology(technology);
}

void CostFlags::describe(Json &options) const {
  if (found)
    options["technology"] = technology;
}

Cost CostFlags::of(const plan::Plan &plan, double pulsesPerWrite) const {
  return costOf(plan, found ? &*found : nullptr, pulsesPerWrite);
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

namespace {

std::string areaText(double squareMetres) {
  return squareMetres < 1e-8 ? brief(squareMetres * 1e12) + " um²"
                             : brief(squareMetres * 1e6) + " mm²";
}

std::string energyText(double joules) { return withPrefix(joules, "J"); }
std::string timeText(double seconds) { return withPrefix(seconds, "s"); }

/// A count of things, some of which may be parts of an array.
std::string countText(double count) {
  return count < 1000 ? brief(count) : grouped(int64_t(count + 0.5));
}

/// "1,000 cell writes", "1,000 cell writes × 1.62 pulses".
std::string writesText(const Cost &cost) {
  std::string text = grouped(cost.total.cellWrites) + " cell writes";
  if (cost.pulsesPerWrite != 1)
    text += " × " + brief(cost.pulsesPerWrite, 3) + " pulses";
  return text;
}

/// One line per term: its formula and what it comes to.
void addTerms(Table &table, const std::vector<CostTerm> &terms,
              std::string (*text)(double)) {
  for (const CostTerm &term : terms)
    table.add({"  " + term.name, countText(term.count) + " " + term.unit,
               "× " + term.price, text(term.total)});
}

/// The sentence beside every total.
std::string outside(const Technology &technology) {
  if (technology.others.empty())
    return "Buffers, buses, routers and everything digital but shift and add "
           "are outside this model.";
  return "Buffers, buses, routers and digital circuits other than those that "
         "'" +
         technology.file + "' lists are outside this model.";
}

/// What a layer's latency is made of.
std::string latencyFormula(const Technology &technology) {
  std::string read = technology.readTime.text;
  if (technology.adcRate)
    read = "max(" + read + ", columns / " +
           (technology.adcsPerArray > 1
                ? std::to_string(technology.adcsPerArray) + " ADCs / "
                : "") +
           technology.adcRate->text + ")";
  return "input vectors × reads × " + read;
}

} // namespace

std::string CostFlags::layersText(const Cost &cost) const {
  using enum Table::Align;
  std::vector<Table::Column> columns = {
      {"for one image"},         {"MACs", right},
      {"input vectors", right},  {"reads", right},
      {"array reads", right},    {"DAC conversions", right},
      {"ADC conversions", right}};
  if (found)
    for (const char *title : {"energy", "latency", "area"})
      columns.push_back({title, right});
  Table table(columns);
  auto add = [&](const LayerCost &layer, const std::string &name,
                 const std::string &reads) {
    std::vector<std::string> row = {name,
                                    grouped(layer.macs),
                                    grouped(layer.vectors),
                                    reads,
                                    grouped(layer.arrayReads),
                                    grouped(layer.dacConversions),
                                    grouped(layer.adcConversions)};
    if (found)
      row.insert(row.end(), {energyText(layer.energy), timeText(layer.latency),
                             areaText(layer.area)});
    table.add(row);
  };
  for (const LayerCost &layer : cost.layers)
    add(layer, layer.name, std::to_string(layer.reads));
  table.addRule();
  add(cost.total, "sum", "");
  return table.text();
}

std::string CostFlags::summaryText(const Cost &cost) const {
  const LayerCost &total = cost.total;
  return fieldsText(
      {{"crossbars", grouped(total.tiles.crossbars) + " arrays, " +
                         percent(total.tiles.utilization, 1) +
                         " of their cells in use; " + writesText(cost) +
                         " per chip"},
       {"per image", grouped(total.macs) + " MACs, " +
                         grouped(total.dacConversions) + " DAC and " +
                         grouped(total.adcConversions) + " ADC conversions"}});
}

std::string CostFlags::totalsText(const Cost &cost) const {
  const LayerCost &total = cost.total;
  if (!found)
    return "For energy, latency and area, name a --technology ('cim "
           "technologies' lists them).\n";
  using enum Table::Align;
  Table table({{"technology " + found->name}, {"", right}, {""}, {"", right}});
  table.add({"energy of an image", "", "", energyText(total.energy)});
  addTerms(table, cost.energy, energyText);
  table.add({"area", "", "", areaText(total.area)});
  addTerms(table, cost.area, areaText);
  table.add({"latency of an image", "", "", timeText(total.latency)});
  table.add({"slowest layer", "", "", timeText(cost.slowestLayer)});
  if (!cost.programming.empty()) {
    table.add({"programming, once: " + writesText(cost), "", "", ""});
    addTerms(table, cost.programming, energyText);
  }
  if (found->writeTime)
    table.add({"programming time",
               countText(total.cellWrites * cost.pulsesPerWrite) + " pulses",
               "× " + found->writeTime->text, timeText(cost.programmingTime)});
  return table.text() + "Latency is the sum over layers of " +
         latencyFormula(*found) +
         "; with every layer\nat work on an image of its own, there is a "
         "result every " +
         timeText(cost.slowestLayer) + ".\n" + outside(*found) + "\n" +
         found->citation + (found->doi.empty() ? "" : ". doi:" + found->doi) +
         "\n";
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static Json counts(const LayerCost &layer) {
  return {{"crossbars", layer.tiles.crossbars},
          {"cells", layer.tiles.cells},
          {"reference_cells", layer.tiles.referenceCells},
          {"utilization", layer.tiles.utilization},
          {"cell_writes", layer.cellWrites},
          {"dacs", layer.dacs},
          {"adcs", layer.adcs},
          {"macs", layer.macs},
          {"input_vectors", layer.vectors},
          {"array_reads", layer.arrayReads},
          {"dac_conversions", layer.dacConversions},
          {"adc_conversions", layer.adcConversions}};
}

/// \p total names the sum in the unit that \p scale makes of SI's.
static Json terms(const std::vector<CostTerm> &list, const char *total,
                  double scale = 1) {
  Json result = Json::array();
  for (const CostTerm &term : list)
    result.push_back({{"name", term.name},
                      {"count", term.count},
                      {"unit", term.unit},
                      {"price", term.price},
                      {total, term.total * scale}});
  return result;
}

Json CostFlags::document(const Cost &cost) const {
  auto addPrices = [&](Json &to, const LayerCost &layer) {
    if (!found)
      return;
    to["energy_joules"] = layer.energy;
    to["latency_seconds"] = layer.latency;
    to["area_mm2"] = layer.area * 1e6;
  };
  Json result = counts(cost.total);
  result["pulses_per_write"] = cost.pulsesPerWrite;
  addPrices(result, cost.total);
  if (found) {
    result["slowest_layer_seconds"] = cost.slowestLayer;
    result["energy_terms"] = terms(cost.energy, "joules");
    result["area_terms"] = terms(cost.area, "mm2", 1e6);
    result["latency_formula"] = latencyFormula(*found);
    if (!cost.programming.empty())
      result["programming_terms"] = terms(cost.programming, "joules");
    if (found->writeTime)
      result["programming_seconds"] = cost.programmingTime;
    result["technology"] = {{"name", found->name},
                            {"citation", found->citation},
                            {"doi", found->doi},
                            {"file", found->file}};
    result["outside"] = outside(*found);
  }
  Json layers = Json::array();
  for (const LayerCost &layer : cost.layers) {
    Json added = {{"name", layer.name}};
    added.update(counts(layer));
    added["reads_per_vector"] = layer.reads;
    if (layer.inputBits)
      added["input_bits"] = layer.inputBits;
    if (layer.adcBits)
      added["adc_bits"] = layer.adcBits;
    addPrices(added, layer);
    layers.push_back(added);
  }
  result["layers"] = layers;
  return result;
}
