//===- LayerChips.h - Chips with errors in some layers ----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_LAYERCHIPS_H
#define CIM_TOOLS_CIM_LAYERCHIPS_H

#include "runtime/evaluation/PrefixEvaluator.h"
#include "runtime/store/Store.h"
#include "tools/cim/Progress.h"
#include "tools/cim/SweepIdentity.h"

#include <optional>
#include <string>
#include <vector>

namespace cim {

/// The accuracies of chips that share the work in front of their first changed
/// layer; those that a store knows are taken from there.
class LayerChips {
public:
  /// \p images: of the evaluator's data. What it refers to must outlive it.
  LayerChips(PrefixEvaluator &evaluator, int64_t images, uint64_t seed,
             Progress &progress)
      : evaluator(evaluator), images(images), seed(seed), progress(progress) {}

  /// From now on kept() uses the store at \p path, which gets chips as they are
  /// finished. \p model and \p data are what the user calls them. Throws
  /// InputError.
  void keepIn(const std::string &path, Identities identities,
              const std::string &model, const std::string &data);

  /// Those of \p chips with \p changes. Throws Interrupted.
  std::vector<double> run(std::span<const LayerChange> changes,
                          ChipRange chips);

  /// Those of chips 0 to \p trials - 1 with \p changes, which are what \p
  /// errors ask for; \p isRandom: chips differ. Throws Interrupted and
  /// InputError.
  std::vector<double> kept(const ErrorFlags &errors,
                           std::span<const LayerChange> changes, int64_t trials,
                           bool isRandom);

  /// Chips that kept() did not know.
  int64_t computed() const { return newChips; }

private:
  RightCounts count(std::span<const LayerChange> changes, ChipRange chips);
  std::vector<double> accuraciesOf(const std::vector<int64_t> &correct) const;

  PrefixEvaluator &evaluator;
  int64_t images;
  uint64_t seed;
  Progress &progress;
  std::optional<Store> store;
  std::optional<Identities> identities;
  std::string model, data;
  int64_t newChips = 0;
};

} // namespace cim

#endif // CIM_TOOLS_CIM_LAYERCHIPS_H
