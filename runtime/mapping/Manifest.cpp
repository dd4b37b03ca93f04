//===- Manifest.cpp - The mapping manifest --------------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/mapping/Manifest.h"

#include "runtime/mapping/Tiles.h"
#include "runtime/tensor/Errors.h"
#include "runtime/tensor/Files.h"

#include <filesystem>
#include <google/protobuf/util/json_util.h>
#include <ostream>

using namespace cim;

static bool isJson(const std::string &path) {
  return std::filesystem::path(path).extension() == ".json";
}

bool cim::isManifestName(const std::string &path) {
  return isJson(path) || std::filesystem::path(path).extension() == ".pb";
}

/// Tiles of \p layer.
static uint64_t tilesOf(const plan::Layer &layer) {
  const TileCounts counts = countTiles(layer);
  return uint64_t(counts.rowTiles) * counts.columnTiles *
         counts.cellsPerWeight * layer.crossbar().groups();
}

static void describe(const plan::Layer &layer, uint32_t firstArray,
                     mapping::Layer &described) {
  static_assert(int(plan::Crossbar::DIFFERENTIAL) == mapping::DIFFERENTIAL &&
                int(plan::Crossbar::OFFSET) == mapping::OFFSET);
  const plan::Crossbar &crossbar = layer.crossbar();
  described.set_name(layer.name());
  described.set_index(layer.index());
  described.set_weights(layer.weights());
  *described.mutable_shape() = layer.shape();
  described.set_channel_axis(layer.channel_axis());
  described.set_rows(crossbar.matrix_rows());
  described.set_columns(crossbar.matrix_columns());
  described.set_groups(crossbar.groups());
  described.set_array_rows(crossbar.array_rows());
  described.set_array_columns(crossbar.array_columns());
  described.set_cells(mapping::Cells(int(crossbar.cells())));
  described.set_lowest_conductance(crossbar.lowest_conductance());
  described.set_highest_conductance(crossbar.highest_conductance());
  described.set_weight_bits(layer.quantize().bits());
  described.set_cell_bits(crossbar.cell_bits());
  described.set_dac_bits(layer.dac().bits());
  described.set_adc_bits(layer.adc().bits());
  described.set_serial_inputs(layer.dac().serial());
  forEachTile(layer, [&](const Tile &tile) {
    mapping::Tile &added = *described.add_tiles();
    added.set_array(firstArray + tile.array);
    added.set_group(tile.group);
    added.set_row(tile.row);
    added.set_column(tile.column);
    added.set_rows(tile.rows);
    added.set_columns(tile.columns);
    added.set_array_row(tile.arrayRow);
    added.set_array_column(tile.arrayColumn);
    added.set_slice(tile.slice);
    added.set_sign(tile.sign);
  });
}

mapping::Manifest cim::makeManifest(const plan::Plan &plan,
                                    const std::string &model,
                                    const std::string &modelSha256) {
  constexpr uint64_t mostTiles = 4'000'000;
  uint64_t tiles = 0;
  for (const plan::Layer &layer : plan.layers())
    if (layer.has_crossbar())
      tiles += tilesOf(layer);
  if (tiles > mostTiles)
    throw InputError("the mapping has " + std::to_string(tiles) +
                     " tiles, and a manifest holds at most " +
                     std::to_string(mostTiles) + "; use larger arrays");
  mapping::Manifest manifest;
  manifest.set_version(manifestVersion);
  manifest.set_model(model);
  manifest.set_model_sha256(modelSha256);
  for (const plan::Layer &layer : plan.layers())
    if (layer.has_crossbar()) {
      describe(layer, manifest.arrays(), *manifest.add_layers());
      manifest.set_arrays(manifest.arrays() + countTiles(layer).crossbars);
    }
  return manifest;
}

void cim::writeManifest(const std::string &path,
                        const mapping::Manifest &manifest) {
  std::string bytes;
  if (isJson(path)) {
    google::protobuf::util::JsonPrintOptions options;
    options.add_whitespace = true;
    options.always_print_primitive_fields = true;
    options.preserve_proto_field_names = true;
    if (!MessageToJsonString(manifest, &bytes, options).ok())
      throw InputError("'" + path +
                       "': the model's names are no text that "
                       "JSON can hold; write a .pb file");
  } else {
    manifest.SerializeToString(&bytes);
  }
  writeWhole(path, [&](std::ostream &stream) { stream << bytes; });
}

mapping::Manifest cim::readManifest(const std::string &path) {
  const MappedFile file = mapFile(path);
  const std::string_view text = file.text();
  mapping::Manifest manifest;
  const bool isRead =
      isJson(path) ? google::protobuf::util::JsonStringToMessage(
                         {text.data(), text.size()}, &manifest)
                         .ok()
                   : file.size <= INT32_MAX &&
                         manifest.ParseFromArray(text.data(), int(text.size()));
  if (!isRead)
    throw InputError("'" + path +
                     "' is no mapping manifest; write one with "
                     "cim map -o");
  if (manifest.version() != manifestVersion)
    throw InputError("'" + path + "' is a manifest of version " +
                     std::to_string(manifest.version()) + ", expected " +
                     std::to_string(manifestVersion) +
                     "; write it again with cim map -o");
  return manifest;
}
