//===- Layers.cpp - Writes the cells of all layers ------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/executor/Layers.h"

#include "runtime/converters/LayerConverters.h"
#include "runtime/converters/Mismatch.h"
#include "runtime/kernels/Bfloat16.h"

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
    // Arrays that are read one by one hold conductances.
    const bool reads = readsArrays(layer);
    LayerProgram chain(layer, weights);
    const bool isConstant =
        chain.isDeterministic() && !hasMismatch(layer.dac());
    layers.push_back({std::move(chain), rows, rowCells, reads,
                      program.isBfloat16() && !reads, isConstant,
                      /*users=*/{}});
  }
}

void Layers::addUser(uint32_t layer, BoundStep &step) {
  layers[layer].users.push_back(&step);
  if (step.forgetsWeights())
    layers[layer].isConstant = false;
  step.bindProgram(layers[layer].chain);
}

void Layers::cut(const Layer &layer, const LayerProgram &chain,
                 std::vector<Piece> &pieces) {
  if (layer.users.empty() || layer.rowCells == 0)
    return;
  int64_t together = 1;
  for (const BoundStep *user : layer.users)
    together = std::lcm(together, user->packRows());
  const int64_t rows = std::max<int64_t>(
      pieceCells / layer.rowCells / together * together, together);
  const bool bySlice = layer.users.front()->readsSlices();
  for (int64_t begin = 0; begin < layer.rows; begin += rows) {
    const int64_t end = std::min(begin + rows, layer.rows);
    if (!bySlice)
      pieces.push_back({&layer, &chain, begin, end, std::nullopt});
    for (unsigned slice = 0; bySlice && slice < chain.slices(); ++slice)
      pieces.push_back({&layer, &chain, begin, end, slice});
  }
}

void Layers::cut() {
  for (Layer &layer : layers) {
    if (layer.users.empty() || layer.rowCells == 0)
      continue;
    for (size_t which = 0; which < layer.chain.preparations(); ++which)
      (layer.chain.isDeterministic() ? constantPreparations : preparations)
          .push_back({&layer, which});
    cut(layer, layer.chain, layer.isConstant ? constantPieces : pieces);
  }
  isCut = true;
}

void Layers::write(const Chip &chip, const Piece &piece, std::span<float> cells,
                   WriteCounts &counts) {
  const Layer &layer = *piece.layer;
  const LayerProgram &chain = *piece.chain;
  const std::span<float> written =
      cells.first((piece.end - piece.begin) * layer.rowCells);
  const int64_t first = piece.begin * layer.rowCells;
  if (layer.readsArrays)
    chain.writeArrays(chip, piece.slice, first, written, &counts);
  else
    chain.write(chip, first, written, &counts);
  if (layer.roundsToBfloat16)
    kernels::roundToBfloat16(written.data(), written.size());
  for (BoundStep *user : layer.users)
    user->packSlice(piece.slice.value_or(0), written.data(), piece.begin,
                    piece.end);
  if (!layer.users.front()->readsVariance())
    return;
  chain.writeReadVariance(chip, piece.slice, first, written);
  for (BoundStep *user : layer.users)
    user->packReadVariance(piece.slice.value_or(0), written.data(), piece.begin,
                           piece.end);
}

void Layers::prepare(const Chip &chip, Workers &workers) {
  const size_t count = constantPreparations.size() + preparations.size();
  if (count == 0)
    return;
  solvers.resize(workers.count());
  std::atomic<size_t> next = 0;
  workers.run([&](unsigned worker) {
    for (size_t i; (i = next.fetch_add(1)) < count;) {
      const Preparation &one =
          i < constantPreparations.size()
              ? constantPreparations[i]
              : preparations[i - constantPreparations.size()];
      one.layer->chain.prepare(chip, one.which, solvers[worker]);
    }
  });
  constantPreparations.clear();
}

void Layers::write(const Chip &chip, Workers &workers) {
  if (!isCut)
    cut();
  for (Layer &layer : layers) {
    for (BoundStep *user : layer.users)
      user->beginChip(chip);
    if (layer.isForeign && layer.isConstant)
      cut(layer, layer.chain, constantPieces);
    layer.isForeign = false;
  }
  prepare(chip, workers);
  for (Layer &layer : layers)
    for (BoundStep *user : layer.users)
      user->compensate(layer.chain.driftCompensation());
  writePieces(chip, constantPieces, pieces, workers);
  constantPieces.clear();
}

void Layers::writeOne(uint32_t index, const Chip &chip, LayerProgram *chain,
                      Workers &workers) {
  Layer &layer = layers[index];
  for (BoundStep *user : layer.users)
    user->beginChip(chip);
  LayerProgram &writing = chain ? *chain : layer.chain;
  // What is the same on every chip has been prepared already.
  if (chain || !writing.isDeterministic()) {
    solvers.resize(workers.count());
    for (size_t which = 0; which < writing.preparations(); ++which)
      writing.prepare(chip, which, solvers.front());
  }
  for (BoundStep *user : layer.users)
    user->compensate(writing.driftCompensation());
  one.clear();
  cut(layer, writing, one);
  writePieces(chip, {}, one, workers);
  layer.isForeign = chain;
}

void Layers::writePieces(const Chip &chip, std::span<const Piece> first,
                         std::span<const Piece> second, Workers &workers) {
  int64_t longest = 0; // in cells
  for (std::span<const Piece> list : {first, second})
    for (const Piece &piece : list)
      longest =
          std::max(longest, (piece.end - piece.begin) * piece.layer->rowCells);
  scratch.resize(workers.count());
  std::atomic<size_t> next = 0;
  const size_t count = first.size() + second.size();
  std::vector<WriteCounts> ofWorkers(workers.count());
  workers.run([&](unsigned worker) {
    WriteCounts here;
    std::vector<float> &cells = scratch[worker];
    if (static_cast<int64_t>(cells.size()) < longest)
      cells.resize(longest);
    for (size_t i; (i = next.fetch_add(1)) < count;)
      write(chip, i < first.size() ? first[i] : second[i - first.size()], cells,
            here);
    ofWorkers[worker] = here;
  });
  counts = {};
  for (const WriteCounts &here : ofWorkers)
    counts += here;
}

std::vector<std::string> Layers::warnings() const {
  std::vector<std::string> all;
  for (const Layer &layer : layers)
    all.insert(all.end(), layer.chain.warnings().begin(),
               layer.chain.warnings().end());
  return all;
}
