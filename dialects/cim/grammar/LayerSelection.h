//===- LayerSelection.h - Which layers are retrained ------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The PLAN of `--select`: which layers are retrained and rewritten. The
// compiler's pass select-layers and `cim retrain` resolve it by the same code.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_GRAMMAR_LAYERSELECTION_H
#define CIM_DIALECTS_CIM_GRAMMAR_LAYERSELECTION_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cim {

/// What a plan can see of a crossbar layer.
struct SelectableLayer {
  std::string name;
  std::string role; ///< as in LayerIdentity
  /// What retraining can change: weights, biases, and scale and offset of the
  /// normalisation that follows.
  uint64_t parameters = 0;
  /// Accuracy with errors in this layer alone, where that was measured.
  std::optional<double> tolerance = std::nullopt;
  /// With what that was measured, where it is known: only tolerances of one
  /// measurement can be compared. Unknown of plans, which hold no others.
  std::string measurement = {};
};

/// One term of a plan: layers that are taken, or with a leading `!` left.
struct SelectionTerm {
  enum class Kind {
    last,     ///< `last:K`: the K layers nearest to the output
    c1,       ///< `c1:K`: those of role C1 among them
    c2,       ///< `c2:K`
    tolerant, ///< `tolerant:K[:MAXWEIGHTS]`
    pattern,  ///< a term of LayerPattern.h
  };
  Kind kind = Kind::pattern;
  bool excludes = false;
  uint64_t count = 0;                     ///< K
  std::optional<uint64_t> mostParameters; ///< MAXWEIGHTS
  std::string text;                       ///< as written, without the `!`
};

/// Reads a comma-separated PLAN. `tolerant:K` takes, of the last K layers, the
/// more tolerant half (tolerance at least the median of theirs);
/// `tolerant:K:MAXWEIGHTS` the most tolerant first, each that still fits into
/// so many parameters. A plan of exclusions only selects everything else.
/// Throws GrammarError.
std::vector<SelectionTerm> parseSelection(std::string_view plan);

/// A plan, resolved for one network.
struct Selection {
  std::vector<bool> selected;       ///< by layer
  std::vector<std::string> reasons; ///< by layer: why it was taken or left
  uint64_t parameters = 0;          ///< of the selected layers
  /// Layers from the output to the earliest selected one, both included: as far
  /// as a backward pass must reach.
  uint64_t depth = 0;
};

/// Resolves \p terms for \p layers (in layer-index order). Throws GrammarError
/// when the whole, or a term other than `c1` and `c2`, selects nothing, and for
/// `tolerant` when none of its layers was measured, or not all alike.
Selection resolveSelection(std::span<const SelectionTerm> terms,
                           std::span<const SelectableLayer> layers);

} // namespace cim

#endif // CIM_DIALECTS_CIM_GRAMMAR_LAYERSELECTION_H
