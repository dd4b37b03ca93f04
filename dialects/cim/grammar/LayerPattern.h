//===- LayerPattern.h - Which layers an option means ------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_DIALECTS_CIM_GRAMMAR_LAYERPATTERN_H
#define CIM_DIALECTS_CIM_GRAMMAR_LAYERPATTERN_H

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cim {

/// What a pattern can see of a crossbar layer.
struct LayerIdentity {
  std::string name;
  /// "C1", "C2", another place in a residual block (ResidualRoles.h), or "".
  std::string role;
};

/// Says for each of \p layers (in layer-index order) whether \p pattern selects
/// it. A pattern is a comma-separated list of names with `*` and `?`,
/// `role:C1`, `role:C2` (and the other roles), `first:K`, `last:K`, each with
/// an optional leading `!` to exclude; with exclusions only, everything else is
/// selected. Throws GrammarError when a term is malformed or selects no layer
/// (with near names).
std::vector<bool> selectLayers(std::string_view pattern,
                               std::span<const LayerIdentity> layers);

/// A pattern that selects the layer with index \p index alone. Names may hold
/// what means something in a pattern; places cannot.
std::string patternOfLayer(size_t index);

/// Checks the grammar alone, before any layer is known.
void checkLayerPattern(std::string_view pattern);

} // namespace cim

#endif // CIM_DIALECTS_CIM_GRAMMAR_LAYERPATTERN_H
