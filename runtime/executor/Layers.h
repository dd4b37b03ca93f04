//===- Layers.h - Writes the cells of all layers ----------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_EXECUTOR_LAYERS_H
#define CIM_RUNTIME_EXECUTOR_LAYERS_H

#include "runtime/executor/Step.h"
#include "runtime/programming/Programming.h"
#include "runtime/threads/Workers.h"
#include "runtime/wires/ArrayNetwork.h"

#include <optional>
#include <span>
#include <vector>

namespace cim {

/// The program_weights half of a plan: all layers' programming chains, and the
/// steps whose kernels hold the written weights.
class Layers {
public:
  explicit Layers(const Program &program);

  /// Names \p step as a holder of the weights of \p layer.
  void addUser(uint32_t layer, BoundStep &step);

  /// Writes \p chip: prepares all layers (LayerProgram), then writes in pieces
  /// of whole rows over all \p workers: each piece is written, and packed while
  /// it is still in the cache. Layers that are the same on every chip are
  /// written once, unless a step forgets their weights.
  void write(const Chip &chip, Workers &workers);

  /// Writes \p layer alone, by \p chain in the place of its own when that is
  /// not null; the others stay as they are.
  void writeOne(uint32_t layer, const Chip &chip, LayerProgram *chain,
                Workers &workers);

  /// What the last write took.
  const WriteCounts &writes() const { return counts; }

  /// What the user asked for and did not get (LayerProgram::warnings).
  std::vector<std::string> warnings() const;

private:
  struct Layer {
    LayerProgram chain;
    int64_t rows, rowCells;
    bool readsArrays, roundsToBfloat16;
    /// Written once is enough: the same on every chip, converters included, and
    /// remembered by all users.
    bool isConstant;
    std::vector<BoundStep *> users;
    /// Its users hold what another chain has written.
    bool isForeign = false;
  };
  /// Rows [begin, end) of one layer; of all its slices, or of one.
  struct Piece {
    const Layer *layer;
    const LayerProgram *chain;
    int64_t begin, end;
    std::optional<unsigned> slice;
  };
  /// One of the things that a layer needs before it is written.
  struct Preparation {
    Layer *layer;
    size_t which;
  };
  void cut();
  static void cut(const Layer &layer, const LayerProgram &chain,
                  std::vector<Piece> &pieces);
  void writePieces(const Chip &chip, std::span<const Piece> first,
                   std::span<const Piece> second, Workers &workers);
  static void write(const Chip &chip, const Piece &piece,
                    std::span<float> cells, WriteCounts &counts);
  void prepare(const Chip &chip, Workers &workers);

  std::vector<Layer> layers;
  std::vector<Piece> pieces;         ///< of layers that differ per chip
  std::vector<Piece> constantPieces; ///< of the others; empty once written
  std::vector<Piece> one;            ///< of the layer that is written alone
  std::vector<Preparation> preparations, constantPreparations; ///< as pieces
  std::vector<std::vector<float>> scratch;                     ///< per worker
  std::vector<ArrayNetwork> solvers;                           ///< per worker
  WriteCounts counts;
  bool isCut = false;
};

} // namespace cim

#endif // CIM_RUNTIME_EXECUTOR_LAYERS_H
