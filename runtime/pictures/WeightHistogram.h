//===- WeightHistogram.h - Weights before and after writing -*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PICTURES_WEIGHTHISTOGRAM_H
#define CIM_RUNTIME_PICTURES_WEIGHTHISTOGRAM_H

#include "runtime/pictures/Gnuplot.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"
#include "runtime/tensor/Tensor.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cim {

struct Moments {
  double mean = 0, deviation = 0; ///< the standard deviation of all there are
};

/// How many weights of a layer lie where, before and after it is written. The
/// bins are of equal width, span both, and contain their lower edge (the last
/// one both).
struct WeightHistogram {
  std::string name;
  std::vector<double> edges;          ///< one more than bins; weight's own unit
  std::vector<int64_t> before, after; ///< weights per bin
  Moments momentsBefore, momentsAfter; ///< of the weights, not of the bins
  /// What the written weights are where they are only a few different values
  /// (quantized without noise), ascending, and how many weights have each.
  std::vector<float> levels;
  std::vector<int64_t> onLevel;
  /// What was asked of the weights but could not be done, a line each.
  std::vector<std::string> warnings;

  int64_t weights() const;
};

/// Writes \p layer onto \p chip and counts. Throws InputError, naming the
/// layer, for weights that are not finite.
WeightHistogram makeHistogram(const plan::Layer &layer, const Tensor &weights,
                              const Chip &chip, int64_t bins);

/// At most so many layers fit a picture.
constexpr size_t largestPicture = 120;

/// Draws the densities before and after, one panel per layer; levels are
/// spikes, as high as the weights on them are dense. \p title says which errors
/// these are. Throws InputError.
std::string drawHistograms(std::span<const WeightHistogram> histograms,
                           const std::string &title, PictureFormat format);

} // namespace cim

#endif // CIM_RUNTIME_PICTURES_WEIGHTHISTOGRAM_H
