//===- Codebook.h - Quantization levels at any distance ---------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PROGRAMMING_CODEBOOK_H
#define CIM_RUNTIME_PROGRAMMING_CODEBOOK_H

#include <span>
#include <vector>

namespace cim {

/// Ascending quantization levels; a weight takes the nearest, the lower one of
/// two that are equally near.
class Codebook {
public:
  Codebook() = default;
  explicit Codebook(std::vector<double> levels);

  /// The \p count levels that Lloyd's algorithm (S. Lloyd, Least squares
  /// quantization in PCM, IEEE Trans. Inf. Theory 28, 1982) reaches from
  /// equally spaced ones over the range of \p weights: every level the mean of
  /// the weights that are nearest to it. A level without weights stays where it
  /// is.
  static Codebook lloyd(std::span<const float> weights, unsigned count);

  bool empty() const { return levels.empty(); }
  unsigned size() const { return unsigned(levels.size()); }
  double operator[](unsigned code) const { return levels[code]; }
  unsigned nearest(double weight) const;

private:
  std::vector<double> levels;
  std::vector<double> thresholds; ///< half-way between neighbouring levels
};

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_CODEBOOK_H
