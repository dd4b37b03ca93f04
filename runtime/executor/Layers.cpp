//===- Layers.cpp - Writes the cells of all layers ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Layers.h"

#include <algorithm>
#include <atomic>
#include <numeric>

using namespace cim;

/// Cells of a piece: small enough to stay in the cache between writing and
/// packing, large enough that handing out pieces costs nothing.
static constexpr int64_t pieceCells = 32 * 1024;

Layers::Layers(const Program &program) {
  for (const plan::Layer &layer : program.plan.layers()) {
    const Tensor &weights = program.tensors.at(layer.weights());
    int64_t rows = layer.shape_size() > 0 ? layer.shape(0) : 1;
    int64_t rowCells = rows > 0 ? weights.elements() / rows : 0;
    layers.push_back({LayerProgram(layer, weights), rows, rowCells, {}});
  }
}

void Layers::addUser(uint32_t layer, BoundStep &step) {
  layers[layer].users.push_back(&step);
  step.bindProgram(layers[layer].chain);
}

void Layers::cut() {
  for (Layer &layer : layers) {
    if (layer.users.empty() || layer.rowCells == 0)
      continue;
    const bool isConstant = layer.chain.isDeterministic();
    for (size_t array = 0; array < layer.chain.arrays(); ++array)
      (isConstant ? constantNetworks : networks).push_back({&layer, array});
    int64_t together = 1;
    for (const BoundStep *user : layer.users)
      together = std::lcm(together, user->packRows());
    int64_t rows = std::max<int64_t>(
        pieceCells / layer.rowCells / together * together, together);
    auto &list = isConstant ? constantPieces : pieces;
    const bool bySlice = layer.users.front()->readsSlices();
    for (int64_t begin = 0; begin < layer.rows; begin += rows) {
      int64_t end = std::min(begin + rows, layer.rows);
      if (!bySlice)
        list.push_back({&layer, begin, end, std::nullopt});
      for (unsigned slice = 0; bySlice && slice < layer.chain.slices(); ++slice)
        list.push_back({&layer, begin, end, slice});
      longest = std::max(longest, (end - begin) * layer.rowCells);
    }
  }
  isCut = true;
}

void Layers::write(const Chip &chip, const Piece &piece, std::span<float> cells,
                   WriteCounts &counts) const {
  const Layer &layer = *piece.layer;
  const std::span<float> written =
      cells.first((piece.end - piece.begin) * layer.rowCells);
  const int64_t first = piece.begin * layer.rowCells;
  if (piece.slice)
    layer.chain.writeSlice(chip, *piece.slice, first, written, &counts);
  else
    layer.chain.write(chip, first, written, &counts);
  for (BoundStep *user : layer.users)
    user->packSlice(piece.slice.value_or(0), written.data(), piece.begin,
                    piece.end);
  if (!layer.users.front()->readsVariance())
    return;
  layer.chain.writeReadVariance(chip, piece.slice, first, written);
  for (BoundStep *user : layer.users)
    user->packReadVariance(piece.slice.value_or(0), written.data(), piece.begin,
                           piece.end);
}

void Layers::solveWires(const Chip &chip, Workers &workers) {
  const size_t count = constantNetworks.size() + networks.size();
  if (count == 0)
    return;
  solvers.resize(workers.count());
  std::atomic<size_t> next = 0;
  workers.run([&](unsigned worker) {
    for (size_t i; (i = next.fetch_add(1)) < count;) {
      const Network &network = i < constantNetworks.size()
                                   ? constantNetworks[i]
                                   : networks[i - constantNetworks.size()];
      network.layer->chain.solveArray(chip, network.array, solvers[worker]);
    }
  });
  constantNetworks.clear();
}

void Layers::write(const Chip &chip, Workers &workers) {
  if (!isCut)
    cut();
  for (const Layer &layer : layers)
    for (BoundStep *user : layer.users)
      user->beginChip(chip);
  solveWires(chip, workers);
  scratch.resize(workers.count());
  std::atomic<size_t> next = 0;
  const size_t count = constantPieces.size() + pieces.size();
  std::vector<WriteCounts> ofWorkers(workers.count());
  workers.run([&](unsigned worker) {
    WriteCounts here;
    std::vector<float> &cells = scratch[worker];
    cells.resize(longest);
    for (size_t i; (i = next.fetch_add(1)) < count;) {
      const Piece &piece = i < constantPieces.size()
                               ? constantPieces[i]
                               : pieces[i - constantPieces.size()];
      write(chip, piece, cells, here);
    }
    ofWorkers[worker] = here;
  });
  counts = {};
  for (const WriteCounts &here : ofWorkers)
    counts += here;
  constantPieces.clear();
}

std::vector<std::string> Layers::warnings() const {
  std::vector<std::string> all;
  for (const Layer &layer : layers)
    all.insert(all.end(), layer.chain.warnings().begin(),
               layer.chain.warnings().end());
  return all;
}
