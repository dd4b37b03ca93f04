//===- ExplainVariants.h - Networks with some of the errors -----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_EXPLAINVARIANTS_H
#define CIM_TOOLS_CIM_EXPLAINVARIANTS_H

#include "dialects/cim/grammar/LayerPattern.h"
#include "tools/cim/Flags.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cim {

/// What the command line asks for, taken apart into sources of error, each of
/// which can be left out. Where weights stand always stays.
class ErrorSources {
public:
  using Names = std::set<std::string>;

  /// \p layers are those of the network, in order.
  ErrorSources(std::vector<ErrorRequest> requests,
               std::vector<LayerIdentity> layers);

  /// The sources that are asked for, in the order in which they act.
  const std::vector<std::string> &names() const { return sources; }
  Names all() const { return {sources.begin(), sources.end()}; }
  /// What \p source means nothing without: quantization, for an error in
  /// quantization steps.
  Names needsOf(const std::string &source) const;
  /// Everything but \p source; nothing where another source needs it.
  std::optional<Names> without(const std::string &source) const;
  /// "normal:1qs", or "several" where layers differ.
  std::string valueOf(const std::string &source) const;

  /// From now on converters have the ranges of \p whole, and the cells of
  /// devices their windows, whatever else is left out.
  void fix(const plan::Plan &whole);

  /// The requests with only the sources \p chosen, in all layers or in the one
  /// with index \p layer.
  std::vector<ErrorRequest> requests(const Names &chosen,
                                     std::optional<size_t> layer = {}) const;

private:
  bool selects(const ErrorRequest &request, size_t layer) const;

  std::vector<ErrorRequest> asked, fixed;
  std::vector<LayerIdentity> layers;
  std::vector<std::string> sources;
};

} // namespace cim

#endif // CIM_TOOLS_CIM_EXPLAINVARIANTS_H
