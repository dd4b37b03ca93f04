//===- Programming.h - What writing does to weights -------------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef CIM_RUNTIME_PROGRAMMING_PROGRAMMING_H
#define CIM_RUNTIME_PROGRAMMING_PROGRAMMING_H

#include "runtime/plan/plan.pb.h"
#include "runtime/programming/Chip.h"
#include "runtime/tensor/Tensor.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cim {

class ArrayNetwork;

/// The programming chain of one layer, prepared: ranges, quantization steps,
/// codebooks and tables are computed once, so that a trial only draws.
class LayerProgram {
public:
  /// \p weights are the float weights, ONNX weight order; their bytes are kept,
  /// not copied. Throws InputError, naming the layer, for weights that are not
  /// finite and for errors that cannot be applied (a unit without its meaning,
  /// numbers out of range).
  LayerProgram(const plan::Layer &layer, const Tensor &weights);
  ~LayerProgram();
  LayerProgram(LayerProgram &&) noexcept;

  /// Things that have to be done on every chip before it is written: arrays
  /// whose wires are solved, and cells whose conductances are added up for the
  /// compensation of their drift.
  size_t preparations() const;
  /// Does one of them. Different ones may be done at once, each with a
  /// \p network of its own thread. Everything that writes \p chip may follow
  /// when all are done.
  void prepare(const Chip &chip, size_t which, ArrayNetwork &network);

  /// Writes cells [begin, begin + written.size()) of \p chip into \p written,
  /// ONNX weight order, and adds what it took to \p counts. A pure function of
  /// the chip's coordinates, the layer's index and the cell: the same bits for
  /// any split into ranges, thread and instruction set.
  void write(const Chip &chip, int64_t begin, std::span<float> written,
             WriteCounts *counts = nullptr) const;

  /// Prepares all, then writes all cells.
  void writeAll(const Chip &chip, std::span<float> written,
                WriteCounts *counts = nullptr);

  /// Into how many slices the code of a weight is cut, each on cells of its own
  /// and converted by itself (docs/semantics.md); 1 without a crossbar.
  unsigned slices() const;

  /// Writes what slice \p slice (the lowest is 0) of the same cells reads back
  /// as, with its significance and all errors, in the weights' own unit; or all
  /// slices together. With the factor driftCompensation(), all slices and
  /// digitalPart() together are what write() writes, to rounding.
  void writeArrays(const Chip &chip, std::optional<unsigned> slice,
                   int64_t begin, std::span<float> written,
                   WriteCounts *counts = nullptr) const;

  /// By what the results of cells are multiplied on the chip that is prepared;
  /// 1 where no drift is compensated.
  float driftCompensation() const;

  /// Whether the device's reads have noise, fresh each time.
  bool hasReadNoise() const;
  /// Writes the variance that one read of every weight of \p chip has, in the
  /// weights' unit squared: of slice \p slice, or of all together. Cells are
  /// independent, so a read of many at once, with inputs x, has variance
  /// sum x^2 v. (Columns are converted one after the other, each with a read of
  /// its own of the reference cells.) Wires are left out.
  void writeReadVariance(const Chip &chip, std::optional<unsigned> slice,
                         int64_t begin, std::span<float> variance) const;

  /// What is added to every weight without being on any cell: lo of sliced
  /// offset cells, and of all sliced ones where the weights are all alike; of
  /// analogue offset cells the least weight above, or the greatest below zero;
  /// else 0.
  float digitalPart() const;

  /// What a cell of slice \p slice at the highest conductance is worth as a
  /// weight, more than one at the lowest; 0 without a crossbar.
  double fullScale(unsigned slice) const;

  /// True when every chip is the same (no random source).
  bool isDeterministic() const;

  /// One line for everything that the user asked for and did not get, such as
  /// the quantization of weights that are all equal.
  const std::vector<std::string> &warnings() const;

private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation;
};

} // namespace cim

#endif // CIM_RUNTIME_PROGRAMMING_PROGRAMMING_H
