//===- Map.cpp - cim map: which crossbars hold a network ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/mapping/Manifest.h"
#include "runtime/mapping/Tiles.h"
#include "runtime/tensor/Errors.h"
#include "tools/cim/Command.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Text.h"

#include <CLI/CLI.hpp>
#include <memory>

using namespace cim;

namespace {

struct Map {
  ModelFlags model;
  ErrorFlags mapping;
  Output output;
  std::string file;
  void run();
};

/// Rows of the table and of the document, and their sums.
struct Report {
  Table table{{{"layer"},
               {"rows", Table::Align::right},
               {"columns", Table::Align::right},
               {"groups", Table::Align::right},
               {"cells/weight", Table::Align::right},
               {"row tiles", Table::Align::right},
               {"column tiles", Table::Align::right},
               {"crossbars", Table::Align::right},
               {"utilization", Table::Align::right}}};
  Json layers = Json::array();
  uint64_t crossbars = 0, cells = 0, referenceCells = 0;
  double available = 0; ///< cells of all arrays

  void add(const plan::Layer &layer);
};

void Report::add(const plan::Layer &layer) {
  const plan::Crossbar &crossbar = layer.crossbar();
  const TileCounts counts = countTiles(layer);
  table.add({layer.name(), grouped(crossbar.matrix_rows()),
             grouped(crossbar.matrix_columns()), grouped(crossbar.groups()),
             grouped(counts.cellsPerWeight), grouped(counts.rowTiles),
             grouped(counts.columnTiles), grouped(counts.crossbars),
             percent(counts.utilization)});
  layers.push_back(
      {{"name", layer.name()},
       {"rows", crossbar.matrix_rows()},
       {"columns", crossbar.matrix_columns()},
       {"groups", crossbar.groups()},
       {"groups_per_array", crossbar.groups_per_array()},
       {"array", {crossbar.array_rows(), crossbar.array_columns()}},
       {"slices", slicesOf(layer)},
       {"cells_per_weight", counts.cellsPerWeight},
       {"row_tiles", counts.rowTiles},
       {"column_tiles", counts.columnTiles},
       {"crossbars", counts.crossbars},
       {"utilization", counts.utilization}});
  crossbars += counts.crossbars;
  cells += counts.cells;
  referenceCells += counts.referenceCells;
  available += double(counts.crossbars) * crossbar.array_rows() *
               crossbar.array_columns();
}

void Map::run() {
  model.check();
  const std::vector<ErrorRequest> requests = mapping.check();
  for (const ErrorRequest &asked : requests)
    if (!asked.noise.empty() || !asked.shift.empty() || !asked.faults.empty())
      throw UsageError("--layer: noise, shift and faults have no effect on "
                       "which cells hold a weight; leave them out");
  if (!file.empty()) {
    if (!isManifestName(file))
      throw UsageError("-o '" + file + "': name a .pb or a .json file");
    checkWritable("-o", file);
  }
  output.check();

  Stopwatch total;
  const Network network = Network::load(model, requests);
  Report report;
  for (const plan::Layer &layer : network.plan.layers())
    if (layer.has_crossbar())
      report.add(layer);
  if (report.layers.empty() && network.plan.layers_size() > 0)
    throw UsageError("'" + model.path +
                     "' stands on no crossbars; say how large an array is, "
                     "--crossbar ROWSxCOLUMNS");
  const double utilization =
      report.available > 0 ? report.cells / report.available : 0;
  report.table.addRule();
  report.table.add({std::to_string(report.layers.size()) + " layers", "", "",
                    "", "", "", "", grouped(report.crossbars),
                    percent(utilization)});
  if (!file.empty())
    writeManifest(file, makeManifest(network.plan, model.path, network.sha256));

  Json options = Json::object();
  mapping.describe(options);
  if (model.foldBatchNorm)
    options["fold-batch-norm"] = true;
  std::string text =
      report.table.text() + grouped(report.cells) + " cells hold weights";
  if (report.referenceCells > 0)
    text += ", " + grouped(report.referenceCells) + " are references";
  output.write(text + "\n", {{"command", "map"},
                             {"model", network.describe()},
                             {"options", options},
                             {"layers", report.layers},
                             {"crossbars", report.crossbars},
                             {"cells", report.cells},
                             {"reference_cells", report.referenceCells},
                             {"utilization", utilization},
                             {"seconds",
                              {{"compile", network.compileSeconds},
                               {"total", total.seconds()}}}});
}

} // namespace

Command cim::mapCommand(CLI::App &cim) {
  auto command = std::make_shared<Map>();
  CLI::App *app = cim.add_subcommand(
      "map", "Show which crossbars hold a network's weights");
  command->model.addTo(*app);
  app->add_option("-o,--output", command->file,
                  "Write every tile's place into a manifest, FILE.pb or "
                  "FILE.json (docs/mapping.md)")
      ->type_name("FILE")
      ->group("Output");
  command->mapping.addMappingTo(*app);
  command->output.addTo(*app);
  app->footer("Examples:\n"
              "  cim map resnet32.onnx --crossbar 128x128\n"
              "  cim map resnet32.onnx --crossbar 128x128 --quantize "
              "5,mode=symmetric --cell-bits 2 -o resnet32.json");
  return {app, [command] { command->run(); }};
}
