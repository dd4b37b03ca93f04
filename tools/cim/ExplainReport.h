//===- ExplainReport.h - Where accuracy is lost, in words -------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_TOOLS_CIM_EXPLAINREPORT_H
#define CIM_TOOLS_CIM_EXPLAINREPORT_H

#include "runtime/evaluation/Statistics.h"
#include "tools/cim/Flags.h"

#include <optional>
#include <string>
#include <vector>

namespace cim {

/// What a change of the network does to its accuracy, on the same images and
/// chips.
struct Loss {
  double mean = 0;
  /// Over chips where there are several, otherwise over images.
  Interval interval;
  Interval imageInterval;
};

/// One source of error in all layers.
struct SourceLoss {
  std::string name, value;
  /// What it means nothing without, and is on beside it: "quantize".
  std::string needs;
  Measure accuracy;
  /// Alone, from the network with only what it needs.
  Loss alone;
  /// What comes back when it alone is taken away; nothing where another source
  /// needs it.
  std::optional<Loss> regained;
};

/// All sources in one layer.
struct LayerLoss {
  std::string name, role;
  Measure accuracy;
  Loss loss;
  /// Fraction of the layer's ADC conversions that were clipped with all
  /// sources in all layers; nothing without an ADC.
  std::optional<double> clipped;
};

struct Explanation {
  Measure ideal, all;
  Loss total;
  std::vector<SourceLoss> sources; ///< in the order in which they act
  std::vector<LayerLoss> layers;   ///< in the network's
  /// Ctrl-C: what is missing was not measured.
  bool stopped = false;

  /// The tables, and the reasons in plain words.
  std::string text() const;
  /// `"sources"`: one entry per source (layer ""), and one per layer (name
  /// "all").
  Json sourcesJson() const;
};

/// {"loss", "ci95", "image_ci95"} into \p to.
void describeLoss(Json &to, const Loss &loss);

} // namespace cim

#endif // CIM_TOOLS_CIM_EXPLAINREPORT_H
