//===- MappedLayer.h - A layer's arrays, in double precision ----*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What docs/converters.md says, written to be read: the oracle of the kernels,
// and what runs layers that have none.
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_REFERENCE_MAPPEDLAYER_H
#define CIM_RUNTIME_REFERENCE_MAPPEDLAYER_H

#include "dialects/nn/reference/Reference.h"
#include "runtime/converters/Adc.h"
#include "runtime/converters/Counts.h"
#include "runtime/converters/LayerConverters.h"
#include "runtime/converters/ReadNoise.h"
#include "runtime/plan/Batch.h"
#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Programming.h"

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace cim {

/// What the DACs of \p layer give to its arrays for \p input: one tensor for
/// every application. Without a DAC, the input itself. \p counts are of the
/// images of \p batch.
std::vector<reference::Tensor> driven(const plan::Layer &layer,
                                      const reference::Tensor &input,
                                      ConverterCounts &counts,
                                      const Batch &batch = {});

/// What the digital part of the weights of \p layer is multiplied with for
/// \p input, where that is not what driven() gives (hasDigitalInputs); else
/// nothing.
std::vector<reference::Tensor> digitalInputs(const plan::Layer &layer,
                                             const reference::Tensor &input);

/// One step whose layer is computed array by array (readsArrays).
class MappedLayer {
public:
  /// Of an ADC without limits, only forEachArray() makes sense. \p noise: of
  /// the step (readNoiseOf), which only run() needs.
  MappedLayer(const plan::Step &step, const plan::Layer &layer,
              const ReadNoise &noise = {});

  /// How the layer is written, and then what one chip holds: a slice's cells
  /// [begin, end) of the weights' first dimension; all at once where arrays
  /// have no ADC.
  void bindProgram(const LayerProgram &program);
  void beginChip(const Chip &chip);
  void compensate(double factor) { compensation = factor; }
  void packSlice(unsigned slice, const float *written, int64_t begin,
                 int64_t end);
  void packReadVariance(unsigned slice, const float *variance, int64_t begin,
                        int64_t end);
  void packAll(const Chip &chip, const LayerProgram &program);
  /// All of it.
  void write(const Chip &chip, const LayerProgram &program);

  bool readsSlices() const { return layer.has_adc(); }
  bool readsVariance() const { return hasNoisyDevice(layer); }

  /// The step's result before its epilogue, for one call whose first image is
  /// \p firstImage. \p operands are the step's, of which the weights do not
  /// matter; \p drives and \p counts as driven() makes them, \p digital as
  /// digitalInputs().
  reference::Tensor run(std::span<const reference::Tensor *const> operands,
                        std::span<const reference::Tensor> drives,
                        std::span<const reference::Tensor> digital,
                        uint64_t firstImage, const plan::Value &result,
                        ConverterCounts &counts, const Batch &batch) const;

  /// Calls \p visit with the sums that leave each array, before noise and
  /// converters, and its coordinates.
  using Visit = std::function<void(uint32_t application, uint32_t slice,
                                   uint32_t rowTile, reference::Tensor &sums)>;
  void forEachArray(std::span<const reference::Tensor> drives,
                    const plan::Value &result, const Visit &visit) const;

  /// The output channel of element \p index of a result of shape \p shape.
  uint32_t channelOf(std::span<const int64_t> shape, size_t index) const;

private:
  /// Adds to the \p sums of one array what its DACs differ by from \p drive.
  void addMismatch(const reference::Tensor &drive, uint32_t slice,
                   uint32_t rowTile, const plan::Value &result,
                   reference::Tensor &sums) const;
  reference::Tensor compute(const reference::Tensor &input,
                            const reference::Tensor &weights,
                            const plan::Value &result) const;
  /// The row tile in which weight \p index stands.
  uint32_t rowTileOf(size_t index) const;
  /// \p weights with zeros in all rows but those of \p rowTile.
  reference::Tensor onlyTile(const reference::Tensor &weights,
                             uint32_t rowTile) const;
  /// Weights that are all \p number.
  reference::Tensor constant(double number) const;
  void addNoise(const reference::Tensor &drive, uint32_t slice,
                uint32_t rowTile, uint32_t array, uint64_t firstImage,
                const plan::Value &result, reference::Tensor &sums) const;

  const plan::Step &step;
  const plan::Layer &layer;
  reference::Attributes attributes; ///< of the product alone
  double alpha = 1;                 ///< of a gemm
  uint32_t rowTiles;
  int64_t tileRows;
  std::vector<reference::Tensor> slices;
  double digitalPart = 0;
  std::vector<double> uniformVariance; ///< of a weight's read, by slice
  /// The same of each weight, with its device's, by slice.
  std::vector<reference::Tensor> variances;
  double compensation = 1;     ///< factor of what arrays compute
  std::optional<DacBank> dacs; ///< that differ
  std::optional<AdcBank> adc;
  ReadNoise noise;
};

} // namespace cim

#endif // CIM_RUNTIME_REFERENCE_MAPPEDLAYER_H
