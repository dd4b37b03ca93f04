//===- Cells.h - Weights as conductances, and their errors ------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PROGRAMMING_CELLS_H
#define CIM_RUNTIME_PROGRAMMING_CELLS_H

#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"
#include "runtime/programming/DeviceErrors.h"
#include "runtime/programming/LevelFactors.h"
#include "runtime/programming/Scale.h"
#include "runtime/random/Distributions.h"

#include <cstdint>
#include <optional>
#include <span>

namespace cim {

/// The cells in which a layer's weights stand, and what writing does to each:
/// a device model, noise and shift in uS, stuck cells. semantics.md section 3.
///
/// A read-back weight is linear in its cells' conductances. So errors of cells
/// are added to the weight as it should be, times what a unit of each
/// conductance is worth: cells without errors give exactly that weight, however
/// it is cut into slices.
class Cells {
public:
  /// The most weights at a time.
  static constexpr size_t MaximumWeights = DeviceErrors::MaximumCells;

  /// \p layer has a crossbar and has been checked (LayerErrors.h); \p lowest
  /// and \p highest of its weights before and after quantization, and \p scale
  /// that of the quantization, which sliced cells have in common.
  Cells(const plan::Layer &layer, double lowest, double highest,
        const Scale &scale);

  /// Whether anything happens to cells.
  bool hasErrors() const;
  /// Whether it differs between chips.
  bool isRandom() const;
  /// All weights are alike, so that nothing is stored in conductances.
  bool isFlat() const { return worthOfLowest == 0; }

  /// Applies the errors of the cells of weights [first, first + levels.size())
  /// to \p written. \p levels are the weights as they should be; \p written are
  /// those with errors of their own, which a weight loses when all its cells
  /// are stuck.
  void addErrors(const Chip &chip, uint64_t first,
                 std::span<const float> levels, float *written) const;

private:
  struct Size {
    double amount;
    LevelFactors factors;
  };
  /// One of the cells that every weight has.
  struct Which {
    uint32_t slice;
    bool negative;
  };
  struct Block;

  void setTargets(Which which, std::span<const float> levels,
                  float *target) const;
  void changes(const Chip &chip, Which which, uint64_t begin,
               std::span<const float> target, Block &block) const;
  void subtractReference(const Chip &chip, uint64_t first, size_t count,
                         Block &block, float *change) const;

  uint32_t layer;
  bool isDifferential, hasReference;
  bool clipsToWindow;
  float lowestConductance, highestConductance;
  unsigned slices = 1, cellBits = 0; ///< cellBits 0: analogue
  double step = 0, origin = 0;       ///< of codes that are sliced
  /// What a unit of conductance in the lowest slice is worth as a weight.
  double worthOfLowest = 0;
  /// Analogue cells: window's share = (weight - zeroLevel) * perWeight.
  float zeroLevel = 0, perWeight = 0;
  float referenceConductance = 0;
  /// The place of a weight's channel in its index.
  uint64_t inner = 1, channels = 1, channelsPerGroup = 1;

  std::optional<DeviceErrors> device;
  std::optional<random::Distribution> distribution; ///< of noise, with a width
  std::optional<Size> width, shift;
  uint64_t lowFaults = 0, highFaults = 0; ///< words of 2^32
};

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_CELLS_H
