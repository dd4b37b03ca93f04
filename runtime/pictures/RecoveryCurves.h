//===- RecoveryCurves.h - What retraining wins back, drawn ------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PICTURES_RECOVERYCURVES_H
#define CIM_RUNTIME_PICTURES_RECOVERYCURVES_H

#include "runtime/pictures/Gnuplot.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cim {

/// Accuracies, as fractions, of one selection of layers.
struct RecoveryCurvePoint {
  int64_t layers = 0;  ///< K, of which the selection is taken
  int64_t weights = 0; ///< rewritten
  double retrained = 0, rewritten = 0;
};

/// One way to choose among the last K layers: "all layers", "C2 only".
struct RecoveryCurve {
  std::string name;
  std::vector<RecoveryCurvePoint> points;
};

/// Draws accuracy over K, and over the weights rewritten, after retraining
/// (dashed) and after rewriting (solid), with lines for \p exact, without
/// errors, and \p injected, before retraining. Throws InputError.
std::string drawRecovery(std::span<const RecoveryCurve> curves, double exact,
                         double injected, const std::string &title,
                         PictureFormat format);

} // namespace cim

#endif // CIM_RUNTIME_PICTURES_RECOVERYCURVES_H
