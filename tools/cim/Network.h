//===- Network.h - A network that is ready to run -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_NETWORK_H
#define CIM_TOOLS_CIM_NETWORK_H

#include "dialects/cim/grammar/LayerPattern.h"
#include "dialects/cim/grammar/LayerSelection.h"
#include "tools/cim/Flags.h"

namespace cim {

/// Whether the file itself holds errors, or may (a plan): they act without
/// being asked for. Reads the file. Throws InputError.
bool holdsErrors(const ModelFlags &model);

/// The errors that act: ErrorFlags::text(), after "as compiled" where the file
/// itself holds errors. Reads the file, so that it must be asked before
/// anything is computed for long. Throws InputError.
std::string errorsText(const ModelFlags &model, const ErrorFlags &errors,
                       bool withLayers = true);

/// One line on stderr, `cim: warning: ...`.
void warn(const std::string &message);

/// In place of warn(), where others have said what there is to warn of.
void silence(const std::string &message);

/// A model as a plan: compiled, or read when it is one already.
struct Network {
  std::string path, sha256;
  plan::Plan plan;
  TensorMap tensors;
  double compileSeconds = 0;
  bool isLowered = false; ///< loaded without \p optimise

  using Warning = std::function<void(const std::string &)>;
  /// Throws UsageError when errors are asked of a compiled plan, and
  /// InputError. \p warning gets a line each. Without \p optimise the plan is
  /// as lowered, for training.
  static Network load(const ModelFlags &model,
                      const std::vector<ErrorRequest> &errors,
                      const Warning &warning = cim::warn, bool optimise = true);

  /// What patterns and plans (`--layers`, `--select`) can see of the layers.
  std::vector<LayerIdentity> identities() const;
  std::vector<SelectableLayer> selectable() const;
  /// What the plan `--select` selects. Throws InputError.
  Selection resolve(std::span<const SelectionTerm> select) const;
  /// Weights of all crossbar layers.
  int64_t weights() const;
  /// `"model"` of every JSON document.
  Json describe() const;
};

/// The terms of `--select`. Throws UsageError.
std::vector<SelectionTerm> parseSelectFlag(const std::string &plan);

/// The role of a layer in the published experiments, and in JSON: "C1", "C2" or
/// "".
std::string publishedRole(const plan::Layer &layer);

/// A model that is wanted with many sets of errors: read, and compiled as far
/// as errors do not matter, once.
class NetworkSource {
public:
  /// As Network::load. \p model must outlive it. With \p dumpPasses,
  /// compileToText() prints the program after every pass to stderr.
  explicit NetworkSource(const ModelFlags &model,
                         Network::Warning warning = cim::warn,
                         bool dumpPasses = false);
  Network load(const std::vector<ErrorRequest> &errors);
  /// As Compiler::compileToText, of a model that is no plan.
  std::string compileToText(const std::vector<ErrorRequest> &errors,
                            Stage until, const std::string &output);

private:
  PreparedNetwork &prepare();

  const ModelFlags &model;
  Network::Warning warning;
  bool dumpPasses;
  std::unique_ptr<PreparedNetwork> prepared; ///< not of a plan
};

/// \p text on one line: control characters become spaces.
std::string oneLine(std::string text);

} // namespace cim

#endif // CIM_TOOLS_CIM_NETWORK_H
