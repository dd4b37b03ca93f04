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

  /// Arrays whose wires have to be solved on every chip before it is written;
  /// 0 where wires have no resistance.
  size_t arrays() const;
  /// Solves one of them. Different ones may be solved at once, each with a
  /// \p network of its own thread. write() and writeSlice() of \p chip may
  /// follow when all are solved.
  void solveArray(const Chip &chip, size_t array, ArrayNetwork &network);

  /// Writes cells [begin, begin + written.size()) of \p chip into \p written,
  /// ONNX weight order, and adds what it took to \p counts. A pure function of
  /// the chip's coordinates, the layer's index and the cell: the same bits for
  /// any split into ranges, thread and instruction set.
  void write(const Chip &chip, int64_t begin, std::span<float> written,
             WriteCounts *counts = nullptr) const;

  /// Solves all arrays, then writes all cells.
  void writeAll(const Chip &chip, std::span<float> written,
                WriteCounts *counts = nullptr);

  /// Into how many slices the code of a weight is cut, each on cells of its own
  /// and converted by itself (docs/semantics.md); 1 without a crossbar.
  unsigned slices() const;

  /// Writes what slice \p slice (the lowest is 0) of the same cells reads back
  /// as, with its significance and all errors, in the weights' own unit. All
  /// slices and digitalPart() together are what write() writes, to rounding.
  void writeSlice(const Chip &chip, unsigned slice, int64_t begin,
                  std::span<float> written,
                  WriteCounts *counts = nullptr) const;

  /// Whether the device's reads have noise, fresh each time.
  bool hasReadNoise() const;
  /// Writes the variance that one read of every weight of \p chip has, in the
  /// weights' unit squared: of slice \p slice, or of all together. Cells are
  /// independent, so a read of many at once, with inputs x, has variance
  /// sum x^2 v. (Reference cells are shared by the columns of a row: what they
  /// add is independent for every column here.) Wires are left out.
  void writeReadVariance(const Chip &chip, std::optional<unsigned> slice,
                         int64_t begin, std::span<float> variance) const;

  /// What is added to every weight without being on any cell: lo of sliced
  /// offset cells; of analogue ones the least weight above, or the greatest
  /// below zero; else 0.
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
