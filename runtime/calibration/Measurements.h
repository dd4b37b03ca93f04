//===- Measurements.h - What calibration sees -------------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_CALIBRATION_MEASUREMENTS_H
#define CIM_RUNTIME_CALIBRATION_MEASUREMENTS_H

#include "runtime/plan/plan.pb.h"

#include <cstdint>
#include <vector>

namespace cim {

/// \p layer with its codes, cells and converters, but without anything that
/// happens to them.
plan::Layer quantizedOnly(plan::Layer layer);

/// What is measured of magnitudes.
enum class Quantity {
  nothing,
  largest,
  histogram, ///< between 0 and the largest, which is known
};

/// What one worker has seen of a layer in one run. Maxima and whole counts do
/// not depend on the order in which images come.
struct LayerSight {
  float lowestInput = 0, highestInput = 0;
  bool hasFiniteInputs = true, hasFiniteSums = true;
  std::vector<float> largest;              ///< by limit of the ADC
  std::vector<std::vector<uint64_t>> bins; ///< by limit
};

/// What is measured of one layer.
class LayerMeasurement {
public:
  /// Bins of a histogram, equally wide from 0 to the largest magnitude.
  static constexpr int binCount = 4096;

  /// \p asked: the layer as it will run. Errors do not matter.
  explicit LayerMeasurement(const plan::Layer &asked);

  /// The layer whose partial sums are measured: without errors, but with the
  /// codes that slices hold, and with the DAC's range once it is known.
  plan::Layer layer;
  /// What the next run measures.
  bool inputs = false;
  Quantity sums = Quantity::nothing;
  bool isActive() const { return inputs || sums != Quantity::nothing; }

  /// Begins a run of so many workers, each of which has a sight of its own.
  void begin(unsigned workers);
  LayerSight &sight(unsigned worker) { return sights[worker]; }
  /// Takes in what the workers have seen.
  void finish();

  double lowestInput() const { return total.lowestInput; }
  double highestInput() const { return total.highestInput; }
  double largestInput() const;
  /// Whether all numbers so far were finite; sums that are not are left out.
  bool hasFiniteInputs() const { return total.hasFiniteInputs; }
  bool hasFiniteSums() const { return total.hasFiniteSums; }
  /// Of the magnitudes that belong to limit \p limit of the ADC.
  double largestSum(uint32_t limit) const { return total.largest[limit]; }
  /// The value that \p percent of them lie at or below, linear within a bin.
  double percentile(uint32_t limit, double percent) const;

private:
  std::vector<LayerSight> sights; ///< by worker
  LayerSight total;
};

/// By layer of the plan.
class Measurements {
public:
  explicit Measurements(const plan::Plan &plan);
  LayerMeasurement &of(uint32_t layer) { return layers[layer]; }
  void begin(unsigned workers);
  void finish();

private:
  std::vector<LayerMeasurement> layers;
};

} // namespace cim

#endif // CIM_RUNTIME_CALIBRATION_MEASUREMENTS_H
