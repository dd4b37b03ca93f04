//===- Cells.h - Weights as conductances, and their errors ------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PROGRAMMING_CELLS_H
#define CIM_RUNTIME_PROGRAMMING_CELLS_H

#include "runtime/mapping/WeightMatrix.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"
#include "runtime/programming/CorrelatedErrors.h"
#include "runtime/programming/DeviceErrors.h"
#include "runtime/programming/LevelFactors.h"
#include "runtime/programming/Scale.h"
#include "runtime/random/Distributions.h"

#include <cstdint>
#include <optional>
#include <span>

namespace cim {

/// The cells in which a layer's weights stand, and what writing does to each: a
/// device model, errors in uS, stuck cells. docs/semantics.md.
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

  /// Slices that a weight is cut into, each converted by itself.
  unsigned sliceCount() const { return slices; }
  /// What is added digitally to a weight's slices.
  float digitalPart() const { return float(digital); }

  /// One of the cells that every weight has.
  struct Which {
    uint32_t slice;
    bool negative; ///< the second of a differential pair
  };
  bool hasPairs() const { return isDifferential; }
  /// Every row has a cell at weight 0 that is subtracted from all its cells.
  bool hasReferenceColumn() const { return hasReference; }
  /// What a unit of conductance in \p slice is worth as a weight.
  double worthOf(unsigned slice) const;
  /// What a cell of \p slice at the highest conductance is worth, more than one
  /// at the lowest.
  double fullScale(unsigned slice) const {
    return worthOf(slice) * (highestConductance - lowestConductance);
  }

  /// Whether anything happens to cells.
  bool hasErrors() const;
  /// Whether it differs between chips.
  bool isRandom() const;
  /// All weights are alike, so that nothing is stored in conductances.
  bool isFlat() const { return worthOfLowest == 0; }

  /// Applies the errors of the cells of weights [first, first + levels.size())
  /// to \p written. \p levels are the weights as they should be; \p written are
  /// those with errors of their own. These are shared by the slices in
  /// proportion to their worth, as if all cells had the same error; the share
  /// of a slice whose cells are all stuck is lost. Adds to \p counts.
  void addErrors(const Chip &chip, uint64_t first,
                 std::span<const float> levels, float *written,
                 WriteCounts &counts) const;

  /// What slice \p slice of the same weights reads back as, into \p read. All
  /// slices and digitalPart() together are what addErrors() leaves.
  void readSlice(const Chip &chip, unsigned slice, uint64_t first,
                 std::span<const float> levels, const float *written,
                 float *read, WriteCounts &counts) const;

  /// Whether reads have noise of their own, from the device.
  bool hasReadNoise() const { return device && device->hasReadNoise(); }
  /// Adds the variance of one read of slice \p slice of the same weights, in
  /// the weights' unit squared, to \p variance.
  void addReadVariance(const Chip &chip, unsigned slice, uint64_t first,
                       std::span<const float> levels, float *variance) const;

  /// The conductances of the cells \p which of weights [first, first +
  /// levels.size()), errors included.
  void writeConductances(const Chip &chip, Which which, uint64_t first,
                         std::span<const float> levels,
                         float *conductances) const;
  /// The same of the reference cells of neighbouring rows; \p first is the
  /// index of the first weight in the first of them.
  void writeReferences(const Chip &chip, uint64_t first,
                       std::span<float> conductances) const;

private:
  struct Size {
    double amount;
    LevelFactors factors;
  };
  struct Block;

  /// The digit of slice \p which.slice of every code, 0 for the other sign.
  template <typename Use>
  void forEachDigit(Which which, std::span<const float> levels,
                    const Use &use) const;
  void setTargets(Which which, std::span<const float> levels,
                  float *target) const;
  double allShares() const;
  bool hasStuckCells() const;
  void addSlice(const Chip &chip, unsigned slice, uint64_t first,
                std::span<const float> levels, Block &block, float *sum,
                float *kept) const;
  void pulse(const random::Coordinates &at, uint64_t begin,
             std::span<const float> target, unsigned number, float *written,
             float *noise) const;
  void verify(const random::Coordinates &at, uint64_t begin,
              std::span<const float> target, Block &block) const;
  void changes(const Chip &chip, Which which, uint64_t begin,
               std::span<const float> target, Block &block) const;
  template <typename Use>
  void forEachReference(uint64_t first, size_t count, const Use &use) const;
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
  double digital = 0;
  /// Analogue cells: window's share = (weight - zeroLevel) * perWeight.
  float zeroLevel = 0, perWeight = 0;
  float referenceConductance = 0;
  WeightMatrix matrix;

  std::optional<DeviceErrors> device;
  std::optional<random::Distribution> distribution; ///< of noise, with a width
  std::optional<Size> width, shift;
  float tolerance = 0; ///< of verified cells
  unsigned pulses = 1; ///< at most
  std::optional<CorrelatedErrors> correlated;
  float disturb = 0;
  uint64_t lowFaults = 0, highFaults = 0; ///< words of 2^32
};

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_CELLS_H
