//===- Map.cpp - cim map: which crossbars hold a network ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/mapping/Manifest.h"
#include "runtime/mapping/Tiles.h"
#include "runtime/pictures/TileMap.h"
#include "runtime/programming/Programming.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"
#include "tools/cim/Command.h"
#include "tools/cim/CostReport.h"
#include "tools/cim/Interrupt.h"
#include "tools/cim/Network.h"
#include "tools/cim/Output.h"
#include "tools/cim/Text.h"
#include "tools/cim/WriteSummary.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <ostream>

using namespace cim;

namespace {

struct Map {
  ModelFlags model;
  ErrorFlags mapping;
  CostFlags cost;
  Output output;
  std::string file;

  void run();
  void writeFile(const Network &network, const Cost &counted) const;
};

/// How every layer is cut, one row each.
std::string tilesText(const plan::Plan &plan, const Cost &cost) {
  using enum Table::Align;
  Table table({{"layer"},
               {"rows", right},
               {"columns", right},
               {"groups", right},
               {"cells/weight", right},
               {"row tiles", right},
               {"column tiles", right},
               {"crossbars", right},
               {"utilization", right}});
  auto counted = cost.layers.begin();
  for (const plan::Layer &layer : plan.layers()) {
    if (!layer.has_crossbar())
      continue;
    const plan::Crossbar &crossbar = layer.crossbar();
    const TileCounts &tiles = counted++->tiles;
    table.add({layer.name(), grouped(crossbar.matrix_rows()),
               grouped(crossbar.matrix_columns()), grouped(crossbar.groups()),
               grouped(tiles.cellsPerWeight), grouped(tiles.rowTiles),
               grouped(tiles.columnTiles), grouped(tiles.crossbars),
               percent(tiles.utilization)});
  }
  const TileCounts &total = cost.total.tiles;
  table.addRule();
  table.add({std::to_string(cost.layers.size()) + " layers", "", "", "", "", "",
             "", grouped(total.crossbars), percent(total.utilization)});
  std::string text =
      table.text() + grouped(total.cells) + " cells hold weights";
  if (total.referenceCells > 0)
    text += ", " + grouped(total.referenceCells) + " are references";
  return text + "\n";
}

/// Whether cells, windows, converters or what writing takes depend on
/// \p option.
bool mattersHere(const LayerOption &option, bool isVerified) {
  if (isVerified && (option.field == &ErrorRequest::noise ||
                     option.field == &ErrorRequest::writeVerify))
    return true;
  return option.field == &ErrorRequest::quantize ||
         option.field == &ErrorRequest::device ||
         option.field == &ErrorRequest::dac ||
         option.field == &ErrorRequest::adc;
}

/// What writing one chip takes.
WriteSummary writeOneChip(const Network &network) {
  WriteCounts counts;
  for (const plan::Layer &layer : network.plan.layers()) {
    checkInterrupted();
    const Tensor &weights = network.tensors.at(layer.weights());
    std::vector<float> written(weights.elements());
    LayerProgram(layer, weights).write({}, 0, written, &counts);
  }
  return WriteSummary({&counts, 1});
}

/// Whether bits of weights decide how many cells there are.
bool usesSlices(const plan::Plan &plan) {
  return std::any_of(plan.layers().begin(), plan.layers().end(),
                     [](const plan::Layer &layer) {
                       return layer.crossbar().cell_bits() > 0;
                     });
}

Json tilesDocument(const plan::Plan &plan, const Cost &cost) {
  Json layers = Json::array();
  auto counted = cost.layers.begin();
  for (const plan::Layer &layer : plan.layers()) {
    if (!layer.has_crossbar())
      continue;
    const plan::Crossbar &crossbar = layer.crossbar();
    const TileCounts &tiles = counted++->tiles;
    layers.push_back(
        {{"name", layer.name()},
         {"rows", crossbar.matrix_rows()},
         {"columns", crossbar.matrix_columns()},
         {"groups", crossbar.groups()},
         {"groups_per_array", crossbar.groups_per_array()},
         {"array", {crossbar.array_rows(), crossbar.array_columns()}},
         {"slices", slicesOf(layer)},
         {"cells_per_weight", tiles.cellsPerWeight},
         {"row_tiles", tiles.rowTiles},
         {"column_tiles", tiles.columnTiles},
         {"crossbars", tiles.crossbars},
         {"utilization", tiles.utilization}});
  }
  return layers;
}

void Map::writeFile(const Network &network, const Cost &counted) const {
  const std::optional<PictureFormat> format = pictureFormat(file);
  if (!format)
    return writeManifest(
        file, makeManifest(network.plan, model.path, network.sha256));
  const std::string name = std::filesystem::path(model.path).stem();
  const TileCounts &sum = counted.total.tiles;
  const std::string picture =
      drawTileMap(network.plan,
                  name + ": " + grouped(sum.crossbars) + " arrays, " +
                      percent(sum.utilization, 0) + " of their cells in use",
                  *format);
  writeWhole(file, [&](std::ostream &out) { out << picture; });
}

void Map::run() {
  model.check();
  const std::vector<ErrorRequest> requests = mapping.check();
  const bool isVerified = std::any_of(
      requests.begin(), requests.end(),
      [](const ErrorRequest &asked) { return !asked.writeVerify.empty(); });
  for (const ErrorRequest &asked : requests)
    for (const LayerOption &option : ErrorFlags::layerOptions())
      if (!(asked.*option.field).empty() && option.isSource &&
          !mattersHere(option, isVerified))
        throw UsageError("--" + std::string(option.name) +
                         " has no effect on which cells hold a weight, nor on "
                         "what they cost; leave it out" +
                         (option.field == &ErrorRequest::noise
                              ? ", or add --write-verify, whose pulses it "
                                "decides"
                              : ""));
  if (!file.empty()) {
    if (!isManifestName(file) && !pictureFormat(file))
      throw UsageError("-o '" + file +
                       "': name a .pb or .json file for the manifest, or an "
                       ".svg or .png file for a picture");
    checkWritable("-o", file);
  }
  cost.check();
  output.check();

  Stopwatch total;
  const Network network = Network::load(model, requests);
  std::optional<WriteSummary> writing;
  Cost counted = cost.of(network.plan);
  if (verifiesCells(network.plan)) {
    writing = writeOneChip(network);
    counted =
        cost.of(network.plan, writing->perWrite(counted.total.cellWrites));
  }
  if (counted.layers.empty() && network.plan.layers_size() > 0)
    throw UsageError("'" + model.path +
                     "' stands on no crossbars; say how large an array is, "
                     "--crossbar ROWSxCOLUMNS");
  if (!mapping.quantize.empty() && !usesSlices(network.plan))
    warn("--quantize has no effect on the mapping without --cell-bits: one "
         "cell (or pair) holds a weight, whatever its bits");
  if (!file.empty())
    writeFile(network, counted);

  Json options = Json::object();
  mapping.describe(options);
  model.describe(options);
  cost.describe(options);
  const TileCounts &sum = counted.total.tiles;
  std::string text = tilesText(network.plan, counted);
  text += "writing one chip: " +
          (writing ? writing->text()
                   : grouped(counted.total.cellWrites) + " cell writes") +
          "\n";
  text += "\n" + cost.layersText(counted) + "\n" + cost.totalsText(counted);
  Json document = {{"command", "map"},
                   {"model", network.describe()},
                   {"options", options},
                   {"layers", tilesDocument(network.plan, counted)},
                   {"crossbars", sum.crossbars},
                   {"cells", sum.cells},
                   {"reference_cells", sum.referenceCells},
                   {"utilization", sum.utilization},
                   {"cost", cost.document(counted)}};
  if (writing)
    document["writing"] = writing->json();
  document["seconds"] = {{"compile", network.compileSeconds},
                         {"total", total.seconds()}};
  output.write(text, document);
}

} // namespace

Command cim::mapCommand(CLI::App &cim) {
  auto command = std::make_shared<Map>();
  CLI::App *app = cim.add_subcommand(
      "map", "Show which crossbars hold a network's weights");
  command->model.addTo(*app);
  app->add_option("-o,--output", command->file,
                  "Write every tile's place into a manifest, FILE.pb or "
                  "FILE.json (docs/mapping.md), or draw the arrays, FILE.svg "
                  "or FILE.png")
      ->type_name("FILE")
      ->group("Output");
  command->mapping.addMappingTo(*app);
  command->cost.addTo(*app);
  command->output.addTo(*app);
  app->footer("Examples:\n"
              "  cim map resnet32.onnx --crossbar 128x128\n"
              "  cim map resnet32.onnx --crossbar 128x128 --quantize "
              "5,mode=symmetric --cell-bits 2 -o resnet32.json\n"
              "  cim map resnet32.onnx --crossbar 128x128 --technology "
              "isaac2016 -o arrays.png");
  return {app, [command] { command->run(); }};
}
